// Measures the errors of the losses in ULP (units in the last place of float32) against the float64 reference.
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { createLosses, LossError, type Losses, type Variant } from "../src/index.ts";
import { boundsOf, exampleFor, expected, type LossName, lossOf, names } from "../test/support/losses.ts";
import type { Example } from "../test/support/random.ts";
import { ulpError } from "../test/support/ulp.ts";
import { runUnder } from "./node.ts";

const SPREADS = [1, 10, 100, 1000];
const SIDES = ["any", "right", "wrong"] as const;

interface Row {
  loss: LossName;
  variant: Variant;
  spread: number;
  rows: number;
  maxLossUlp: number;
  maxGradUlp: number;
}

const options = new Command("npm run accuracy --")
  .description("Prints the greatest errors of each loss, variant and spread of the scores, in ULP.")
  .option("--quick", "a tenth of the rows", false)
  .option("--json", "print JSON", false)
  .option("--node <major>", "run under this version of Node, installed into build/nodes", Number)
  .parse()
  .opts<{ quick: boolean; json: boolean; node?: number }>();

if (options.node !== undefined && !process.versions.node.startsWith(`${options.node}.`)) {
  process.exit(runUnder(options.node, fileURLToPath(import.meta.url), process.argv.slice(2)));
}

/** Sizes that cover all remainders of the kernels' vectors, and some long rows. */
function* shapes(): Generator<[rows: number, classes: number]> {
  for (let classes = 1; classes <= 70; classes++) yield [options.quick ? 10 : 100, classes];
  yield [options.quick ? 2 : 20, 1000];
  yield [1, 20_000];
}

/** Scores as drawn, or all on the right or the wrong side of the threshold. */
function onSide(given: Example, side: (typeof SIDES)[number]): Example {
  if (side === "any") return given;
  const sign = side === "right" ? 1 : -1;
  return { ...given, logits: given.logits.map((s, i) => Math.abs(s) * (given.labels[i] ? sign : -sign)) };
}

function* examples(loss: LossName, spread: number): Generator<Example> {
  for (const side of SIDES) {
    for (const [rows, classes] of shapes())
      yield onSide(exampleFor(loss, rows, classes, spread, classes + spread), side);
  }
}

function measure(losses: Losses, loss: LossName, spread: number): Row {
  const row: Row = { loss, variant: losses.variant, spread, rows: 0, maxLossUlp: 0, maxGradUlp: 0 };
  for (const given of examples(loss, spread)) {
    const { rows, classes, logits, labels } = given;
    const got = lossOf(losses, loss)(logits, labels, { classes, reduction: "none" });
    expected(loss, given).forEach((exact, index) => {
      row.maxLossUlp = Math.max(row.maxLossUlp, ulpError(got.loss[index]!, exact.loss));
      exact.grad.forEach((g, i) => {
        row.maxGradUlp = Math.max(row.maxGradUlp, ulpError(got.grad[index * classes + i]!, g));
      });
    });
    row.rows += rows;
  }
  return row;
}

/** The plain JavaScript form is the reference itself. */
function instances(): Losses[] {
  return (["relaxed", "simd"] as const).flatMap((variant) => {
    try {
      return [createLosses({ variant })];
    } catch (error) {
      if (!(error instanceof LossError)) throw error;
      console.error(`${variant}: left out, ${error.message}`);
      return [];
    }
  });
}

const rows: Row[] = [];
for (const losses of instances()) {
  for (const loss of names) {
    for (const spread of SPREADS) {
      console.error(`${loss}, ${losses.variant}, spread ${spread}`);
      rows.push(measure(losses, loss, spread));
    }
  }
}

if (options.json) {
  console.log(JSON.stringify({ node: process.version, rows }, null, 2));
} else {
  console.log(`| loss | variant | ${SPREADS.map((spread) => `spread ${spread}`).join(" | ")} | bound |`);
  console.log(`| --- | --- |${" --- |".repeat(SPREADS.length + 1)}`);
  for (const first of rows.filter(({ spread }) => spread === SPREADS[0])) {
    const cells = rows
      .filter(({ loss, variant }) => loss === first.loss && variant === first.variant)
      .map(({ maxLossUlp, maxGradUlp }) => `${maxLossUlp.toFixed(2)} / ${maxGradUlp.toFixed(2)}`);
    const { loss, grad } = boundsOf(first.loss);
    console.log(`| \`${first.loss}\` | ${first.variant} | ${cells.join(" | ")} | ${loss} / ${grad} |`);
  }
}
const isBroken = rows.some(
  (row) => row.maxLossUlp > boundsOf(row.loss).loss || row.maxGradUlp > boundsOf(row.loss).grad,
);
if (isBroken) process.exitCode = 1;
