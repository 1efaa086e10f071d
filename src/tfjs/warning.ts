/** Fewer scores may lie anywhere by chance. */
const LEAST_SCORES = 32;

/**
 * Whether scores look like probabilities: all of them from 0 to 1. Scores that are all 0 are those of a model that begins
 * with zeros. Raw scores end the search at the first negative one.
 */
function looksLikeProbabilities(scores: Float32Array): boolean {
  if (scores.length < LEAST_SCORES) return false;
  let isAllZero = true;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (!(score >= 0 && score <= 1)) return false;
    if (score > 0) isAllZero = false;
  }
  return !isAllZero;
}

/** A check of scores that warns the first time that they look like probabilities, and is done then. */
export function makeWarning(name: string): (scores: Float32Array) => void {
  let isDone = false;
  return (scores) => {
    if (isDone || !looksLikeProbabilities(scores)) return;
    isDone = true;
    console.warn(
      `zlpr: all ${scores.length} scores of a batch lie between 0 and 1, as if they came from a sigmoid or softmax. ` +
        `${name} takes raw scores: leave the activation out of the last layer. If these are raw scores, { warn: false } ` +
        "turns this warning off.",
    );
  };
}
