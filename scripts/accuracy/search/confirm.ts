import { Decimal } from "decimal.js";
import type { Losses } from "../../../src/index.ts";
import { exactly } from "../../../test/golden/exact.ts";
import { formulaOf, type OwnOptions } from "../../../test/golden/golden.ts";
import type { Candidate } from "./climb.ts";
import { call, countedError, type Target } from "./errors.ts";
import type { Setting } from "./setting.ts";

/** Enough for 1 + x of the smallest float32 to have twice as many digits of x as float64; more would take their time. */
Decimal.set({ precision: 80 });

/** The options as the formulas take them. */
function ownOptions(options: Record<string, number | Float32Array>): OwnOptions {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === "number" ? value : Array.from(value),
    ]),
  );
}

/** The error of a row by decimals of 80 digits, and what was got instead of what. */
export interface Confirmed {
  error: number;
  got: number;
  exact: string;
}

/** The true error of a row's loss, or the greatest of its gradient. */
export async function confirm(
  losses: Losses,
  setting: Setting,
  target: Target,
  { classes, logits, labels, weight }: Candidate,
): Promise<Confirmed> {
  const got = call(losses, setting, { rows: 1, classes, logits, labels, weights: Float32Array.of(weight) });
  const { row } = await formulaOf(setting.loss);
  const result = row(
    Array.from(logits, exactly),
    Array.from(labels, exactly),
    ownOptions(setting.options(classes)),
  );
  const w = exactly(weight);
  const judged = (value: number, exact: typeof w, terms: typeof w | undefined): Confirmed => {
    const text = exact.times(w).toSignificantDigits(26).toString();
    const error = countedError(setting, target, value, text, terms && Number(terms.times(w).abs()));
    return { error, got: value, exact: text };
  };
  if (target === "loss") {
    // The loss of zlprDivergence and the least one, by which it is less: their sum and the loss make the former.
    const isDivergence = setting.loss === "zlprDivergence";
    const terms = isDivergence ? result.lossTerms!.plus(result.loss).div(2) : result.lossTerms;
    return judged(got.loss[0]!, result.loss, terms);
  }
  return result.grad
    .map((slope, i) => judged(got.grad[i]!, slope, result.gradTerms?.[i]))
    .reduce((most, one) => (one.error > most.error ? one : most));
}
