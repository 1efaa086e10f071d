/** What `npm run example:spans` runs: see `npm run example:spans -- --help`. */
import { Command } from "commander";
import { addOptions, type Options, run } from "../cli.ts";
import type { Setting } from "../experiment.ts";
import { measureCosts } from "./cost.ts";
import { createSpanTask } from "./task.ts";

/** Chosen by `npm run example:spans -- --tune`. */
const LEARNING_RATES: Setting["learningRates"] = { zlpr: 0.05, sigmoidCrossEntropy: 0.03 };

const program = addOptions(
  new Command("npm run example:spans --").description(
    "Find nested named entities: every span of a sentence is a class, once for each type (GlobalPointer).",
  ),
  { train: 4000, test: 1000, epochs: 5, seeds: 5 },
)
  .option("--bias <number>", "what the scores of all spans begin with", Number, -5)
  .option("--cost", "only measure what masks and sparse labels cost, then stop", false)
  .parse();

const options = program.opts<Options & { bias: number; cost: boolean }>();
if (options.cost) {
  console.log(await measureCosts());
} else {
  const task = createSpanTask(options);
  const { all, nested } = task.testSpans;
  console.log(`${all} spans in the test sentences, ${nested} of them within another one`);
  run(task, options, LEARNING_RATES);
}
