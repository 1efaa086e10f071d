/** Fewer scores may lie anywhere by chance. */
export const LEAST_SCORES = 32;

/**
 * Where scores lie: all of them from 0 to 1, as probabilities do, or all 0, or one of them below 0, above 1 or NaN, which ends
 * the search.
 */
export function rangeOf(scores: Float32Array): "unit" | "zero" | "other" {
  let isAllZero = true;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (!(score >= 0 && score <= 1)) return "other";
    if (score > 0) isAllZero = false;
  }
  return isAllZero ? "zero" : "unit";
}
