import type { JsArguments } from "../engine/loss.js";
import { overRows } from "./rows.js";

/** A loss that adds up one term a class, a function of z = s for negative and -s for positive classes. */
export interface LossOfPoints {
  loss(z: number): number;
  /** ∂loss/∂z */
  slope(z: number): number;
}

export function lossOfPoints(args: JsArguments, of: LossOfPoints): number {
  const { logits, labels, grad, classes } = args;
  return overRows(args, (base, scale) => {
    let sum = 0;
    for (let i = base; i < base + classes; i++) {
      const s = logits[i] as number;
      const isPositive = labels[i] !== 0;
      const z = isPositive ? -s : s;
      sum += of.loss(z);
      if (grad) grad[i] = of.slope(z) * (isPositive ? -scale : scale);
    }
    return sum;
  });
}
