import type { Baseline } from "./baseline.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of the losses of sums. It is fair because nothing in it can be left out: one exponential a class, kept in `grad`
 * between the sweeps, so that there is neither a second one nor an array in between; one division a row, and one
 * logarithm of many rows, whose 1 + x are multiplied up; float32 arrays in and out, float64 sums, which cost JavaScript
 * nothing. With a Math.log1p a row it took 1.3 times as long for rows of four classes. Of the ways to tell the sides
 * apart that were tried (two branches, arithmetic with the label, the sign of the stored value, tables of two) this one
 * was the fastest or within a few per cent of it on every shape.
 */

/**
 * The coefficients of x in a loss log(1 + x) of the sums a = Σ e^s over the negative and b = Σ e^-s over the positive
 * classes of a row. Numbers rather than functions: calls of functions that differ from loss to loss are not inlined,
 * which cost rows of four classes another quarter.
 */
interface LossOfSums {
  a: number;
  b: number;
  ab: number;
}

export function fusedSums({ a: ofA, b: ofB, ab: ofAB }: LossOfSums): Baseline<"multi-hot"> {
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
    for (let start = 0; start < length; start += classes) {
      const end = start + classes;
      let a = 0;
      let b = 0;
      for (let i = start; i < end; i++) {
        const s = logits[i] as number;
        const isNegative = labels[i] === 0;
        const e = Math.exp(isNegative ? s : -s);
        if (isNegative) a += e;
        else b += e;
        grad[i] = e;
      }
      const sum = 1 + ofA * a + ofB * b + ofAB * a * b;
      product *= sum;
      if (product > LARGE) {
        total += Math.log(product);
        product = 1;
      }
      const common = factor / sum;
      const negative = (ofA + ofAB * b) * common;
      const positive = -(ofB + ofAB * a) * common;
      for (let i = start; i < end; i++) {
        grad[i] = (grad[i] as number) * (labels[i] === 0 ? negative : positive);
      }
    }
    return (total + Math.log(product)) * factor;
  }

  function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
    const length = logits.length;
    let total = 0;
    let product = 1;
    for (let start = 0; start < length; start += classes) {
      const end = start + classes;
      let a = 0;
      let b = 0;
      for (let i = start; i < end; i++) {
        const s = logits[i] as number;
        const isNegative = labels[i] === 0;
        const e = Math.exp(isNegative ? s : -s);
        if (isNegative) a += e;
        else b += e;
      }
      product *= 1 + ofA * a + ofB * b + ofAB * a * b;
      if (product > LARGE) {
        total += Math.log(product);
        product = 1;
      }
    }
    return ((total + Math.log(product)) * classes) / length;
  }

  return { labels: "multi-hot", lossAndGradient, lossAlone };
}
