/** What both examples have in common at the command line. */
import { type Command, InvalidArgumentError } from "commander";
import { aboveThreshold, createLosses } from "zlpr";
import { formatTable } from "../wordnet/table.ts";
import { type Comparison, compare, LOSS_NAMES, type Setting, tune } from "./experiment.ts";
import type { Task } from "./task.ts";

const EXAMPLES = 5;

export interface Options {
  train: number;
  test: number;
  epochs: number;
  seeds: number;
  tune: boolean;
}

export function addOptions(program: Command, defaults: Omit<Options, "tune">): Command {
  return program
    .option("--train <n>", "sentences to train on", wholeNumber, defaults.train)
    .option("--test <n>", "sentences to validate on, and to test on", wholeNumber, defaults.test)
    .option("--epochs <n>", "passes over the training sentences", wholeNumber, defaults.epochs)
    .option(
      "--seeds <n>",
      "trainings with each loss, whose results are averaged",
      wholeNumber,
      defaults.seeds,
    )
    .option("--tune", "only compare learning rates on the validation sentences, then stop", false);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("It has to be a whole number of at least 1.");
  }
  return value;
}

/** Compares the losses, or learning rates, and prints what comes out. */
export function run(task: Task, options: Options, learningRates: Setting["learningRates"]): void {
  const losses = createLosses();
  const { layout, train, test } = task;
  console.log(
    `${train.length} sentences to train, ${test.length} to test; ` +
      `${layout.rows} rows a sentence, ${layout.classes} classes a row\n`,
  );
  if (options.tune) {
    const trials = LOSS_NAMES.flatMap((loss) => tune(losses, loss, task, options.epochs));
    const rows = trials.map(({ loss, learningRate, f1 }) => [loss, `${learningRate}`, f1.toFixed(4)]);
    console.log(formatTable(["loss", "learning rate", "validation F1 at 0"], rows));
    return;
  }
  const comparisons = LOSS_NAMES.map((loss) => compare(losses, loss, task, { ...options, learningRates }));
  console.log(formatComparisons(comparisons));
  console.log(`\nTest sentences, as ${comparisons[0].loss} predicts them (✓ right, ✗ wrong, – missed):\n`);
  console.log(formatExamples(task, comparisons[0]));
}

function formatComparisons(comparisons: Comparison[]): string {
  return formatTable(
    [
      "loss",
      "learning rate",
      "F1 at 0",
      "of single seeds",
      "precision",
      "recall",
      "tuned threshold",
      "F1 there",
      "time in the loss",
    ],
    comparisons.map(({ loss, learningRate, atZero, range, tuned, lossSeconds }) => [
      loss,
      `${learningRate}`,
      atZero.f1.toFixed(3),
      range.map((f1) => f1.toFixed(3)).join(" to "),
      atZero.precision.toFixed(3),
      atZero.recall.toFixed(3),
      tuned.threshold.toFixed(2),
      tuned.f1.toFixed(3),
      `${lossSeconds.toFixed(2)} s`,
    ]),
  );
}

/** A few test sentences, evenly spread, with what is predicted for them. */
function formatExamples({ layout, test, describe }: Task, { scorer }: Comparison): string {
  const { rows, classes } = layout;
  const every = Math.ceil(test.length / EXAMPLES);
  const sentences = test.filter((_, i) => i % every === 0);
  const logits = new Float32Array(sentences.length * rows * classes);
  scorer.score(sentences, logits);
  const { offsets, indices } = aboveThreshold(logits, { classes });
  return sentences
    .map((sentence, s) => {
      const lines = sentence.positives.flatMap((right, row) => {
        const at = s * rows + row;
        const predicted = [...indices.subarray(offsets[at], offsets[at + 1])];
        const missed = right.filter((index) => !predicted.includes(index));
        return [
          ...predicted.map(
            (index) => `${right.includes(index) ? "✓" : "✗"} ${describe(sentence, row, index)}`,
          ),
          ...missed.map((index) => `– ${describe(sentence, row, index)}`),
        ];
      });
      return [sentence.tokens.join(" "), ...lines.map((line) => `  ${line}`)].join("\n");
    })
    .join("\n\n");
}
