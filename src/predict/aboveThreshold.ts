import { newArray } from "../engine/newArray.js";
import { finite } from "../engine/options.js";
import { countable, type Predictions } from "./predictions.js";
import { readScores } from "./scores.js";

/** The options of `aboveThreshold`. */
export interface AboveThresholdOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
}

/**
 * Predicts the classes whose scores exceed a threshold.
 *
 *     Ŷ_r = { i : s_ri > s₀ }
 *
 * The classes of a row come by rising index. A score equal to the threshold is not above it; NaN never is.
 *
 * @param logits float32 [rows, classes], row after row
 * @param options `classes`, and the optional `threshold`, a finite number
 * @returns the classes of each row as sparse labels: `offsets` [rows + 1] and `indices`
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Predictions and measures
 * @example
 * const logits = new Float32Array([2, -1, 0.5, -3, -1, -2]);
 * const { offsets, indices } = aboveThreshold(logits, { classes: 3 });
 * // offsets [0, 2, 2], indices [0, 2]
 *
 * @see Su et al., ZLPR: A Novel Loss for Multi-label Classification, arXiv:2208.02955, for the threshold 0
 */
export function aboveThreshold(logits: Float32Array, options: AboveThresholdOptions): Predictions {
  const scores = readScores(logits, options, ["threshold"]);
  const threshold = finite(0)(scores.options.threshold, "options.threshold");
  return select(scores.logits, scores.rows, scores.classes, threshold);
}

function select(logits: Float32Array, rows: number, classes: number, threshold: number): Predictions {
  let predictions = 0;
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) > threshold) predictions++;

  const offsets = newArray(Int32Array, rows + 1);
  const indices = newArray(Int32Array, countable(predictions));
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    for (let c = 0; c < classes; c++) if ((logits[base + c] as number) > threshold) indices[end++] = c;
    offsets[row + 1] = end;
  }
  return { offsets, indices };
}
