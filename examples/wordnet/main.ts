/** What `npm start` runs: see `npm start -- --help`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
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
import { RATES_FILE, type Rates, readRates, writeRates } from "./rates.ts";
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
  all?: boolean;
  tune?: boolean;
  epochs: number;
  seed: number;
  seeds: number;
  examples?: number;
  out: string;
  json?: boolean;
}

const NAMES = lossNames(createLosses());
const DEFAULT_NAMES: LossName[] = ["zlpr", "sigmoidCrossEntropy"];

const program = new Command()
  .name("npm start --")
  .description(
    "Learn from WordNet what a definition defines: a linear model predicts all hypernyms (is-a ancestors) of a noun, " +
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
  .option("--all", "compare all losses, or those given, each trained with several seeds")
  .option("--tune", "choose the learning rates of all losses, or of those given, and write them down")
  .option("--epochs <n>", "passes over the training examples", wholeNumber(1), 3)
  .option("--seed <n>", "(first) seed of the order of the examples", wholeNumber(0), 1)
  .option("--seeds <n>", "how many seeds, with --all", wholeNumber(1), 3)
  .option("--examples <n>", "train with so many examples only", wholeNumber(1))
  .option("--out <dir>", "folder for results.json and charts", "results/wordnet")
  .option("--json", "print the results as JSON (with: npm --silent start -- --json)")
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
  return names.includes(name) ? names : [...names, name];
}

/** What a mode gives: for results.json, for other files, and for the reader. */
interface Outcome {
  results: object;
  files: Record<string, string>;
  text: string;
}

function chooseLearningRates(entries: Entry[], setting: Setting, { seed }: Options): Outcome {
  const trials = tune(entries, seed, setting);
  const rates = chooseRates(trials);
  writeRates(rates);
  const chosen = Object.entries(rates).map(([title, rate]) => `${title}: ${rate}`);
  return {
    results: { trials, rates },
    files: {},
    text: `\
On the validation split:

${formatTable(...trialsTable(trials))}

Chosen, and written to ${relative(".", fileURLToPath(RATES_FILE))}:

${chosen.join("\n")}`,
  };
}

function compareAll(entries: Entry[], setting: Setting, { seed, seeds: count }: Options): Outcome {
  const seeds = Array.from({ length: count }, (_, i) => seed + i);
  const runs = runAll(entries, ratesOf(entries), seeds, setting);
  const summaries = summarize(entries, runs);
  const table = summaryTable(summaries);
  return {
    results: { summaries, runs },
    files: {
      "comparison.svg": comparisonChart(summaries, count),
      "comparison.md": `${formatMarkdown(...table)}\n`,
    },
    text: `\
On the test split, mean ± standard deviation over the seeds ${seeds.join(", ")}:

${formatTable(...table)}`,
  };
}

function compareKernels(entries: Entry[], setting: Setting, definition: string, { seed }: Options): Outcome {
  const { corpus } = setting;
  const { model, runs, timings, curve } = compare(entries, ratesOf(entries), seed, setting);
  const [{ title, hasThreshold }] = entries;
  const threshold = hasThreshold ? 0 : runs[0].microF1.threshold;
  const examples = predictTestExamples(TEST_EXAMPLES, model, threshold, corpus);
  const asked = definition ? predict(definition, model, threshold, corpus) : undefined;
  return {
    results: { runs, timings, curve, examples, asked },
    files: { "learning-curve.svg": learningCurve(curve) },
    text: `\
On the test split (each threshold tuned for its measure on the validation split):

${formatTable(...runsTable(runs))}

Time for the same training with each kernel:

${formatTable(...timingsTable(timings))}

Unseen definitions, as ${title} predicts them at threshold ${hasThreshold ? 0 : signed(threshold)} (✓ right, ✗ wrong, – missed):

${examples.map(formatCheckedPrediction).join("\n\n")}${asked ? `\n\nYour definition:\n\n${formatPrediction(asked)}` : ""}`,
  };
}

function ratesOf(entries: Entry[]): Rates {
  const rates = readRates();
  for (const { title, loss } of entries) {
    if (rates[title] === undefined) {
      program.error(
        `error: no learning rate for ${title} yet: npm start -- --tune --loss ${loss} chooses one`,
      );
    }
  }
  return rates;
}

function publish({ results, files, text }: Outcome, { out, json }: Options): void {
  const asJson = JSON.stringify(results, null, 2);
  const contents = { "results.json": `${asJson}\n`, ...files };
  mkdirSync(out, { recursive: true });
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(out, name), content);
  const written = Object.keys(contents).map((name) => join(out, name));
  console.log(json ? asJson : `\n${text}\n\nWritten: ${written.join(", ")}`);
}

function run(definition: string, options: Options): void {
  const progress = createProgress();
  progress.update("reading WordNet");
  const corpus = loadCorpus(options.examples);
  const { train, validation, test } = corpus;
  progress.done(
    `WordNet: ${corpus.classes} labels, ${corpus.words} words; ` +
      `${train.size} definitions to train, ${validation.size} to validate, ${test.size} to test`,
  );
  const setting = createSetting(corpus, options.epochs, progress);
  const several = options.all || options.tune ? NAMES : DEFAULT_NAMES;
  const entries = entriesOf(options.loss ?? several, corpus.maxLabels);
  const outcome = options.tune
    ? chooseLearningRates(entries, setting, options)
    : options.all
      ? compareAll(entries, setting, options)
      : compareKernels(entries, setting, definition, options);
  const sizes = { labels: corpus.classes, words: corpus.words, train: train.size, test: test.size };
  const results = { ...options, node: process.version, sizes, ...outcome.results };
  publish({ ...outcome, results }, options);
}

program.parse();
run(program.args.join(" ").trim(), program.opts<Options>());
