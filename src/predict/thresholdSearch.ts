import type { MultiHot } from "../types.js";
import type { BestThreshold } from "./bestThreshold.js";
import { f1 } from "./decisions.js";
import { checkBytes, checkLabels, type LabelRows, labelRows, readLabels } from "./labels.js";
import { keyOf, keyOfBits } from "./order.js";
import { LOWEST, thresholdBetween } from "./thresholds.js";

/*
 * Scores are counted by their keys (order.ts), positives and negatives apart, never stored: first by the upper half of
 * the key, which tells the F1 at the edges of these bins, and the best that it can be within one, where all of its
 * positives come before its negatives. Then, by the lower half, in the few bins that can still hold the best threshold.
 */

const HALF_BITS = 16;
const BINS = 1 << HALF_BITS;
const LOWER_HALF = BINS - 1;

const MINUS_ZERO = 0x80000000;
const LOWEST_KEY = keyOf(LOWEST);
const INFINITE_KEY = keyOf(Infinity);

/** The bin of +∞, which holds nothing else. */
const INFINITE = INFINITE_KEY >>> HALF_BITS;

/** How many bins are counted in detail in one pass: a MiB each. */
const MOST_BINS = 64;

function keyOfWord(word: number): number {
  return keyOfBits(word === MINUS_ZERO ? 0 : word);
}

/** Whether the score of a key is above some threshold: all but NaN, -∞ and the lowest number. */
function exceedsSome(key: number): boolean {
  return key > LOWEST_KEY && key <= INFINITE_KEY;
}

/** A bin of which all keys are known. */
interface Detail {
  /** The best F1 at one of its keys, and of equal ones the highest key. */
  value: number;
  key: number;
  /** The next key below that one in this bin, if there is one. */
  below: number | undefined;
  highest: number;
}

/** Where the F1 is best, as far as it is known. */
interface Best {
  value: number;
  /** The bin of the lowest score that is predicted; none if nothing is. */
  bin: number | undefined;
}

/** A bin that has to be counted in detail, and the best F1 that may be found there. */
interface Wanted {
  bin: number;
  bound: number;
}

/**
 * Finds the threshold of the highest micro F1 in scores that are read several times, some rows at a time: the very one
 * that `bestThreshold` finds, in memory that does not grow with the rows.
 *
 *     const search = new ThresholdSearch(classes);
 *     do {
 *       for (const { logits, labels } of chunks()) search.add(logits, labels);
 *     } while (search.endPass());
 *     const { threshold, value } = search.result();
 *
 * Mostly two passes are enough.
 */
export class ThresholdSearch {
  readonly #classes: number;
  /** All positive labels, of scores that exceed no threshold too. */
  #positives = 0;
  /** [bin][label] */
  readonly #counts = new Float64Array(2 * BINS);
  /** Those that are not empty, the highest first; known after the first pass. */
  #bins: number[] = [];
  /** [bin]: what is counted in this pass, [lower half][label]; none in the first one. */
  #filling: (Float64Array | undefined)[] | undefined;
  readonly #details = new Map<number, Detail>();

  constructor(classes: number) {
    this.#classes = classes;
  }

  /** Counts some rows, which have to come once in every pass. */
  add(logits: Float32Array, labels: MultiHot): void {
    const rows = logits.length / this.#classes;
    const checked = checkLabels(readLabels(labels), { logits, rows, classes: this.#classes });
    checkBytes(checked, this.#classes);
    const words = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
    const opened = labelRows(checked, this.#classes);
    if (this.#filling) this.#addDetails(words, opened, rows, this.#filling);
    else this.#addAll(words, opened, rows);
  }

  #addAll(words: Uint32Array, labels: LabelRows, rows: number): void {
    const classes = this.#classes;
    const counts = this.#counts;
    let positives = 0;
    for (let row = 0; row < rows; row++) {
      const { bytes } = labels;
      const labelBase = labels.open(row);
      const base = row * classes;
      for (let c = 0; c < classes; c++) {
        const label = bytes[labelBase + c] as number;
        positives += label;
        const key = keyOfWord(words[base + c] as number);
        if (exceedsSome(key)) counts[2 * (key >>> HALF_BITS) + label]!++;
      }
    }
    this.#positives += positives;
  }

  #addDetails(
    words: Uint32Array,
    labels: LabelRows,
    rows: number,
    filling: (Float64Array | undefined)[],
  ): void {
    const classes = this.#classes;
    for (let row = 0; row < rows; row++) {
      const { bytes } = labels;
      const labelBase = labels.open(row);
      const base = row * classes;
      for (let c = 0; c < classes; c++) {
        const key = keyOfWord(words[base + c] as number);
        const counts = filling[key >>> HALF_BITS];
        if (counts && exceedsSome(key)) counts[2 * (key & LOWER_HALF) + (bytes[labelBase + c] as number)]!++;
      }
    }
  }

  /** Ends a pass over all rows, and tells whether one more is needed. */
  endPass(): boolean {
    if (this.#filling) this.#keepDetails(this.#filling);
    else this.#bins = this.#filledBins();
    const wanted = this.#wanted().slice(0, MOST_BINS);
    this.#filling = new Array(BINS).fill(undefined);
    for (const { bin } of wanted) this.#filling[bin] = new Float64Array(2 * BINS);
    return wanted.length > 0;
  }

  result(): BestThreshold {
    const { value, bin } = this.#best();
    const detail = bin === undefined ? undefined : this.#details.get(bin);
    const next = this.#binBelow(bin ?? BINS);
    const below = detail?.below ?? (next === undefined ? undefined : this.#details.get(next)?.highest);
    return { threshold: thresholdBetween(below, detail?.key), value };
  }

  #filledBins(): number[] {
    const bins: number[] = [];
    for (let bin = BINS - 1; bin >= 0; bin--) if (!this.#isEmpty(bin)) bins.push(bin);
    return bins;
  }

  #isEmpty(bin: number): boolean {
    return this.#counts[2 * bin] === 0 && this.#counts[2 * bin + 1] === 0;
  }

  #binBelow(bin: number): number | undefined {
    return this.#bins.find((next) => next < bin);
  }

  /** Calls back with each bin that is not empty, the highest first, and what is predicted above it. */
  #fromAbove(visit: (bin: number, hits: number, predicted: number) => void): void {
    let hits = 0;
    let predicted = 0;
    for (const bin of this.#bins) {
      visit(bin, hits, predicted);
      const negatives = this.#counts[2 * bin] as number;
      const positives = this.#counts[2 * bin + 1] as number;
      hits += positives;
      predicted += positives + negatives;
    }
  }

  /** Turns what this pass has counted into the little that is needed of it. */
  #keepDetails(filling: readonly (Float64Array | undefined)[]): void {
    this.#fromAbove((bin, hits, predicted) => {
      const counts = filling[bin];
      if (counts) this.#details.set(bin, this.#detail(bin, counts, hits, predicted));
    });
  }

  #detail(bin: number, counts: Float64Array, hitsAbove: number, predictedAbove: number): Detail {
    let hits = hitsAbove;
    let predicted = predictedAbove;
    let last: number | undefined;
    let detail: Detail | undefined;
    for (let half = LOWER_HALF; half >= 0; half--) {
      const negatives = counts[2 * half] as number;
      const positives = counts[2 * half + 1] as number;
      if (negatives + positives === 0) continue;
      const key = bin * BINS + half;
      if (detail && detail.key === last) detail.below = key;
      hits += positives;
      predicted += positives + negatives;
      const value = f1(hits, predicted, this.#positives);
      if (!detail || value > detail.value) {
        detail = { value, key, below: undefined, highest: detail?.highest ?? key };
      }
      last = key;
    }
    return detail as Detail;
  }

  /** The best of what is known: of the details, and of the lower edges of the other bins. */
  #best(): Best {
    let best: Best = { value: -1, bin: undefined };
    // No threshold is above +∞.
    if (this.#isEmpty(INFINITE)) best = { value: 0, bin: undefined };
    this.#fromAbove((bin, hits, predicted) => {
      const negatives = this.#counts[2 * bin] as number;
      const positives = this.#counts[2 * bin + 1] as number;
      const edge = f1(hits + positives, predicted + positives + negatives, this.#positives);
      const value = this.#details.get(bin)?.value ?? edge;
      if (value > best.value) best = { value, bin };
    });
    return best;
  }

  /** The bins whose details are missing, the most promising first. */
  #wanted(): Wanted[] {
    const best = this.#best();
    const wanted: Wanted[] = [];
    let isBelow = best.bin === undefined;
    this.#fromAbove((bin, hits, predicted) => {
      const positives = this.#counts[2 * bin + 1] as number;
      const bound = f1(hits + positives, predicted + positives, this.#positives);
      // Of equally good thresholds the highest is the best. Without positives, a bin has none that is better than its edges.
      const canWin = positives > 0 && (isBelow ? bound > best.value : bound >= best.value);
      if (canWin || bin === best.bin) wanted.push({ bin, bound });
      isBelow ||= bin === best.bin;
    });
    // The threshold lies in the middle between the lowest score that is predicted and the next one.
    const isNextKnown = best.bin !== undefined && this.#details.get(best.bin)?.below !== undefined;
    const next = isNextKnown ? undefined : this.#binBelow(best.bin ?? BINS);
    if (next !== undefined) wanted.push({ bin: next, bound: 0 });
    return wanted.filter(({ bin }) => !this.#details.has(bin)).sort((a, b) => b.bound - a.bound);
  }
}
