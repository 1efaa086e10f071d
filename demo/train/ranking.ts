/* Which labels are shown, and how long their bars are. */
import { barOf } from "../explorer/scale.ts";

/** Bars of higher scores are cut off. */
export const LIMIT = 8;

/** The labels whose mean score over the models is highest, in that order; of equal ones the more frequent comes first. */
export function highest(scores: Float32Array[], count: number): number[] {
  const mean = Array.from(scores[0], (_, c) => scores.reduce((sum, own) => sum + own[c], 0));
  return [...mean.keys()].sort((a, b) => mean[b] - mean[a] || a - b).slice(0, count);
}

export function scoreBar(score: number): { left: number; width: number } {
  return barOf(score, LIMIT);
}
