import { Command, InvalidArgumentError, Option } from "commander";
import { majorOf } from "../scripts/node.ts";
import type { Shape } from "./data.ts";
import type { Effort } from "./measure.ts";

/** What every benchmark can be told. */
export interface CommonOptions {
  quick: boolean;
  /** Empty: those of the benchmark. */
  shape: Shape[];
  rounds: number;
  seed: number;
  out: string;
  json: boolean;
  node?: number;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

function positive(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("Expected at least 1.");
  return value;
}

function addShape(text: string, before: readonly Shape[]): Shape[] {
  const isShape = /^\d{1,9}([x×]\d{1,9}){1,2}$/.test(text);
  const [rows, classes, k] = isShape ? text.split(/[x×]/).map(positive) : [];
  if (rows === undefined || classes === undefined) {
    throw new InvalidArgumentError("Expected rows and classes, such as 256x1000 or 64x1000x10.");
  }
  if (k !== undefined && k > classes)
    throw new InvalidArgumentError("Expected no more positives than classes.");
  return [...before, k === undefined ? { rows, classes } : { rows, classes, k }];
}

/** A command with those options, which takes so many rounds and writes its results to a folder. */
export function benchCommand(name: string, description: string, folder: string, rounds: number): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .option(
      "--quick",
      "a tenth of the rounds, shorter ones, less warm-up: a first impression, which may be far off for small shapes",
      false,
    )
    .addOption(
      new Option(
        "--shape <RxC[xK]>",
        "only this shape, beside 1x20 (may be repeated): rows x classes, and where multi-hot labels are to have exactly K positive " +
          "classes a row, x K, such as 64x1000x10",
      )
        .argParser(addShape)
        .default([], "all"),
    )
    .option("--rounds <count>", "samples of each candidate", positive, rounds)
    .option("--seed <number>", "of the data and of the order of the candidates", wholeNumber, 1)
    .option("--out <folder>", "where to write the results", folder)
    .option("--json", "print the results as JSON", false)
    .option("--node <major>", "run under this version of Node, installed into build/nodes", majorOf);
}

export function effortOf({ quick, rounds }: CommonOptions): Effort {
  return quick
    ? { rounds: Math.ceil(rounds / 10), warmUpMs: 20, sampleMs: 1.2 }
    : { rounds, warmUpMs: 50, sampleMs: 1.5 };
}
