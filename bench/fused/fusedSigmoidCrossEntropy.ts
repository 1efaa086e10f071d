import type { Baseline } from "./baseline.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of `sigmoidCrossEntropy`: one sweep, one exponential a class, from which both the loss and the gradient
 * follow. Most people would write a Math.log1p(e) a class as well. Multiplying the 1 + e up instead, and taking one
 * logarithm of many, makes the loop about a quarter faster, and is what the kernels do: a baseline without it would
 * flatter them. So would e^-|s|, which moderate scores do not need, with two thirds of the speed; and a branch in place
 * of the arithmetic with the label, where few classes are hard to foresee.
 */

function lossAndGradient(
  logits: Float32Array,
  labels: Uint8Array,
  grad: Float32Array,
  classes: number,
): number {
  const length = logits.length;
  const factor = classes / length;
  let total = 0;
  let product = 1;
  for (let i = 0; i < length; i++) {
    const s = logits[i] as number;
    const t = labels[i] as number;
    const denominator = 1 + Math.exp(s);
    total -= t * s;
    product *= denominator;
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
    grad[i] = (1 - t - 1 / denominator) * factor;
  }
  return (total + Math.log(product)) * factor;
}

function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
  const length = logits.length;
  let total = 0;
  let product = 1;
  for (let i = 0; i < length; i++) {
    const s = logits[i] as number;
    total -= (labels[i] as number) * s;
    product *= 1 + Math.exp(s);
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
  }
  return ((total + Math.log(product)) * classes) / length;
}

export const fusedSigmoidCrossEntropy: Baseline<"multi-hot"> = {
  labels: "multi-hot",
  lossAndGradient,
  lossAlone,
};
