import type { Baseline } from "./baseline.ts";

/*
 * `zlpr` as it is usually written once it is in one loop: a branch for the two sides and two logarithms a row. Nothing is
 * measured against it; it shows what the tricks of the baseline (fusedSums.ts) are worth, which is most where rows are short.
 */

function lossAndGradient(
  logits: Float32Array,
  labels: Uint8Array,
  grad: Float32Array,
  classes: number,
): number {
  const factor = classes / logits.length;
  let total = 0;
  for (let start = 0; start < logits.length; start += classes) {
    const end = start + classes;
    let a = 0;
    let b = 0;
    for (let i = start; i < end; i++) {
      const s = logits[i] as number;
      if (labels[i]) {
        const e = Math.exp(-s);
        b += e;
        grad[i] = -e;
      } else {
        const e = Math.exp(s);
        a += e;
        grad[i] = e;
      }
    }
    total += Math.log1p(a) + Math.log1p(b);
    const negative = factor / (1 + a);
    const positive = factor / (1 + b);
    for (let i = start; i < end; i++) grad[i] = (grad[i] as number) * (labels[i] ? positive : negative);
  }
  return total * factor;
}

function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
  let total = 0;
  for (let start = 0; start < logits.length; start += classes) {
    let a = 0;
    let b = 0;
    for (let i = start; i < start + classes; i++) {
      const s = logits[i] as number;
      if (labels[i]) b += Math.exp(-s);
      else a += Math.exp(s);
    }
    total += Math.log1p(a) + Math.log1p(b);
  }
  return (total * classes) / logits.length;
}

export const usualZlpr: Baseline<"multi-hot"> = { labels: "multi-hot", lossAndGradient, lossAlone };
