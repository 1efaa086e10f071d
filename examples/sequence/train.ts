/** The training loop: this is where a loss of zlpr gets a mask and sparse labels. */
import type { Loss, Losses } from "zlpr";
import { seededRandom, shuffle } from "../wordnet/random.ts";
import { Masks, sparseLabels } from "./batch.ts";
import type { Scorer, Task } from "./task.ts";

const BATCH_SIZE = 16;

export type LossName = "zlpr" | "sigmoidCrossEntropy";

export interface TrainOptions {
  loss: LossName;
  learningRate: number;
  epochs: number;
  seed: number;
}

export interface Training {
  scorer: Scorer;
  /** Mean loss a row, of each epoch. */
  epochLosses: number[];
  /** Milliseconds in the calls of the loss. */
  lossTime: number;
}

export function train(
  losses: Losses,
  { layout, train: sentences, createScorer }: Task,
  options: TrainOptions,
): Training {
  const { rows, classes } = layout;
  const random = seededRandom(options.seed);
  const scorer = createScorer(random);
  const masks = new Masks(layout);
  const batch = losses.allocate(BATCH_SIZE * rows, classes);
  const compute: Loss = losses[options.loss];
  const order = Int32Array.from(sentences.keys());
  const epochLosses: number[] = [];
  let lossTime = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, random);
    let lossSum = 0;
    for (let at = 0; at < order.length; at += BATCH_SIZE) {
      const some = Array.from(order.subarray(at, at + BATCH_SIZE), (s) => sentences[s]);
      // The last batch is smaller.
      const logits = batch.logits.subarray(0, some.length * rows * classes);
      scorer.score(some, logits);
      const labels = sparseLabels(some);
      const mask = masks.of(some);

      const lossBegin = performance.now();
      // "sum": every sentence has the same weight, whatever the size of its batch.
      const out = { grad: batch.grad.subarray(0, logits.length) };
      // The gradient that it returns, not the view that it was given: the memory may have grown.
      const { loss, grad } = compute(logits, labels, { classes, mask, reduction: "sum", out });
      lossTime += performance.now() - lossBegin;

      scorer.step(some, grad, options.learningRate);
      lossSum += loss;
    }
    epochLosses.push(lossSum / (sentences.length * rows));
  }
  batch.free();
  return { scorer, epochLosses, lossTime };
}
