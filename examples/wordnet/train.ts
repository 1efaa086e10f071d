/** The training loop: this is where a loss of zlpr is used. */
import type { Losses } from "zlpr";
import { feedOf } from "./feed.ts";
import type { Entry } from "./losses.ts";
import { LinearModel } from "./model.ts";
import { seededRandom, shuffle } from "./random.ts";
import type { Split } from "./split.ts";

const BATCH_SIZE = 32;

export interface TrainOptions {
  entry: Entry;
  learningRate: number;
  epochs: number;
  seed: number;
  words: number;
  classes: number;
  /** Called this many times an epoch, the clock stopped. */
  checkpointsPerEpoch: number;
  onCheckpoint: (checkpoint: Checkpoint) => void;
}

export interface Checkpoint {
  model: LinearModel;
  /** Epochs so far. */
  epoch: number;
  /** Mean loss a row since the last checkpoint. */
  trainLoss: number;
}

export interface Training {
  model: LinearModel;
  /** Milliseconds in the calls of the loss. */
  lossTime: number;
  /** Milliseconds in all. */
  totalTime: number;
}

export function train(losses: Losses, data: Split, options: TrainOptions): Training {
  const { entry, learningRate, epochs, seed, words, classes, checkpointsPerEpoch, onCheckpoint } = options;
  const model = new LinearModel(words, classes);
  const order = Int32Array.from({ length: data.size }, (_, row) => row);
  const random = seededRandom(seed);
  const batch = losses.allocate(BATCH_SIZE, classes);
  const feed = feedOf(losses, entry.loss, data.labels, BATCH_SIZE, classes);
  const stepsPerEpoch = Math.ceil(data.size / BATCH_SIZE);

  let lossTime = 0;
  let totalTime = 0;
  let lossSum = 0;
  let lossRows = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let checkpoint = 1;
    for (let step = 0; step < stepsPerEpoch; step++) {
      const start = performance.now();
      const rows = order.subarray(step * BATCH_SIZE, (step + 1) * BATCH_SIZE);

      // The arrays of a batch lie in Wasm memory: scores and gradient are not copied. The last batch is smaller.
      const logits = batch.logits.subarray(0, rows.length * classes);
      const out = { grad: batch.grad.subarray(0, rows.length * classes) };
      model.score(data.features, rows, logits);
      const compute = feed(rows);

      // "sum": every example has the same weight, whatever the size of its batch.
      const lossStart = performance.now();
      const { loss, grad } = compute(logits, { ...entry.options, classes, reduction: "sum", out });
      lossTime += performance.now() - lossStart;

      model.step(data.features, rows, grad, learningRate);
      totalTime += performance.now() - start;

      lossSum += loss;
      lossRows += rows.length;
      if (step + 1 >= (checkpoint * stepsPerEpoch) / checkpointsPerEpoch) {
        onCheckpoint({ model, epoch: epoch + (step + 1) / stepsPerEpoch, trainLoss: lossSum / lossRows });
        lossSum = 0;
        lossRows = 0;
        checkpoint++;
      }
    }
  }
  batch.free();
  return { model, lossTime, totalTime };
}
