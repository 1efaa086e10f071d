import type { Baseline } from "./baseline.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of `softmaxCrossEntropy`: one exponential a class, kept in `grad` between the sweeps; one division a row,
 * and one logarithm of many. The sweep goes round the target class, for two reasons: its gradient is the sum of the
 * others, of which p - 1 would lose digits, and a comparison in the loop was slower.
 */

function lossAndGradient(
  logits: Float32Array,
  labels: Int32Array,
  grad: Float32Array,
  classes: number,
): number {
  const length = logits.length;
  const factor = classes / length;
  let total = 0;
  let product = 1;
  for (let start = 0, row = 0; start < length; start += classes, row++) {
    const end = start + classes;
    const target = start + (labels[row] as number);
    let others = 0;
    for (let i = start; i < target; i++) {
      const e = Math.exp(logits[i] as number);
      others += e;
      grad[i] = e;
    }
    for (let i = target + 1; i < end; i++) {
      const e = Math.exp(logits[i] as number);
      others += e;
      grad[i] = e;
    }
    const s = logits[target] as number;
    const sum = others + Math.exp(s);
    total -= s;
    product *= sum;
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
    const share = factor / sum;
    for (let i = start; i < end; i++) grad[i] = (grad[i] as number) * share;
    grad[target] = -others * share;
  }
  return (total + Math.log(product)) * factor;
}

function lossAlone(logits: Float32Array, labels: Int32Array, classes: number): number {
  const length = logits.length;
  let total = 0;
  let product = 1;
  for (let start = 0, row = 0; start < length; start += classes, row++) {
    let sum = 0;
    for (let i = start; i < start + classes; i++) sum += Math.exp(logits[i] as number);
    total -= logits[start + (labels[row] as number)] as number;
    product *= sum;
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
  }
  return ((total + Math.log(product)) * classes) / length;
}

export const fusedSoftmaxCrossEntropy: Baseline<"index"> = { labels: "index", lossAndGradient, lossAlone };
