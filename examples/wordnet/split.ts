/** Examples as the numbers that a model works on. */
import type { Example } from "./data.ts";
import { encode, type Vocabulary } from "./features.ts";
import { type IndexRows, indexRows, type SparseRows } from "./sparse.ts";

export interface Split {
  size: number;
  features: SparseRows;
  labels: IndexRows;
}

export function encodeSplit(examples: Example[], vocabulary: Vocabulary): Split {
  return {
    size: examples.length,
    features: encode(
      examples.map(({ definition }) => definition),
      vocabulary,
    ),
    labels: indexRows(examples.map(({ labels }) => labels)),
  };
}

/** Writes the labels of the chosen rows into `target`, [rows.length, classes], as 0 and 1. */
export function multiHot(
  { offsets, indices }: IndexRows,
  rows: Int32Array,
  classes: number,
  target: Uint8Array,
): void {
  target.fill(0);
  for (let r = 0; r < rows.length; r++) {
    for (let k = offsets[rows[r]]; k < offsets[rows[r] + 1]; k++) target[r * classes + indices[k]] = 1;
  }
}
