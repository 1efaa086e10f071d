import type { DecisionCounts } from "../engine/engine.js";
import { newArray } from "../engine/newArray.js";
import { ExactSum } from "./sum.js";

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

/** 0 where nothing is divided by nothing. */
function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

/** F1 of so many hits (classes both predicted and positive), predicted and positive classes. */
export function f1(hits: number, predicted: number, positives: number): number {
  return ratio(2 * hits, predicted + positives);
}

/** The counts of many rows, of which the measures are made. */
export class DecisionTally {
  readonly #classes: number;
  /** [3, classes]: how many rows of each class are right, predicted, positive. */
  readonly #ofClasses: Float64Array;
  readonly #samples = {
    f1: new ExactSum(),
    precision: new ExactSum(),
    recall: new ExactSum(),
    jaccard: new ExactSum(),
  };
  #rows = 0;
  #exact = 0;
  #wrong = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#ofClasses = newArray(Float64Array, 3 * classes);
  }

  add({ ofRows, ofClasses }: DecisionCounts): void {
    for (let i = 0; i < ofClasses.length; i++) this.#ofClasses[i]! += ofClasses[i] as number;
    const samples = this.#samples;
    for (let i = 0; i < ofRows.length; i += 3) {
      const hits = ofRows[i] as number;
      const predicted = ofRows[i + 1] as number;
      const positives = ofRows[i + 2] as number;
      const wrong = predicted + positives - 2 * hits;
      samples.f1.add(f1(hits, predicted, positives));
      samples.precision.add(ratio(hits, predicted));
      samples.recall.add(ratio(hits, positives));
      samples.jaccard.add(ratio(hits, predicted + positives - hits));
      this.#wrong += wrong;
      if (wrong === 0) this.#exact++;
    }
    this.#rows += ofRows.length / 3;
  }

  /** There has to be a row. */
  result(): Decisions {
    const classes = this.#classes;
    const rows = this.#rows;
    const all = { hits: 0, predicted: 0, positives: 0 };
    const macro = { f1: 0, precision: 0, recall: 0 };
    for (let c = 0; c < classes; c++) {
      const hits = this.#ofClasses[c] as number;
      const predicted = this.#ofClasses[classes + c] as number;
      const positives = this.#ofClasses[2 * classes + c] as number;
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
      subsetAccuracy: this.#exact / rows,
      hammingLoss: this.#wrong / (rows * classes),
    };
  }
}
