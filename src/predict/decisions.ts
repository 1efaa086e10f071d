import type { LabelRows } from "./labels.js";

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

/** Compares the classes with scores above the threshold with the labels. There has to be a row. */
export function decisions(
  logits: Float32Array,
  labels: LabelRows,
  rows: number,
  classes: number,
  threshold: number,
): Decisions {
  const hits = new Uint32Array(classes);
  const predicted = new Uint32Array(classes);
  const positives = new Uint32Array(classes);
  const samples = { f1: 0, precision: 0, recall: 0, jaccard: 0 };
  let exact = 0;
  let wrong = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    const { bytes } = labels;
    const labelBase = labels.open(row);
    let rowHits = 0;
    let rowPredicted = 0;
    let rowPositives = 0;
    for (let c = 0; c < classes; c++) {
      const isPredicted = (logits[base + c] as number) > threshold;
      if (bytes[labelBase + c] === 1) {
        rowPositives++;
        positives[c]!++;
        if (isPredicted) {
          rowHits++;
          hits[c]!++;
        }
      }
      if (isPredicted) {
        rowPredicted++;
        predicted[c]!++;
      }
    }
    const rowWrong = rowPredicted + rowPositives - 2 * rowHits;
    samples.f1 += f1(rowHits, rowPredicted, rowPositives);
    samples.precision += ratio(rowHits, rowPredicted);
    samples.recall += ratio(rowHits, rowPositives);
    samples.jaccard += ratio(rowHits, rowPredicted + rowPositives - rowHits);
    wrong += rowWrong;
    if (rowWrong === 0) exact++;
  }

  const all = { hits: 0, predicted: 0, positives: 0 };
  const macro = { f1: 0, precision: 0, recall: 0 };
  for (let c = 0; c < classes; c++) {
    const ofClass = { hits: hits[c]!, predicted: predicted[c]!, positives: positives[c]! };
    all.hits += ofClass.hits;
    all.predicted += ofClass.predicted;
    all.positives += ofClass.positives;
    macro.f1 += f1(ofClass.hits, ofClass.predicted, ofClass.positives);
    macro.precision += ratio(ofClass.hits, ofClass.predicted);
    macro.recall += ratio(ofClass.hits, ofClass.positives);
  }
  return {
    microF1: f1(all.hits, all.predicted, all.positives),
    macroF1: macro.f1 / classes,
    samplesF1: samples.f1 / rows,
    microPrecision: ratio(all.hits, all.predicted),
    macroPrecision: macro.precision / classes,
    samplesPrecision: samples.precision / rows,
    microRecall: ratio(all.hits, all.positives),
    macroRecall: macro.recall / classes,
    samplesRecall: samples.recall / rows,
    jaccard: samples.jaccard / rows,
    subsetAccuracy: exact / rows,
    hammingLoss: wrong / (rows * classes),
  };
}
