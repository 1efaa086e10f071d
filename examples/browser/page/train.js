/** Trains a head on embeddings, with a loss of the package. */

import { Head } from "./head.js";
import { createLosses, evaluate } from "./zlpr/index.mjs";

const BATCH_ROWS = 64;

/** The sparse labels of some rows: a batch has them one after the other, so that they are a part of the arrays. */
function labelsOf({ offsets, indices }, first, count) {
  const start = offsets[first];
  return {
    offsets: offsets.subarray(first, first + count + 1).map((offset) => offset - start),
    indices: indices.subarray(start, offsets[first + count]),
  };
}

/**
 * Yields, after each epoch, the mean loss of the training split in it, micro F1 of the validation split at threshold 0,
 * and the share of the time that the loss took.
 */
export function* train({ dimensions, labels, train, validation }, { loss: name, epochs, rate }) {
  const classes = labels.length;
  const losses = createLosses();
  const head = new Head(dimensions, classes);
  // In the memory of the kernels, so that nothing is copied.
  const batch = losses.allocate(BATCH_ROWS, classes);
  const scores = new Float32Array(validation.rows * classes);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let sum = 0;
    let lossTime = 0;
    for (let first = 0; first < train.rows; first += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, train.rows - first);
      const logits = batch.logits.subarray(0, rows * classes);
      const grad = batch.grad.subarray(0, rows * classes);
      head.score(train.inputs, first, logits);

      const before = performance.now();
      const { loss } = losses[name](logits, labelsOf(train.labels, first, rows), { classes, out: { grad } });
      lossTime += performance.now() - before;

      sum += loss * rows;
      head.step(train.inputs, first, grad, rate);
    }
    const time = performance.now() - start;
    head.score(validation.inputs, 0, scores);
    const { microF1 } = evaluate(scores, validation.labels, { classes });
    yield { epoch, loss: sum / train.rows, microF1, share: lossTime / time, variant: losses.variant };
  }
  batch.free();
}
