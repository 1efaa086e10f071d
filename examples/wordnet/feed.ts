/** How each loss gets the labels of a batch: sparse, as the split has them, unless it takes soft ones only. */
import type { Loss, Losses, LossOptions, LossResult, Soft } from "zlpr";
import type { LossName } from "./losses.ts";
import { type IndexRows, selectRows } from "./sparse.ts";

/** The loss of a batch, its labels given. */
export type BatchLoss = (logits: Float32Array, options: BatchOptions) => LossResult;

type BatchOptions = LossOptions & { reduction: "sum"; gradient?: true };

/** Prepares the labels of the chosen rows. What it returns lasts until the next call. */
export type Feed = (rows: Int32Array) => BatchLoss;

export function feedOf(
  losses: Losses,
  name: LossName,
  labels: IndexRows,
  batchSize: number,
  classes: number,
): Feed {
  switch (name) {
    case "softmaxCrossEntropy": {
      // It wants a distribution: each of k labels is right with the same probability.
      const compute: Loss<unknown, Soft> = losses[name];
      return softFeed(compute, labels, batchSize, classes, (count) => 1 / count);
    }
    case "zlprDivergence":
      return softFeed(losses[name], labels, batchSize, classes, () => 1);
    default:
      return sparseFeed(losses[name], labels);
  }
}

function sparseFeed(compute: Loss, labels: IndexRows): Feed {
  return (rows) => {
    const selected = selectRows(labels, rows);
    return (logits, options) => compute(logits, selected, options);
  };
}

/** `degree`: that of each label of a row with so many of them. */
function softFeed(
  compute: Loss<unknown, Soft>,
  { offsets, indices }: IndexRows,
  batchSize: number,
  classes: number,
  degree: (count: number) => number,
): Feed {
  const buffer = new Float32Array(batchSize * classes);
  return (rows) => {
    const soft = buffer.subarray(0, rows.length * classes).fill(0);
    for (let r = 0; r < rows.length; r++) {
      const [start, end] = [offsets[rows[r]], offsets[rows[r] + 1]];
      for (let k = start; k < end; k++) soft[r * classes + indices[k]] = degree(end - start);
    }
    return (logits, options) => compute(logits, soft, options);
  };
}
