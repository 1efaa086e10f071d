#!/usr/bin/env node
import { Command } from "commander";
import { unzipSync } from "fflate";
import { createLosses } from "../createLosses.js";
import { definitionOf } from "../engine/loss.js";
import * as registry from "../losses/index.js";
new Command().option("--x").parse();
console.log(createLosses().variant, typeof unzipSync, definitionOf(registry.zlpr).labels);
