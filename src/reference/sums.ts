import type { RowFormula } from "../engine/loss.js";
import { logSumExp, weighted } from "./math.js";

/** The logarithms of the two sums of a row, and the loss and its slopes by them. */
export interface LossOfSides {
  loss(alpha: number, beta: number): number;
  /** ∂loss/∂α */
  lossAlpha(alpha: number, beta: number): number;
  /** ∂loss/∂β */
  lossBeta(alpha: number, beta: number): number;
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
export function lossOfSides(
  of: LossOfSides,
  scores: Float64Array,
  targets: Float64Array,
  { scale = 1, margin = 0, threshold = 0 }: SideOptions,
  grad: Float64Array,
): number {
  const positives = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    const s = (scores[i] as number) * scale;
    const t = targets[i] as number;
    grad[i] = weighted(1 - t, s);
    positives[i] = weighted(t, -s);
  }
  // The threshold is taken off the sums, not off the scores, of which a huge one would leave nothing.
  const alpha = logSumExp(grad) + scale * margin - threshold;
  const beta = logSumExp(positives) + threshold;
  const slopeA = of.lossAlpha(alpha, beta) * scale;
  const slopeB = of.lossBeta(alpha, beta) * scale;
  for (let i = 0; i < scores.length; i++) {
    const negative = grad[i] as number;
    const positive = positives[i] as number;
    grad[i] = (negative && negative * slopeA) - (positive && positive * slopeB);
  }
  return of.loss(alpha, beta);
}

/** The same as a formula for rows. */
export function formulaOfSides<Own>(of: LossOfSides): RowFormula<Own> {
  return (scores, targets, options, grad) => lossOfSides(of, scores, targets, options as SideOptions, grad);
}
