/*
 * Writes test/golden/<loss>.json: rows and their exact loss and gradient, computed with 150 digits. Run: npm run golden
 *
 * A new loss needs a file of its own in formulas/: `row`, its formula, and `cases` if it has options worth testing.
 */
import { readdirSync, writeFileSync } from "node:fs";
import type { Decimal } from "decimal.js";
import { cases } from "./cases.ts";
import { type ExactRow, exactly } from "./exact.ts";
import { type Case, fileOf, type OwnOptions, type StoredCase } from "./golden.ts";

/** What a file in formulas/ exports. */
interface Formula {
  row(scores: Decimal[], isPositive: boolean[], options: OwnOptions): ExactRow;
  cases?: Case[];
}

const DIGITS = 26;

function written(x: Decimal): string {
  return x.toSignificantDigits(DIGITS).toString();
}

function golden(formula: Formula, { name, reason, scores, labels, options }: Case): StoredCase {
  const { loss, grad } = formula.row(
    scores.map(exactly),
    labels.map((label) => label === 1),
    options ?? {},
  );
  return {
    name,
    reason,
    ...(options && { options }),
    scores: scores.map((score) => (Object.is(score, -0) ? "-0" : exactly(score).toString())).join(" "),
    labels: labels.join(""),
    loss: written(loss),
    grad: grad.map(written).join(" "),
  };
}

/** The text of a loss's file. */
async function goldenText(loss: string): Promise<string> {
  const formula: Formula = await import(new URL(`formulas/${loss}.ts`, import.meta.url).href);
  const stored = [...cases, ...(formula.cases ?? [])].map((one) => golden(formula, one));
  return `${JSON.stringify(stored, null, 2)}\n`;
}

for (const file of readdirSync(new URL("formulas/", import.meta.url))) {
  const loss = file.replace(/\.ts$/, "");
  writeFileSync(fileOf(loss), await goldenText(loss));
}
