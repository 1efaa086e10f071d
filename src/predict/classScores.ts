import { fail } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { fromBase64, toBase64 } from "./base64.js";
import { listIn, recordIn } from "./json.js";
import type { LabelRows } from "./labels.js";
import { averagePrecision, comparable, countReached, sortSegment } from "./positives.js";

/** How well the scores of a class rank its rows: needs all of them at once. */
export interface ClassRanking {
  /**
   * Mean over the classes of the average precision of its rows, often called mAP: mean over the positives of a class of
   * the share of positives among the rows that score at least as high. 0 for a class without positives.
   */
  macroAveragePrecision: number;
}

/** The scores of some rows, class after class: in each of them first those of its negatives, then those of its positives. */
interface Block {
  rows: number;
  /** [classes, rows] */
  scores: Float32Array;
  /** [classes] */
  negatives: Uint32Array;
}

/** What the scores are in JSON: of each class, sorted, the lowest first. */
interface ClassScoresJson {
  negatives: string[];
  positives: string[];
}

/** Where the scores of a class begin in a block, where its positives do, and where they end. */
function boundsOf({ rows, negatives }: Block, c: number): [start: number, middle: number, end: number] {
  const start = c * rows;
  return [start, start + (negatives[c] as number), start + rows];
}

/** Copies of all scores and labels, of which the rankings of the classes are made. */
export class ClassScores {
  readonly #classes: number;
  #blocks: Block[] = [];

  constructor(classes: number) {
    this.#classes = classes;
  }

  /** Copies rows that are still to be added. */
  copy(logits: Float32Array, labels: LabelRows, rows: number): Block {
    this.#join();
    const classes = this.#classes;
    const scores = newArray(Float32Array, rows * classes);
    const negatives = newArray(Uint32Array, classes);
    // Negatives fill the room of a class from its beginning, positives from its end.
    const positives = newArray(Uint32Array, classes);
    const { bytes } = labels;
    for (let row = 0; row < rows; row++) {
      const labelBase = labels.open(row);
      const base = row * classes;
      for (let c = 0; c < classes; c++) {
        // Without -0, which equals 0, but has other bytes.
        const score = comparable(logits[base + c] as number) + 0;
        const isPositive = bytes[labelBase + c] === 1;
        scores[isPositive ? (c + 1) * rows - ++positives[c]! : c * rows + negatives[c]!++] = score;
      }
    }
    return { rows, scores, negatives };
  }

  add(block: Block): void {
    this.#blocks.push(block);
  }

  merge(other: ClassScores): void {
    this.#blocks = [...this.#blocks, ...other.#blocks];
  }

  /** Makes one block of the last ones, while they are of about the same size: so there are never many. */
  #join(): void {
    for (;;) {
      const [first, second] = this.#blocks.slice(-2);
      if (!first || !second || first.rows >= 2 * second.rows) return;
      this.#blocks = [...this.#blocks.slice(0, -2), joined(first, second, this.#classes)];
    }
  }

  /** There has to be a row. */
  result(): ClassRanking {
    const classes = this.#classes;
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const sorted = this.#scoresOf(c, true);
      if (sorted.length > 0) sum += this.#averagePrecision(c, sorted);
    }
    return { macroAveragePrecision: sum / classes };
  }

  #averagePrecision(c: number, sorted: Float32Array): number {
    const { length } = sorted;
    const counts = newArray(Uint32Array, length);
    for (const block of this.#blocks) {
      const [start, , end] = boundsOf(block, c);
      for (let i = start; i < end; i++) {
        const score = block.scores[i] as number;
        if (score >= (sorted[0] as number)) countReached(sorted, counts, 0, length, score);
      }
    }
    return averagePrecision(sorted, counts, 0, length);
  }

  /** The scores of the positives or the negatives of a class, sorted. */
  #scoresOf(c: number, isPositive: boolean): Float32Array {
    const parts = this.#blocks.map((block) => {
      const [start, middle, end] = boundsOf(block, c);
      return block.scores.subarray(isPositive ? middle : start, isPositive ? end : middle);
    });
    const scores = newArray(
      Float32Array,
      parts.reduce((sum, { length }) => sum + length, 0),
    );
    let at = 0;
    for (const part of parts) {
      scores.set(part, at);
      at += part.length;
    }
    sortSegment(scores, 0, scores.length);
    return scores;
  }

  toJSON(): ClassScoresJson {
    const all = (isPositive: boolean) =>
      Array.from({ length: this.#classes }, (_, c) => toBase64(this.#scoresOf(c, isPositive)));
    return { negatives: all(false), positives: all(true) };
  }

  /** The scores of so many rows, of which each class has these positives. */
  static fromJSON(json: unknown, place: string, rows: number, positivesOf: Float64Array): ClassScores {
    const classes = positivesOf.length;
    const given = recordIn(json, place, ["negatives", "positives"]);
    const negatives = listIn(given.negatives, `${place}.negatives`, classes);
    const positives = listIn(given.positives, `${place}.positives`, classes);
    const block: Block = {
      rows,
      scores: newArray(Float32Array, rows * classes),
      negatives: newArray(Uint32Array, classes),
    };
    for (let c = 0; c < classes; c++) {
      const positive = positivesOf[c] as number;
      const lower = sortedIn(negatives[c], `${place}.negatives[${c}]`, rows - positive);
      const upper = sortedIn(positives[c], `${place}.positives[${c}]`, positive);
      block.scores.set(lower, c * rows);
      block.scores.set(upper, c * rows + lower.length);
      block.negatives[c] = lower.length;
    }
    const scores = new ClassScores(classes);
    scores.add(block);
    return scores;
  }
}

function joined(first: Block, second: Block, classes: number): Block {
  const rows = first.rows + second.rows;
  const scores = newArray(Float32Array, rows * classes);
  const negatives = newArray(Uint32Array, classes);
  for (let c = 0; c < classes; c++) {
    const [start, middle, end] = boundsOf(first, c);
    const [nextStart, nextMiddle, nextEnd] = boundsOf(second, c);
    let at = c * rows;
    for (const part of [
      first.scores.subarray(start, middle),
      second.scores.subarray(nextStart, nextMiddle),
      first.scores.subarray(middle, end),
      second.scores.subarray(nextMiddle, nextEnd),
    ]) {
      scores.set(part, at);
      at += part.length;
    }
    negatives[c] = middle - start + nextMiddle - nextStart;
  }
  return { rows, scores, negatives };
}

/** So many scores as `toJSON` has them: neither NaN nor -0 among them, and none lower than the one before. */
function sortedIn(value: unknown, place: string, length: number): Float32Array {
  const scores = fromBase64(value, place);
  if (scores.length !== length) {
    fail("RANGE", place, `${length} scores, as json.decisions has`, String(scores.length));
  }
  let last = -Infinity;
  for (let i = 0; i < length; i++) {
    const score = scores[i] as number;
    if (!(score >= last) || Object.is(score, -0)) {
      fail("RANGE", place, `sorted scores, after ${last}`, Object.is(score, -0) ? "-0" : String(score), {
        index: i,
      });
    }
    last = score;
  }
  return scores;
}
