/** What `npm start` runs: see `npm start -- --help`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { createLosses } from "zlpr";
import { runAll, summarize } from "./comparison.ts";
import { comparisonChart } from "./comparisonChart.ts";
import { loadCorpus } from "./corpus.ts";
import { compare, createSetting, type Setting } from "./experiment.ts";
import { learningCurve } from "./learningCurve.ts";
import { type Entry, entriesOf, type LossName, lossNames } from "./losses.ts";
import { predict, predictTestExamples } from "./predict.ts";
import { createProgress } from "./progress.ts";
import { readRates, writeRates } from "./rates.ts";
import {
  formatCheckedPrediction,
  formatPrediction,
  runsTable,
  signed,
  summaryTable,
  timingsTable,
  trialsTable,
} from "./report.ts";
import { formatMarkdown, formatTable } from "./table.ts";
import { chooseRates, tune } from "./tune.ts";

const TEST_EXAMPLES = 5;

interface Options {
  loss?: LossName[];
  all: boolean;
  tune: boolean;
  epochs: number;
  seed: number;
  seeds: number;
  examples?: number;
  out: string;
  json: boolean;
}

const NAMES = lossNames(createLosses());
const DEFAULT_NAMES: LossName[] = ["zlpr", "sigmoidCrossEntropy"];

const program = new Command()
  .name("npm start --")
  .description(
    "Learn from WordNet what a definition defines: a linear model predicts all hypernyms (is-a ancestors) of a noun,\n" +
      "trained with zlpr and, to compare, with sigmoidCrossEntropy.",
  )
  .argument(
    "[definition...]",
    "predict the ancestors of this definition too, such as: a small dog kept indoors",
  )
  .option(
    "--loss <name>",
    `train with this loss instead; may be given several times: ${NAMES.join(", ")}`,
    collect,
  )
  .option("--all", "compare all losses, or those given, each trained with several seeds", false)
  .option("--tune", "choose the learning rates of all losses, or of those given, and write them down", false)
  .option("--epochs <n>", "passes over the training examples", wholeNumber(1), 3)
  .option("--seed <n>", "(first) seed of the order of the examples", wholeNumber(0), 1)
  .option("--seeds <n>", "how many seeds, with --all", wholeNumber(1), 3)
  .option("--examples <n>", "train with so many examples only", wholeNumber(1))
  .option("--out <dir>", "folder for results.json and charts", "results/wordnet")
  .option("--json", "print the results as JSON (with: npm --silent start -- --json)", false)
  .showHelpAfterError("(npm start -- --help lists the options)");

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It has to be a whole number of at least ${least}.`);
    }
    return value;
  };
}

function collect(text: string, names: LossName[] = []): LossName[] {
  const name = NAMES.find((name) => name === text);
  if (name === undefined) throw new InvalidArgumentError(`It has to be one of ${NAMES.join(", ")}.`);
  return [...names, name];
}

/** Writes the results and other files, and prints them: as JSON, or as the text. */
function publish(options: Options, results: object, files: Record<string, string>, text: string): void {
  const json = JSON.stringify({ ...options, node: process.version, ...results }, null, 2);
  const contents = { "results.json": `${json}\n`, ...files };
  mkdirSync(options.out, { recursive: true });
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(options.out, name), content);
  const written = Object.keys(contents).map((name) => join(options.out, name));
  console.log(options.json ? json : `\n${text}\n\nWritten: ${written.join(", ")}`);
}

function runTuning(entries: Entry[], setting: Setting, options: Options): void {
  const trials = tune(entries, options.seed, setting);
  const rates = chooseRates(trials);
  writeRates(rates);
  const chosen = Object.entries(rates).map(([title, rate]) => `${title}: ${rate}`);
  publish(
    options,
    { trials, rates },
    {},
    `On the validation split:\n\n${formatTable(trialsTable(trials))}\n\nChosen, and written to learning-rates.json:\n\n${chosen.join("\n")}`,
  );
}
