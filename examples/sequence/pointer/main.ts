/** What `npm run example:pointer` runs: see `npm run example:pointer -- --help`. */
import { Command } from "commander";
import { addOptions, type Options, run } from "../cli.ts";
import type { Setting } from "../experiment.ts";
import { createPointerTask } from "./task.ts";

/** Chosen by `npm run example:pointer -- --tune`. */
const LEARNING_RATES: Setting["learningRates"] = { zlpr: 0.03, sigmoidCrossEntropy: 0.02 };

const program = addOptions(
  new Command("npm run example:pointer --").description(
    "Point at the words of a definition that say what kind of thing it is: every position is a class.",
  ),
  { train: 20000, test: 4000, epochs: 3, seeds: 5 },
).parse();

const options = program.opts<Options>();
const task = createPointerTask(options);
console.log(
  `test definitions with 0, 1, 2, … such words: ${task.testCounts.map((count) => `${count}`).join(", ")}`,
);
run(task, options, LEARNING_RATES);
