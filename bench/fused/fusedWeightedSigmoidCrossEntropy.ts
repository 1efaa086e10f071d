import type { Baseline } from "./baseline.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of `sigmoidCrossEntropy` with a weight for the positive classes: as without, but for a product of its own
 * for each side, and the branch that this takes.
 */

export function fusedWeightedSigmoidCrossEntropy(weight: number): Baseline<"multi-hot"> {
  function lossAndGradient(
    logits: Float32Array,
    labels: Uint8Array,
    grad: Float32Array,
    classes: number,
  ): number {
    const length = logits.length;
    const factor = classes / length;
    let total = 0;
    let negatives = 1;
    let positives = 1;
    for (let i = 0; i < length; i++) {
      const s = logits[i] as number;
      if (labels[i] === 0) {
        const denominator = 1 + Math.exp(s);
        negatives *= denominator;
        if (negatives > LARGE) {
          total += Math.log(negatives);
          negatives = 1;
        }
        grad[i] = (1 - 1 / denominator) * factor;
      } else {
        const denominator = 1 + Math.exp(-s);
        positives *= denominator;
        if (positives > LARGE) {
          total += weight * Math.log(positives);
          positives = 1;
        }
        grad[i] = (1 / denominator - 1) * weight * factor;
      }
    }
    return (total + Math.log(negatives) + weight * Math.log(positives)) * factor;
  }

  function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
    const length = logits.length;
    let total = 0;
    let negatives = 1;
    let positives = 1;
    for (let i = 0; i < length; i++) {
      const s = logits[i] as number;
      if (labels[i] === 0) {
        negatives *= 1 + Math.exp(s);
        if (negatives > LARGE) {
          total += Math.log(negatives);
          negatives = 1;
        }
      } else {
        positives *= 1 + Math.exp(-s);
        if (positives > LARGE) {
          total += weight * Math.log(positives);
          positives = 1;
        }
      }
    }
    return ((total + Math.log(negatives) + weight * Math.log(positives)) * classes) / length;
  }

  return { labels: "multi-hot", lossAndGradient, lossAlone };
}
