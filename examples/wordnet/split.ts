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
