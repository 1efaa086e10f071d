import type { RowFormula } from "../engine/loss.js";
import { newArray } from "../engine/newArray.js";

/** The logarithms of the two sums of a row, and the loss and its slopes by them. */
export interface LossOfSides {
  /** `both` is α + β with the digits that the two lose where huge scores are close to each other. */
  loss(alpha: number, beta: number, both: number): number;
  /** ∂loss/∂α */
  lossAlpha(alpha: number, beta: number, both: number): number;
  /** ∂loss/∂β */
  lossBeta(alpha: number, beta: number, both: number): number;
}

/** What the sides of a row are. */
export interface SideOptions {
  scale?: number;
  margin?: number;
  threshold?: number;
}

/**
 * A loss of α = log Σ (1 - t)·e^(γ(s - s₀ + m)) and β = log Σ t·e^(-γ(s - s₀)), which for targets t of 0 and 1 are sums
 * over the negative and over the positive classes. Each class has its softmax share of the slope of its side.
 */
function lossOfSides(
  of: LossOfSides,
  scores: Float64Array,
  targets: Float64Array,
  { scale = 1, margin = 0, threshold = 0 }: SideOptions,
  grad: Float64Array,
): number {
  // The greatest exponent of each side is taken out of its sum, so that nothing overflows.
  let maxA = -Infinity;
  let maxB = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const z = scores[i] as number;
    const t = targets[i] as number;
    if (t < 1) maxA = Math.max(maxA, z);
    if (t > 0) maxB = Math.max(maxB, -z);
  }
  const termsB = newArray(Float64Array, scores.length);
  let a = 0;
  let b = 0;
  for (let i = 0; i < scores.length; i++) {
    const z = scores[i] as number;
    const t = targets[i] as number;
    const termA = t < 1 ? (1 - t) * expShifted(z, maxA, scale) : 0;
    const termB = t > 0 ? t * expShifted(-z, maxB, scale) : 0;
    a += termA;
    b += termB;
    grad[i] = termA;
    termsB[i] = termB;
  }
  // The threshold is taken off the sums, not off the scores, of which a huge one would leave nothing.
  // What may be huge comes first, so that small differences of it keep their digits.
  const logA = Math.log(a);
  const logB = Math.log(b);
  const alpha = scale * maxA + (scale * margin - threshold) + logA;
  const beta = scale * maxB + threshold + logB;
  const both = scale * (maxA + maxB) + scale * margin + (logA + logB);
  const loss = of.loss(alpha, beta, both);
  if (Number.isNaN(loss)) {
    // Infinite scores against each other have no limit.
    grad.fill(NaN);
    return NaN;
  }
  const shareA = (of.lossAlpha(alpha, beta, both) * scale) / shared(a, maxA, grad);
  const shareB = (of.lossBeta(alpha, beta, both) * scale) / shared(b, maxB, termsB);
  for (let i = 0; i < scores.length; i++) {
    const termA = grad[i] as number;
    const termB = termsB[i] as number;
    grad[i] = (termA === 0 ? 0 : termA * shareA) - (termB === 0 ? 0 : termB * shareB);
  }
  return loss;
}

/** e^(γ(z - max)), where an infinite max counts its own infinite z as 1 and all others as 0. */
function expShifted(z: number, max: number, scale: number): number {
  return z === max ? Number(z > -Infinity) : Math.exp(scale * (z - max));
}

/** The sum that the terms share. Several infinite ones share it in no definite way. */
function shared(sum: number, max: number, terms: Float64Array): number {
  return max === Infinity && terms.filter((term) => term > 0).length > 1 ? NaN : sum;
}

/** The same as a formula for rows. */
export function formulaOfSides<Own>(of: LossOfSides): RowFormula<Own> {
  return (scores, targets, options, grad) => lossOfSides(of, scores, targets, options as SideOptions, grad);
}
