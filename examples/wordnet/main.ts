/** What `npm start` runs: see `npm start -- --help`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { learningCurve } from "./chart.ts";
import { loadCorpus } from "./corpus.ts";
import { compare, createSetting } from "./experiment.ts";
import { predict, predictTestExamples } from "./predict.ts";
import { createProgress } from "./progress.ts";
import {
  formatCheckedPrediction,
  formatPrediction,
  formatQualities,
  formatTimings,
  formatTrials,
} from "./report.ts";
import { tune } from "./tune.ts";

const TEST_EXAMPLES = 5;

interface Options {
  epochs: number;
  seed: number;
  out: string;
  json: boolean;
  tune: boolean;
}

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
  .option("--epochs <n>", "passes over the training examples", wholeNumber(1), 3)
  .option("--seed <n>", "seed of the order of the examples", wholeNumber(0), 1)
  .option("--out <dir>", "folder for results.json and learning-curve.svg", "results/wordnet")
  .option("--json", "print the results as JSON (with: npm --silent start -- --json)", false)
  .option("--tune", "only compare learning rates on the validation split, then stop", false)
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

function run(definition: string, options: Options): void {
  const progress = createProgress();
  progress.update("reading WordNet");
  const corpus = loadCorpus();
  const { train, validation, test } = corpus;
  progress.done(
    `WordNet: ${corpus.classes} labels, ${corpus.words} words; ` +
      `${train.size} definitions to train, ${validation.size} to validate, ${test.size} to test`,
  );
  const setting = createSetting(corpus, options.epochs, options.seed, progress);
  if (options.tune) {
    const trials = tune(setting);
    console.log(options.json ? JSON.stringify(trials, null, 2) : formatTrials(trials));
    return;
  }

  const { model, qualities, timings, curve } = compare(setting);
  const examples = predictTestExamples(TEST_EXAMPLES, model, corpus);
  const asked = definition ? predict(definition, model, corpus) : undefined;
  const sizes = { labels: corpus.classes, words: corpus.words, train: train.size, test: test.size };
  const results = { ...options, node: process.version, sizes, qualities, timings, curve, examples, asked };
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(options.out, "learning-curve.svg"), learningCurve(curve));
  if (options.json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }

  console.log(`\nOn the test split (${test.size} definitions, ${corpus.classes} labels):\n`);
  console.log(formatQualities(qualities));
  console.log("\nTime for the same training with each kernel:\n");
  console.log(formatTimings(timings));
  console.log("\nUnseen definitions, as zlpr predicts them at threshold 0 (✓ right, ✗ wrong, – missed):\n");
  console.log(examples.map(formatCheckedPrediction).join("\n\n"));
  if (asked) console.log(`\nYour definition:\n\n${formatPrediction(asked)}`);
  console.log(`\nWritten: ${join(options.out, "results.json")}, ${join(options.out, "learning-curve.svg")}`);
}

program.parse();
run(program.args.join(" ").trim(), program.opts<Options>());
