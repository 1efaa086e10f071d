import type { JsArguments } from "../engine/loss.js";

/** Computes one row that begins at `base`, writes `scale` times its gradient, and returns its loss. */
export type RowLoss = (base: number, scale: number) => number;

/** The loop over the rows that all losses share: weights, sums, and where the results go. */
export function overRows(args: JsArguments, rowLoss: RowLoss): number {
  const { grad, losses, weights, rows, classes, factor } = args;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    const weight = weights ? (weights[row] as number) : 1;
    let loss = 0;
    if (weight === 0) {
      grad?.fill(0, base, base + classes);
    } else {
      loss = rowLoss(base, weight * factor);
      if (Number.isNaN(loss)) grad?.fill(NaN, base, base + classes);
    }
    loss *= weight;
    sum += loss;
    if (losses) losses[row] = loss;
  }
  return sum;
}
