import { fail } from "../engine/checks.js";
import type { DecisionCounts } from "../engine/engine.js";
import { newArray } from "../engine/newArray.js";
import { countIn, countsIn, recordIn } from "./json.js";
import { ExactSum, type SumJson, sumOfShares } from "./sum.js";

/** How well the predicted classes match the positive ones. */
export interface Decisions {
  /** F1 of all decisions together: frequent classes count most. */
  microF1: number;
  /** Mean of the F1 of each class: every class counts the same, the rare ones too. */
  macroF1: number;
  /** Mean of the F1 of each row. */
  samplesF1: number;
  /** Share of all predictions that are right. */
  microPrecision: number;
  /** Mean over the classes of the share of its predictions that are right. */
  macroPrecision: number;
  /** Mean over the rows of the share of its predictions that are right. */
  samplesPrecision: number;
  /** Share of all positives that are predicted. */
  microRecall: number;
  /** Mean over the classes of the share of its positives that are predicted. */
  macroRecall: number;
  /** Mean over the rows of the share of its positives that are predicted. */
  samplesRecall: number;
  /** Mean over the rows of |predicted ∩ positive| / |predicted ∪ positive|. */
  jaccard: number;
  /** Share of the rows that are predicted without a fault. */
  subsetAccuracy: number;
  /** Share of all decisions that are wrong. */
  hammingLoss: number;
}

/** The decisions of each class, [classes]. */
export interface ClassDecisions {
  /** Rows in which the class is both predicted and positive. */
  hits: Float64Array;
  /** Rows in which it is predicted. */
  predicted: Float64Array;
  /** Rows in which it is positive. */
  positives: Float64Array;
  /** Share of its predictions that are right. */
  precision: Float64Array;
  /** Share of its positives that are predicted. */
  recall: Float64Array;
  /** The harmonic mean of both. */
  f1: Float64Array;
}

/** What a tally is in JSON. */
interface DecisionsJson {
  hits: number[];
  predicted: number[];
  positives: number[];
  exactRows: number;
  f1: SumJson;
  precision: SumJson;
  recall: SumJson;
  jaccard: SumJson;
}

const SAMPLES = ["f1", "precision", "recall", "jaccard"] as const;

const NAMES = ["hits", "predicted", "positives", "exactRows", ...SAMPLES] as const;

/** 0 where nothing is divided by nothing. */
export function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

/** F1 of so many hits (classes both predicted and positive), predicted and positive classes. */
export function f1(hits: number, predicted: number, positives: number): number {
  return ratio(2 * hits, predicted + positives);
}

/** The counts of many rows, of which the measures are made. */
export class DecisionTally {
  readonly #classes: number;
  readonly #hits: Float64Array;
  readonly #predicted: Float64Array;
  readonly #positives: Float64Array;
  #samples = {
    f1: new ExactSum(),
    precision: new ExactSum(),
    recall: new ExactSum(),
    jaccard: new ExactSum(),
  };
  #rows = 0;
  #exactRows = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#hits = newArray(Float64Array, classes);
    this.#predicted = newArray(Float64Array, classes);
    this.#positives = newArray(Float64Array, classes);
  }

  add({ ofRows, ofClasses }: DecisionCounts): void {
    const classes = this.#classes;
    for (let c = 0; c < classes; c++) {
      this.#hits[c]! += ofClasses[c] as number;
      this.#predicted[c]! += ofClasses[classes + c] as number;
      this.#positives[c]! += ofClasses[2 * classes + c] as number;
    }
    const samples = this.#samples;
    for (let i = 0; i < ofRows.length; i += 3) {
      const hits = ofRows[i] as number;
      const predicted = ofRows[i + 1] as number;
      const positives = ofRows[i + 2] as number;
      samples.f1.add(f1(hits, predicted, positives));
      samples.precision.add(ratio(hits, predicted));
      samples.recall.add(ratio(hits, positives));
      samples.jaccard.add(ratio(hits, predicted + positives - hits));
      if (predicted + positives === 2 * hits) this.#exactRows++;
    }
    this.#rows += ofRows.length / 3;
  }

  merge(other: DecisionTally): void {
    for (let c = 0; c < this.#classes; c++) {
      this.#hits[c]! += other.#hits[c] as number;
      this.#predicted[c]! += other.#predicted[c] as number;
      this.#positives[c]! += other.#positives[c] as number;
    }
    for (const name of SAMPLES) this.#samples[name].merge(other.#samples[name]);
    this.#rows += other.#rows;
    this.#exactRows += other.#exactRows;
  }

  perClass(): ClassDecisions {
    const classes = this.#classes;
    const result: ClassDecisions = {
      hits: newArray(Float64Array, classes),
      predicted: newArray(Float64Array, classes),
      positives: newArray(Float64Array, classes),
      precision: newArray(Float64Array, classes),
      recall: newArray(Float64Array, classes),
      f1: newArray(Float64Array, classes),
    };
    result.hits.set(this.#hits);
    result.predicted.set(this.#predicted);
    result.positives.set(this.#positives);
    for (let c = 0; c < classes; c++) {
      const hits = this.#hits[c] as number;
      const predicted = this.#predicted[c] as number;
      const positives = this.#positives[c] as number;
      result.precision[c] = ratio(hits, predicted);
      result.recall[c] = ratio(hits, positives);
      result.f1[c] = f1(hits, predicted, positives);
    }
    return result;
  }

  /** There has to be a row. */
  result(): Decisions {
    const classes = this.#classes;
    const rows = this.#rows;
    const all = { hits: 0, predicted: 0, positives: 0 };
    const macro = { f1: 0, precision: 0, recall: 0 };
    for (let c = 0; c < classes; c++) {
      const hits = this.#hits[c] as number;
      const predicted = this.#predicted[c] as number;
      const positives = this.#positives[c] as number;
      all.hits += hits;
      all.predicted += predicted;
      all.positives += positives;
      macro.f1 += f1(hits, predicted, positives);
      macro.precision += ratio(hits, predicted);
      macro.recall += ratio(hits, positives);
    }
    const samples = this.#samples;
    return {
      microF1: f1(all.hits, all.predicted, all.positives),
      macroF1: macro.f1 / classes,
      samplesF1: samples.f1.value / rows,
      microPrecision: ratio(all.hits, all.predicted),
      macroPrecision: macro.precision / classes,
      samplesPrecision: samples.precision.value / rows,
      microRecall: ratio(all.hits, all.positives),
      macroRecall: macro.recall / classes,
      samplesRecall: samples.recall.value / rows,
      jaccard: samples.jaccard.value / rows,
      subsetAccuracy: this.#exactRows / rows,
      hammingLoss: (all.predicted + all.positives - 2 * all.hits) / (rows * classes),
    };
  }

  toJSON(): DecisionsJson {
    const { f1, precision, recall, jaccard } = this.#samples;
    return {
      hits: Array.from(this.#hits),
      predicted: Array.from(this.#predicted),
      positives: Array.from(this.#positives),
      exactRows: this.#exactRows,
      f1: f1.toJSON(),
      precision: precision.toJSON(),
      recall: recall.toJSON(),
      jaccard: jaccard.toJSON(),
    };
  }

  /** The tally of so many rows. */
  static fromJSON(json: unknown, place: string, classes: number, rows: number): DecisionTally {
    const given = recordIn(json, place, NAMES);
    // Before there is a tally: a number of classes is easily written that has no room.
    const predicted = countsIn(given.predicted, `${place}.predicted`, classes, rows);
    const positives = countsIn(given.positives, `${place}.positives`, classes, rows);
    const hits = countsIn(given.hits, `${place}.hits`, classes, rows);
    const tally = new DecisionTally(classes);
    tally.#predicted.set(predicted);
    tally.#positives.set(positives);
    tally.#hits.set(hits);
    for (let c = 0; c < classes; c++) {
      const hits = tally.#hits[c] as number;
      const most = Math.min(tally.#predicted[c] as number, tally.#positives[c] as number);
      const least = Math.max(0, (tally.#predicted[c] as number) + (tally.#positives[c] as number) - rows);
      if (hits < least || hits > most) {
        fail("RANGE", `${place}.hits[${c}]`, `from ${least} to ${most} of ${rows} rows`, String(hits));
      }
    }
    tally.#rows = rows;
    tally.#exactRows = countIn(given.exactRows, `${place}.exactRows`, rows);
    for (const name of SAMPLES) {
      tally.#samples[name] = sumOfShares(given[name], `${place}.${name}`, rows);
    }
    return tally;
  }
}
