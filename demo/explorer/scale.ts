/* Where scores and pushes lie in the picture, in per cent. */

/** Scores go from minus this to this. */
export const LIMIT = 6;

/** The longest push that has room: `focal` gets a little beyond 1, the others do not. */
const LONGEST_PUSH = 1.2;

export function clampScore(score: number): number {
  return Math.min(LIMIT, Math.max(-LIMIT, score));
}

/** Of the width of the number line, from its left end. */
export function placeOf(score: number): number {
  return (100 * (clampScore(score) + LIMIT)) / (2 * LIMIT);
}

/** A bar from the middle: where it begins and how wide it is. */
export function barOf(push: number, longest = LONGEST_PUSH): { left: number; width: number } {
  const width = (50 * Math.min(longest, Math.abs(push))) / longest;
  return { left: push < 0 ? 50 - width : 50, width };
}
