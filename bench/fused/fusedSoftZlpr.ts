import type { Baseline } from "./baseline.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of `zlpr` with soft labels, and of `zlprDivergence`. Every class is on both sides; one exponential serves
 * both, since e^-s is a division. The exponentials of a row are kept in float64: a gradient is the difference of two
 * terms, in which those of `grad`, in float32, lose digits, for 2 % of the time. To keep both terms was no faster than
 * to divide again.
 */

let exponentials = new Float64Array(0);

export function fusedSoftZlpr({ isDivergence }: { isDivergence: boolean }): Baseline<"soft"> {
  function lossAndGradient(
    logits: Float32Array,
    labels: Float32Array,
    grad: Float32Array,
    classes: number,
  ): number {
    const length = logits.length;
    const factor = classes / length;
    if (exponentials.length < classes) exponentials = new Float64Array(classes);
    const kept = exponentials;
    let total = 0;
    let product = 1;
    let least = 1;
    for (let start = 0; start < length; start += classes) {
      let a = 0;
      let b = 0;
      let c = 0;
      for (let i = 0; i < classes; i++) {
        const t = labels[start + i] as number;
        const e = Math.exp(logits[start + i] as number);
        a += (1 - t) * e;
        b += t / e;
        if (isDivergence) c += Math.sqrt(t * (1 - t));
        kept[i] = e;
      }
      product *= (1 + a) * (1 + b);
      least *= 1 + c;
      if (product > LARGE) {
        total += Math.log(product) - 2 * Math.log(least);
        product = 1;
        least = 1;
      }
      const factorA = factor / (1 + a);
      const factorB = factor / (1 + b);
      for (let i = 0; i < classes; i++) {
        const t = labels[start + i] as number;
        const e = kept[i] as number;
        grad[start + i] = (1 - t) * e * factorA - (t / e) * factorB;
      }
    }
    return (total + Math.log(product) - 2 * Math.log(least)) * factor;
  }

  function lossAlone(logits: Float32Array, labels: Float32Array, classes: number): number {
    const length = logits.length;
    let total = 0;
    let product = 1;
    let least = 1;
    for (let start = 0; start < length; start += classes) {
      const end = start + classes;
      let a = 0;
      let b = 0;
      let c = 0;
      for (let i = start; i < end; i++) {
        const t = labels[i] as number;
        const e = Math.exp(logits[i] as number);
        a += (1 - t) * e;
        b += t / e;
        if (isDivergence) c += Math.sqrt(t * (1 - t));
      }
      product *= (1 + a) * (1 + b);
      least *= 1 + c;
      if (product > LARGE) {
        total += Math.log(product) - 2 * Math.log(least);
        product = 1;
        least = 1;
      }
    }
    return ((total + Math.log(product) - 2 * Math.log(least)) * classes) / length;
  }

  return { labels: "soft", lossAndGradient, lossAlone };
}
