import type { Losses } from "../../../src/index.ts";
import { mathBounds } from "../../../test/support/bounds.ts";
import { expected, lossOf } from "../../../test/support/losses.ts";
import { ulp, ulpError } from "../../../test/support/ulp.ts";
import type { Rows } from "./rows.ts";
import type { Setting } from "./setting.ts";
import { termsOf } from "./terms.ts";

/** Which of the results an error is of. */
export type Target = "loss" | "grad";

/** What a loss gives for some rows. */
export interface Got {
  loss: Float32Array;
  grad: Float32Array;
}

export function call(losses: Losses, setting: Setting, { classes, logits, labels, weights }: Rows): Got {
  const rowWeights = setting.isWeighted ? { rowWeights: weights } : {};
  const options = { classes, reduction: "none", ...setting.options(classes), ...rowWeights } as const;
  return lossOf(losses, setting.loss)(logits, labels, options);
}

/**
 * An error in ULP, less what the promise leaves to a difference of terms: as much as float64 exponentials make of these.
 * The loss of `zlprDivergence` is measured in ULP of the loss that its least value is taken from.
 */
export function countedError(
  setting: Setting,
  target: Target,
  got: number,
  exact: string | number,
  terms?: number,
): number {
  const value = Number(exact);
  if (!Number.isFinite(got)) return ulpError(got, exact);
  if (setting.loss === "zlprDivergence" && target === "loss")
    return Math.abs(got - value) / ulp(terms ?? value);
  const error = ulpError(got, exact);
  if (terms === undefined || error === 0) return error;
  return Math.max(0, error - (mathBounds.exp64.relative * Math.abs(terms)) / ulp(value));
}

/** The error of each row's loss, or the greatest of its gradient, by the float64 reference. */
export function errorsOf(setting: Setting, target: Target, rows: Rows, { loss, grad }: Got): Float64Array {
  const { classes, logits, labels, weights } = rows;
  const options = setting.options(classes);
  const exact = expected(setting.loss, { ...rows, labels }, options);
  return Float64Array.from(exact, (result, row) => {
    const [from, to] = [row * classes, (row + 1) * classes];
    const scores = Float64Array.from(logits.subarray(from, to));
    const targets = Float64Array.from(labels.subarray(from, to));
    const terms = termsOf(setting, options, scores, targets, result);
    const w = weights[row]!;
    const weighted = (x: number | undefined) => (x === undefined ? undefined : x * w);
    if (target === "loss")
      return countedError(setting, target, loss[row]!, result.loss * w, weighted(terms.loss));
    return result.grad.reduce(
      (most, slope, i) =>
        Math.max(most, countedError(setting, target, grad[from + i]!, slope * w, weighted(terms.grad?.[i]))),
      0,
    );
  });
}
