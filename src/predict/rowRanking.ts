import { newArray } from "../engine/newArray.js";
import type { LabelRows } from "./labels.js";
import {
  averagePrecision,
  comparable,
  countReached,
  coverage,
  sortSegment,
  wrongPairs,
} from "./positives.js";
import { ExactSum } from "./sum.js";

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

/** The sums over many rows, of which the measures are made. */
export class RankingTally {
  readonly #classes: number;
  readonly #sorted: Float32Array;
  readonly #counts: Uint32Array;
  readonly #precision = new ExactSum();
  readonly #loss = new ExactSum();
  #coverage = 0;
  #oneErrors = 0;
  #rows = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#sorted = newArray(Float32Array, classes);
    this.#counts = newArray(Uint32Array, classes);
  }

  add(logits: Float32Array, labels: LabelRows, rows: number): void {
    for (let row = 0; row < rows; row++) this.#addRow(logits, row, labels.bytes, labels.open(row));
    this.#rows += rows;
  }

  #addRow(logits: Float32Array, row: number, labels: Uint8Array, labelBase: number): void {
    const classes = this.#classes;
    const sorted = this.#sorted;
    const counts = this.#counts;
    const base = row * classes;
    let positives = 0;
    let top = -1;
    let highest = -Infinity;
    for (let c = 0; c < classes; c++) {
      const score = logits[base + c] as number;
      if (score > highest || (top === -1 && score === -Infinity)) {
        highest = score;
        top = c;
      }
      if (labels[labelBase + c] === 1) sorted[positives++] = comparable(score);
    }
    if (top === -1 || labels[labelBase + top] !== 1) this.#oneErrors++;
    if (positives === 0 || positives === classes) {
      this.#precision.add(1);
      this.#coverage += positives;
      return;
    }

    sortSegment(sorted, 0, positives);
    counts.fill(0, 0, positives);
    const lowest = sorted[0] as number;
    for (let i = base; i < base + classes; i++) {
      const score = comparable(logits[i] as number);
      if (score >= lowest) countReached(sorted, counts, 0, positives, score);
    }
    this.#precision.add(averagePrecision(sorted, counts, 0, positives));
    this.#loss.add(wrongPairs(sorted, counts, positives) / (positives * (classes - positives)));
    this.#coverage += coverage(counts, positives);
  }

  /** There has to be a row. */
  result(): RowRanking {
    const rows = this.#rows;
    return {
      averagePrecision: this.#precision.value / rows,
      rankingLoss: this.#loss.value / rows,
      coverageError: this.#coverage / rows,
      oneError: this.#oneErrors / rows,
    };
  }
}
