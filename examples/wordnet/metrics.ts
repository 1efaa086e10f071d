/** F1 of multi-label predictions, as scikit-learn defines it: a class is predicted where its score exceeds the threshold. */

export interface F1 {
  /** Of all decisions together: frequent classes count most. */
  micro: number;
  /** Mean of the F1 of each class: every class counts the same, the rare ones too. */
  macro: number;
}

/** `scores` and `labels` (0 or 1): [rows, classes]. */
export function f1(scores: Float32Array, labels: Uint8Array, classes: number, threshold: number): F1 {
  const hits = new Int32Array(classes);
  const predicted = new Int32Array(classes);
  const positive = new Int32Array(classes);
  for (let row = 0; row < scores.length; row += classes) {
    for (let c = 0; c < classes; c++) {
      const label = labels[row + c];
      positive[c] += label;
      if (scores[row + c] > threshold) {
        predicted[c]++;
        hits[c] += label;
      }
    }
  }
  let macro = 0;
  for (let c = 0; c < classes; c++) macro += ratio(2 * hits[c], predicted[c] + positive[c]) / classes;
  return { micro: ratio(2 * sum(hits), sum(predicted) + sum(positive)), macro };
}

/** The threshold of a fine grid with the highest micro F1. */
export function bestThreshold(scores: Float32Array, labels: Uint8Array): number {
  const lowest = -5;
  const highest = 5;
  const stepsPerUnit = 100;

  // Bin b holds the scores that exceed the thresholds up to the b-th, but none beyond: one pass serves all thresholds.
  const bins = (highest - lowest) * stepsPerUnit + 2;
  const positive = new Int32Array(bins);
  const all = new Int32Array(bins);
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.max(0, Math.min(bins - 1, Math.ceil((scores[i] - lowest) * stepsPerUnit)));
    all[bin]++;
    positive[bin] += labels[i];
  }

  const positives = sum(positive);
  let [hits, predicted, best, threshold] = [0, 0, -1, 0];
  for (let bin = bins - 1; bin > 0; bin--) {
    hits += positive[bin];
    predicted += all[bin];
    const micro = ratio(2 * hits, predicted + positives);
    if (micro > best) {
      best = micro;
      threshold = lowest + (bin - 1) / stepsPerUnit;
    }
  }
  return threshold;
}

/** 0 / 0 is 0: a class that neither occurs nor is predicted. */
function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function sum(counts: Int32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
