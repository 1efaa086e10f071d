import { LossError } from "../engine/error.js";
import { MAX_INDEX, type SparseLabels } from "../sparse.js";

/** Predicted classes, in the form of sparse labels. */
export interface Predictions extends SparseLabels {
  /** [rows + 1], where each row's classes begin, and at last their number. */
  offsets: Int32Array;
  /** The predicted classes of all rows. */
  indices: Int32Array;
}

/** Refuses more predictions than Int32 offsets can count. */
export function countable(predictions: number): number {
  if (predictions <= MAX_INDEX) return predictions;
  throw new LossError("RANGE", {
    argument: "logits",
    expected: `at most ${MAX_INDEX} predictions a call; divide the rows`,
    received: `${predictions}`,
  });
}
