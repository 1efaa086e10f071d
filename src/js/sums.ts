import type { JsArguments } from "../engine/loss.js";
import { overRows } from "./rows.js";

/**
 * A loss log(1 + x) of some x(a, b), where a = Σ e^s over the negative and b = Σ e^-s over the positive classes; the
 * plain form of what assembly/loss/zlpr.ts explains.
 */
export interface LossOfSums {
  x(a: number, b: number): number;
  /** ∂x/∂a */
  xa(a: number, b: number): number;
  /** ∂x/∂b */
  xb(a: number, b: number): number;
  /** The loss by α = log a and β = log b. */
  loss(alpha: number, beta: number): number;
  /** ∂loss/∂α */
  lossAlpha(alpha: number, beta: number): number;
  /** ∂loss/∂β */
  lossBeta(alpha: number, beta: number): number;
}

/** Beyond this magnitude of a score the exponentials may leave the range of float32. */
const MODERATE = 40;
/** Below this scale the factors may. */
const SMALLEST_SCALE = 2 ** -44;

/** a is multiplied by e^logShiftA, b by e^logShiftB. */
export function lossOfSums(args: JsArguments, of: LossOfSums, logShiftA: number, logShiftB: number): number {
  const { logits, labels, grad, classes } = args;
  const shiftA = Math.exp(logShiftA);
  const shiftB = Math.exp(logShiftB);
  const shifted = Math.max(Math.abs(logShiftA), Math.abs(logShiftB)) > MODERATE;
  const inPlace =
    grad !== undefined && grad.buffer === logits.buffer && grad.byteOffset === logits.byteOffset;

  /** Two sweeps, one exponential a class; NaN stands for a row that has to be done by `largeRow`. */
  function moderateRow(base: number, scale: number): number {
    const end = base + classes;
    let a = 0;
    let b = 0;
    let peak = 0;
    for (let i = base; i < end; i++) {
      const s = logits[i] as number;
      peak = Math.max(peak, Math.abs(s));
      const e = Math.exp(labels[i] === 0 ? s : -s);
      if (labels[i] === 0) a += e;
      else b += e;
      if (grad && !inPlace) grad[i] = e;
    }
    if (!(peak <= MODERATE)) return NaN;
    a *= shiftA;
    b *= shiftB;
    const x = of.x(a, b);
    if (grad) {
      const negative = ((of.xa(a, b) * shiftA) / (1 + x)) * scale;
      const positive = ((of.xb(a, b) * -shiftB) / (1 + x)) * scale;
      if (inPlace) {
        for (let i = base; i < end; i++) {
          const s = logits[i] as number;
          grad[i] =
            labels[i] === 0 ? Math.fround(Math.exp(s)) * negative : Math.fround(Math.exp(-s)) * positive;
        }
      } else {
        for (let i = base; i < end; i++)
          grad[i] = (grad[i] as number) * (labels[i] === 0 ? negative : positive);
      }
    }
    return Math.log1p(x);
  }

  /** By the logarithms of the sums, for scores of any size, infinities and NaN. */
  function largeRow(base: number, scale: number): number {
    const end = base + classes;
    let maxA = -Infinity;
    let maxB = -Infinity;
    for (let i = base; i < end; i++) {
      const s = logits[i] as number;
      if (labels[i] === 0) maxA = Math.max(maxA, s);
      else maxB = Math.max(maxB, -s);
    }
    let a = 0;
    let b = 0;
    for (let i = base; i < end; i++) {
      const s = logits[i] as number;
      if (labels[i] === 0) a += expShifted(s, maxA);
      else b += expShifted(-s, maxB);
    }
    const alpha = maxA + logShiftA + Math.log(a);
    const beta = maxB + logShiftB + Math.log(b);
    if (grad) {
      const negative = shareOf(of.lossAlpha(alpha, beta), maxA, a) * scale;
      const positive = shareOf(of.lossBeta(alpha, beta), maxB, b) * -scale;
      for (let i = base; i < end; i++) {
        const s = logits[i] as number;
        const e = labels[i] === 0 ? expShifted(s, maxA) : expShifted(-s, maxB);
        grad[i] = e === 0 ? 0 : e * (labels[i] === 0 ? negative : positive);
      }
    }
    return of.loss(alpha, beta);
  }

  return overRows(args, (base, scale) => {
    if (!shifted && scale >= SMALLEST_SCALE) {
      const loss = moderateRow(base, scale);
      if (!Number.isNaN(loss)) return loss;
    }
    return largeRow(base, scale);
  });
}

/** e^(z - m), where an infinite m counts its own infinite scores as 1 and all others as 0. */
function expShifted(z: number, m: number): number {
  return z === m ? Number(z > -Infinity) : Math.exp(z - m);
}

/** The gradient of a side by its exponentials. Several infinite scores share it in no definite way. */
function shareOf(gradient: number, max: number, sum: number): number {
  if (sum === 0) return 0;
  return max === Infinity && sum > 1 ? NaN : gradient / sum;
}
