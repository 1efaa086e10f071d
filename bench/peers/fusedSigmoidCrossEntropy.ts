import type { Peer } from "./peer.ts";

/*
 * The baseline of `sigmoidCrossEntropy`: one sweep, one exponential a class, from which both the loss and the gradient
 * follow. Most people would write a Math.log1p(e) a class as well. Multiplying the 1 + e up instead, and taking one
 * logarithm of many, makes the loop about a quarter faster, and is what the kernels do: a baseline without it would
 * flatter them.
 */

/** Beyond this the product might overflow: a factor is at most 2. */
const LARGE = 2 ** 1000;

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
    const isNegative = labels[i] === 0;
    const z = isNegative ? s : -s;
    const e = Math.exp(-Math.abs(s));
    total += Math.max(z, 0);
    product *= 1 + e;
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
    const share = 1 / (1 + e);
    const slope = z >= 0 ? share : e * share;
    grad[i] = (isNegative ? slope : -slope) * factor;
  }
  return (total + Math.log(product)) * factor;
}

function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
  const length = logits.length;
  let total = 0;
  let product = 1;
  for (let i = 0; i < length; i++) {
    const s = logits[i] as number;
    total += Math.max(labels[i] === 0 ? s : -s, 0);
    product *= 1 + Math.exp(-Math.abs(s));
    if (product > LARGE) {
      total += Math.log(product);
      product = 1;
    }
  }
  return ((total + Math.log(product)) * classes) / length;
}

export const fusedSigmoidCrossEntropy: Peer = { lossAndGradient, lossAlone };
