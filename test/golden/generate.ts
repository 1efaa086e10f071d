/* A new loss needs a file of its own in formulas/: `row`, its formula, and `cases`, the rows it is tested with. */
import { readdirSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import type { Decimal } from "decimal.js";
import { exactly, sum } from "./exact.ts";
import { type Case, type Formula, fileOf, formulaOf, inputOf, type StoredCase } from "./golden.ts";

const DIGITS = 26;
/** Terms are but a measure. */
const TERMS_DIGITS = 3;

function written(numbers: Decimal[], digits: number): string {
  return numbers.map((x) => x.toSignificantDigits(digits).toString()).join(" ");
}

/** The terms, unless they are the magnitudes of the results. */
function writtenTerms(terms: Decimal[] | undefined, results: Decimal[]): string | undefined {
  const magnitudes = results.map((x) => x.abs());
  const text = terms && written(terms, TERMS_DIGITS);
  return text === written(magnitudes, TERMS_DIGITS) ? undefined : text;
}

function golden(formula: Formula, one: Case): StoredCase {
  const { loss, grad, lossTerms, gradTerms } = formula.row(
    one.scores.map(exactly),
    one.labels.map(exactly),
    one.options ?? {},
  );
  const hasThresholds = Array.isArray(one.options?.threshold);
  return {
    ...inputOf(one),
    loss: written([loss], DIGITS),
    grad: written(grad, DIGITS),
    // The scores are seen as differences to the threshold alone.
    ...(hasThresholds && { thresholdGrad: written([sum(grad).neg()], DIGITS) }),
    lossTerms: writtenTerms(lossTerms && [lossTerms], [loss]),
    gradTerms: writtenTerms(gradTerms, grad),
  };
}

new Command("npm run golden --")
  .description(
    "Writes test/golden/<loss>.json: rows and their exact loss and gradient, computed with 150 digits.",
  )
  .parse();

for (const file of readdirSync(new URL("formulas/", import.meta.url))) {
  const loss = file.replace(/\.ts$/, "");
  const formula = await formulaOf(loss);
  const stored = formula.cases.map((one) => golden(formula, one));
  writeFileSync(fileOf(loss), `${JSON.stringify(stored, null, 2)}\n`);
}
