import { invalidLabel, type OptionChecks, type OptionValues, validate } from "../engine/validate.js";
import type { Loss, LossOptions } from "../types.js";

/** Loss and gradient of one row in float64. */
export interface RowResult {
  loss: number;
  grad: number[];
}

/** The formula of a loss for one row: its scores, which of them are positive, and the loss's own options. */
export type RowFormula<Own> = (scores: number[], isPositive: boolean[], own: OptionValues<Own>) => RowResult;

/** Makes of a row's formula a loss with the signature of the fast ones. */
export function reference<Own>(formula: RowFormula<Own>, checks: OptionChecks<Own>): Loss<Own> {
  const loss = (logits: Float32Array, labels: Uint8Array, options: Own & LossOptions) => {
    const call = validate<Own>(logits, labels, options, checks);
    const { rows, classes, reduction, rowWeights, gradient, out, factor, own } = call;
    const wrong = call.labels.findIndex((label) => label > 1);
    if (wrong >= 0) throw invalidLabel(call.labels[wrong], wrong, classes);

    const losses = reduction === "none" ? (out.loss ?? new Float32Array(rows)) : undefined;
    const grad = gradient ? (out.grad ?? new Float32Array(rows * classes)) : undefined;
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const from = row * classes;
      const weight = rowWeights?.[row] ?? 1;
      const result = weightedRow(
        formula,
        Array.from(call.logits.subarray(from, from + classes)),
        Array.from(call.labels.subarray(from, from + classes), (label) => label === 1),
        own,
        weight,
      );
      sum += result.loss;
      if (losses) losses[row] = result.loss;
      grad?.set(
        result.grad.map((g) => g * factor),
        from,
      );
    }
    const reduced = losses ?? sum * factor;
    return grad ? { loss: reduced, grad } : { loss: reduced };
  };
  return loss as Loss<Own>;
}

function weightedRow<Own>(
  formula: RowFormula<Own>,
  scores: number[],
  isPositive: boolean[],
  own: OptionValues<Own>,
  weight: number,
): RowResult {
  if (weight === 0) return { loss: 0, grad: scores.map(() => 0) };
  if (scores.some(Number.isNaN)) return { loss: NaN, grad: scores.map(() => NaN) };
  const { loss, grad } = formula(scores, isPositive, own);
  return { loss: weight * loss, grad: grad.map((g) => weight * g) };
}
