import type { Baseline } from "./baseline.ts";

/*
 * The baseline of `asymmetric` with the default options, γ₊ = 1 and γ₋ = 4, whose powers are multiplications. One
 * exponential and one logarithm a class. To leave them out for the negative classes within the margin, 8 % of them,
 * was slower: a branch that cannot be foreseen costs more.
 */

const MARGIN = 0.05;

function lossAndGradient(
  logits: Float32Array,
  labels: Uint8Array,
  grad: Float32Array,
  classes: number,
): number {
  const length = logits.length;
  const factor = classes / length;
  let total = 0;
  for (let i = 0; i < length; i++) {
    const others = 1 / (1 + Math.exp(logits[i] as number));
    const p = 1 - others;
    if (labels[i] === 0) {
      const q = Math.max(1 - MARGIN - others, 0);
      const rest = 1 - q;
      const log = Math.log(rest);
      const cube = q * q * q;
      total -= cube * q * log;
      grad[i] = p * others * cube * (q / rest - 4 * log) * factor;
    } else {
      const log = Math.log(p);
      total -= others * log;
      grad[i] = others * (p * log - others) * factor;
    }
  }
  return total * factor;
}

function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
  const length = logits.length;
  let total = 0;
  for (let i = 0; i < length; i++) {
    const others = 1 / (1 + Math.exp(logits[i] as number));
    if (labels[i] === 0) {
      const q = Math.max(1 - MARGIN - others, 0);
      total -= q * q * q * q * Math.log(1 - q);
    } else {
      total -= others * Math.log(1 - others);
    }
  }
  return (total * classes) / length;
}

export const fusedAsymmetric: Baseline<"multi-hot"> = { labels: "multi-hot", lossAndGradient, lossAlone };
