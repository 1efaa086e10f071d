import { newArray } from "../engine/newArray.js";
import { countIn, recordIn } from "./json.js";
import type { LabelRows } from "./labels.js";
import {
  averagePrecision,
  comparable,
  countReached,
  coverage,
  sortSegment,
  wrongPairs,
} from "./positives.js";
import { ExactSum, type SumJson, sumOfShares } from "./sum.js";

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

/** How some rows are ranked. */
interface RankedRows {
  /** [rows] */
  precision: Float64Array;
  /** [rows] */
  loss: Float64Array;
  /** The sum of those of the rows. */
  coverage: number;
  oneErrors: number;
}

/** What a tally is in JSON. */
interface RankingJson {
  precision: SumJson;
  loss: SumJson;
  coverage: number;
  oneErrors: number;
}

/** The sums over many rows, of which the measures are made. */
export class RankingTally {
  readonly #classes: number;
  /** What `rank` works with: nothing of it is kept. */
  readonly #sorted: Float32Array;
  readonly #counts: Uint32Array;
  #precision = new ExactSum();
  #loss = new ExactSum();
  #coverage = 0;
  #oneErrors = 0;
  #rows = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#sorted = newArray(Float32Array, classes);
    this.#counts = newArray(Uint32Array, classes);
  }

  /** Ranks rows that are still to be added. */
  rank(logits: Float32Array, labels: LabelRows, rows: number): RankedRows {
    const ranked: RankedRows = {
      precision: newArray(Float64Array, rows),
      loss: newArray(Float64Array, rows),
      coverage: 0,
      oneErrors: 0,
    };
    for (let row = 0; row < rows; row++) this.#rankRow(logits, row, labels.bytes, labels.open(row), ranked);
    return ranked;
  }

  #rankRow(
    logits: Float32Array,
    row: number,
    labels: Uint8Array,
    labelBase: number,
    ranked: RankedRows,
  ): void {
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
    if (top === -1 || labels[labelBase + top] !== 1) ranked.oneErrors++;
    if (positives === 0 || positives === classes) {
      ranked.precision[row] = 1;
      ranked.coverage += positives;
      return;
    }

    sortSegment(sorted, 0, positives);
    counts.fill(0, 0, positives);
    const lowest = sorted[0] as number;
    for (let i = base; i < base + classes; i++) {
      const score = comparable(logits[i] as number);
      if (score >= lowest) countReached(sorted, counts, 0, positives, score);
    }
    ranked.precision[row] = averagePrecision(sorted, counts, 0, positives);
    ranked.loss[row] = wrongPairs(sorted, counts, positives) / (positives * (classes - positives));
    ranked.coverage += coverage(counts, positives);
  }

  add({ precision, loss, coverage, oneErrors }: RankedRows): void {
    for (let row = 0; row < precision.length; row++) {
      this.#precision.add(precision[row] as number);
      this.#loss.add(loss[row] as number);
    }
    this.#coverage += coverage;
    this.#oneErrors += oneErrors;
    this.#rows += precision.length;
  }

  merge(other: RankingTally): void {
    this.#precision.merge(other.#precision);
    this.#loss.merge(other.#loss);
    this.#coverage += other.#coverage;
    this.#oneErrors += other.#oneErrors;
    this.#rows += other.#rows;
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

  toJSON(): RankingJson {
    return {
      precision: this.#precision.toJSON(),
      loss: this.#loss.toJSON(),
      coverage: this.#coverage,
      oneErrors: this.#oneErrors,
    };
  }

  /** The tally of so many rows. */
  static fromJSON(json: unknown, place: string, classes: number, rows: number): RankingTally {
    const given = recordIn(json, place, ["precision", "loss", "coverage", "oneErrors"]);
    const tally = new RankingTally(classes);
    tally.#precision = sumOfShares(given.precision, `${place}.precision`, rows);
    tally.#loss = sumOfShares(given.loss, `${place}.loss`, rows);
    tally.#coverage = countIn(given.coverage, `${place}.coverage`, rows * classes);
    tally.#oneErrors = countIn(given.oneErrors, `${place}.oneErrors`, rows);
    tally.#rows = rows;
    return tally;
  }
}
