import { LEAST_SCORES, rangeOf } from "../engine/probabilities.js";
import type { Tensor, TensorFlow } from "./tensorflow.js";

/** The most batches whose scores are read where that takes a wait. */
const MOST_READ = 10;

/** Looks at scores, and tells whether it saw what they are: raw scores or, if it warned, probabilities. */
export type Inspect = (scores: Float32Array) => boolean;

/**
 * A check of scores that warns the first time that they look like probabilities, and is done then. Scores that are all 0 are
 * those of a model that begins with zeros.
 */
export function makeWarning(name: string): Inspect {
  let isDone = false;
  return (scores) => {
    if (isDone) return true;
    if (scores.length < LEAST_SCORES) return false;
    const range = rangeOf(scores);
    if (range !== "unit") return range === "other";
    isDone = true;
    console.warn(
      `zlpr: all ${scores.length} scores of a batch lie between 0 and 1, as if they came from a sigmoid or softmax. ` +
        `${name} takes raw scores: leave the activation out of the last layer. If these are raw scores, { warn: false } ` +
        "turns this warning off.",
    );
    return true;
  };
}

/** The numbers of a tensor, which may be disposed of before they are here. */
async function readLater(tf: TensorFlow, tensor: Tensor): Promise<Float32Array> {
  const kept = tf.keep(tf.clone(tensor));
  try {
    return (await kept.data()) as Float32Array;
  } finally {
    kept.dispose();
  }
}

/**
 * The same check where numbers cannot be read without a wait: nobody waits for it, and what goes wrong in it is nobody's
 * concern. It reads a batch at a time, and no more when it saw what the scores are.
 */
export function inspectLater(tf: TensorFlow, inspect: Inspect): (yPred: Tensor) => void {
  let left = MOST_READ;
  let isReading = false;
  async function read(yPred: Tensor): Promise<void> {
    isReading = true;
    left--;
    try {
      if (inspect(await readLater(tf, yPred))) left = 0;
    } catch {
      left = 0;
    }
    isReading = false;
  }
  return (yPred) => {
    if (left > 0 && !isReading && yPred.size >= LEAST_SCORES) void read(yPred);
  };
}
