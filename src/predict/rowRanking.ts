import type { LabelRows } from "./labels.js";
import {
  averagePrecision,
  comparable,
  countReached,
  coverage,
  sortSegment,
  wrongPairs,
} from "./positives.js";

/** How well the scores rank the positive classes of a row above its negative ones: means over the rows. */
export interface RowRanking {
  /**
   * Label ranking average precision (LRAP): mean over the rows, and over the positives of a row, of the share of
   * positives among the classes that score at least as high. 1 for a row of only negatives or only positives.
   */
  averagePrecision: number;
  /**
   * Mean over the rows of the share of its pairs of a positive and a negative in which the positive does not score
   * higher. 0 for a row of only negatives or only positives.
   */
  rankingLoss: number;
  /** Mean over the rows of how many classes score at least as high as its lowest positive; 0 for a row without. */
  coverageError: number;
  /**
   * Share of the rows whose highest score does not belong to a positive; of equal scores the lower class index
   * counts. A row without positives is one of them.
   */
  oneError: number;
}

/** There has to be a row. */
export function rowRanking(
  logits: Float32Array,
  labels: LabelRows,
  rows: number,
  classes: number,
): RowRanking {
  const sorted = new Float32Array(classes);
  const counts = new Uint32Array(classes);
  const sums = { averagePrecision: 0, rankingLoss: 0, coverageError: 0, oneError: 0 };
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    const { bytes } = labels;
    const labelBase = labels.open(row);
    let positives = 0;
    let top = -1;
    let highest = -Infinity;
    for (let c = 0; c < classes; c++) {
      const score = logits[base + c] as number;
      if (score > highest || (top === -1 && score === -Infinity)) {
        highest = score;
        top = c;
      }
      if (bytes[labelBase + c] === 1) sorted[positives++] = comparable(score);
    }
    if (top === -1 || bytes[labelBase + top] !== 1) sums.oneError++;
    if (positives === 0 || positives === classes) {
      sums.averagePrecision++;
      sums.coverageError += positives;
      continue;
    }

    sortSegment(sorted, 0, positives);
    counts.fill(0, 0, positives);
    const lowest = sorted[0] as number;
    for (let i = base; i < base + classes; i++) {
      const score = comparable(logits[i] as number);
      if (score >= lowest) countReached(sorted, counts, 0, positives, score);
    }
    sums.averagePrecision += averagePrecision(sorted, counts, 0, positives);
    sums.rankingLoss += wrongPairs(sorted, counts, 0, positives) / (positives * (classes - positives));
    sums.coverageError += coverage(counts, 0, positives);
  }
  return {
    averagePrecision: sums.averagePrecision / rows,
    rankingLoss: sums.rankingLoss / rows,
    coverageError: sums.coverageError / rows,
    oneError: sums.oneError / rows,
  };
}
