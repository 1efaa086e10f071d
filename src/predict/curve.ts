import { fail } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { f1, ratio } from "./decisions.js";
import { countIn, listIn } from "./json.js";
import type { LabelRows } from "./labels.js";
import { floorFloat32, keyOf } from "./order.js";

/** How well the classes that score above a threshold match the positive ones. */
export interface CurvePoint {
  /** As it was given. */
  threshold: number;
  /** F1 of all decisions together. */
  microF1: number;
  /** Share of all predictions that are right. */
  microPrecision: number;
  /** Share of all positives that are predicted. */
  microRecall: number;
  /** Mean of the F1 of each class. */
  macroF1: number;
  /** Decisions that are both predicted and positive. */
  hits: number;
  /** Decisions above the threshold. */
  predicted: number;
  /** Decisions that are positive; the same at every threshold. */
  positives: number;
}

/** The measures at each of the thresholds. */
export interface Curve {
  /** A point for each threshold, in their order. */
  curve: CurvePoint[];
}

/*
 * A score belongs to step k if it exceeds k of the thresholds. Where its step begins is looked up by the upper half of its
 * key (order.ts); only where thresholds share that half with it, it has to be compared.
 */

const HALF_BITS = 16;
const HALVES = 1 << HALF_BITS;

/** The most counts that have a number of 32 bits. */
const MOST_CELLS = 2 ** 32;

/** The number of thresholds for which so many classes have room. */
export function mostThresholds(classes: number): number {
  return Math.floor(MOST_CELLS / (2 * classes)) - 1;
}

/** How many scores of each class, positive and negative ones apart, lie in each step. */
export class CurveTally {
  readonly #classes: number;
  readonly #thresholds: readonly number[];
  readonly #steps: number;
  /** The thresholds, rounded down to float32. */
  readonly #floors: Float32Array;
  /** [HALVES + 1]: how many thresholds are below all scores of this upper half. */
  readonly #below: Uint32Array;
  /** [classes, steps, 2] */
  readonly #counts: Float64Array;

  constructor(classes: number, thresholds: readonly number[]) {
    this.#classes = classes;
    this.#thresholds = thresholds;
    this.#steps = thresholds.length + 1;
    this.#floors = newArray(Float32Array, thresholds.length);
    this.#below = newArray(Uint32Array, HALVES + 1);
    this.#counts = newArray(Float64Array, 2 * classes * this.#steps);
    for (const [i, threshold] of thresholds.entries()) {
      const floor = floorFloat32(threshold);
      this.#floors[i] = floor;
      this.#below[(keyOf(floor) >>> HALF_BITS) + 1]!++;
    }
    for (let half = 1; half <= HALVES; half++) this.#below[half]! += this.#below[half - 1] as number;
  }

  /** Finds where rows that are still to be added count: a place for each score. */
  locate(logits: Float32Array, labels: LabelRows, rows: number): Uint32Array {
    const classes = this.#classes;
    const steps = this.#steps;
    const below = this.#below;
    const floors = this.#floors;
    const cells = newArray(Uint32Array, logits.length);
    const words = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
    const { bytes } = labels;
    for (let row = 0; row < rows; row++) {
      const labelBase = labels.open(row);
      const base = row * classes;
      for (let c = 0; c < classes; c++) {
        const score = logits[base + c] as number;
        const word = words[base + c] as number;
        // As keyOfBits has it; a call would take as long as all the rest.
        const half = (word ^ ((word >> 31) | 0x80000000)) >>> HALF_BITS;
        let step = below[half] as number;
        let end = below[half + 1] as number;
        while (step < end) {
          const middle = (step + end) >>> 1;
          if (score > (floors[middle] as number)) step = middle + 1;
          else end = middle;
        }
        if (Number.isNaN(score)) step = 0;
        cells[base + c] = 2 * (c * steps + step) + (bytes[labelBase + c] as number);
      }
    }
    return cells;
  }

  add(cells: Uint32Array): void {
    const counts = this.#counts;
    for (let i = 0; i < cells.length; i++) counts[cells[i] as number]!++;
  }

  merge(other: CurveTally): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i] as number;
  }

  result(): Curve {
    const classes = this.#classes;
    const steps = this.#steps;
    const counts = this.#counts;
    const positivesOf = this.#positives();
    const hitsOf = newArray(Float64Array, classes);
    const predictedOf = newArray(Float64Array, classes);
    const positives = positivesOf.reduce((sum, count) => sum + count, 0);
    const curve: CurvePoint[] = [];
    for (let step = steps - 1; step > 0; step--) {
      let hits = 0;
      let predicted = 0;
      let macroF1 = 0;
      for (let c = 0; c < classes; c++) {
        const cell = 2 * (c * steps + step);
        const positive = counts[cell + 1] as number;
        hitsOf[c]! += positive;
        predictedOf[c]! += positive + (counts[cell] as number);
        hits += hitsOf[c] as number;
        predicted += predictedOf[c] as number;
        macroF1 += f1(hitsOf[c] as number, predictedOf[c] as number, positivesOf[c] as number);
      }
      curve.push({
        threshold: this.#thresholds[step - 1] as number,
        microF1: f1(hits, predicted, positives),
        microPrecision: ratio(hits, predicted),
        microRecall: ratio(hits, positives),
        macroF1: macroF1 / classes,
        hits,
        predicted,
        positives,
      });
    }
    return { curve: curve.reverse() };
  }

  #positives(): Float64Array {
    const positives = newArray(Float64Array, this.#classes);
    for (let i = 1; i < this.#counts.length; i += 2) {
      positives[Math.floor(i / (2 * this.#steps))]! += this.#counts[i] as number;
    }
    return positives;
  }

  /** Of each class the steps that are not empty: step, negatives, positives, the next step, and so on. */
  toJSON(): number[][] {
    const width = 2 * this.#steps;
    return Array.from({ length: this.#classes }, (_, c) => {
      const list: number[] = [];
      for (let cell = c * width; cell < (c + 1) * width; cell += 2) {
        const negatives = this.#counts[cell] as number;
        const positives = this.#counts[cell + 1] as number;
        if (negatives + positives > 0) list.push((cell - c * width) / 2, negatives, positives);
      }
      return list;
    });
  }

  /** The tally of so many rows, of which each class has these positives. */
  static fromJSON(
    json: unknown,
    place: string,
    thresholds: readonly number[],
    rows: number,
    positivesOf: Float64Array,
  ): CurveTally {
    const classes = positivesOf.length;
    const lists = listIn(json, place, classes);
    const tally = new CurveTally(classes, thresholds);
    for (let c = 0; c < classes; c++) {
      const at = `${place}[${c}]`;
      const list = listIn(lists[c], at);
      if (list.length % 3 !== 0) {
        fail("RANGE", at, "step, negatives and positives in turn", `${list.length} elements`);
      }
      let last = -1;
      let all = 0;
      let positives = 0;
      for (let i = 0; i < list.length; i += 3) {
        const step = countIn(list[i], `${at}[${i}]`, thresholds.length);
        if (step <= last) fail("RANGE", `${at}[${i}]`, `a step after ${last}`, String(step));
        last = step;
        const cell = 2 * (c * tally.#steps + step);
        const negative = countIn(list[i + 1], `${at}[${i + 1}]`, rows);
        const positive = countIn(list[i + 2], `${at}[${i + 2}]`, rows);
        if (negative + positive === 0) fail("RANGE", `${at}[${i + 1}]`, "steps that are not empty", "0");
        tally.#counts[cell] = negative;
        tally.#counts[cell + 1] = positive;
        all += negative + positive;
        positives += positive;
      }
      if (all !== rows) fail("RANGE", at, `${rows} rows together`, String(all));
      if (positives !== positivesOf[c]) {
        fail("RANGE", at, `${positivesOf[c]} positives together, as json.decisions has`, String(positives));
      }
    }
    return tally;
  }
}
