/** A small model to score rows with: a linear one, trained on data made up here. */
import { createLosses } from "zlpr";
import { seededRandom } from "../wordnet/random.ts";

const FEATURES = 16;
const TRAINING_ROWS = 2000;
const STEPS = 60;
const LEARNING_RATE = 20;

/** Inputs, and which classes are positive: those that a hidden model scores above 0, with some noise. */
export class Source {
  readonly classes: number;
  readonly #random = seededRandom(1);
  readonly #hidden: Float32Array;

  constructor(classes: number) {
    this.classes = classes;
    this.#hidden = Float32Array.from({ length: FEATURES * classes }, (_, i) =>
      i < classes ? -2 : this.#normal() / Math.sqrt(FEATURES),
    );
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }

  /** Draws some rows: inputs [rows, features] and multi-hot labels [rows, classes]. */
  draw(rows: number): { inputs: Float32Array; labels: Uint8Array } {
    const inputs = Float32Array.from({ length: rows * FEATURES }, (_, i) =>
      i % FEATURES === 0 ? 1 : this.#normal(),
    );
    const scores = score(inputs, this.#hidden, new Float32Array(rows * this.classes));
    return { inputs, labels: Uint8Array.from(scores, (s) => Number(s + 0.3 * this.#normal() > 0)) };
  }
}

/** inputs·weights: [rows, features] and [features, classes] to [rows, classes]. */
export function score(inputs: Float32Array, weights: Float32Array, into: Float32Array): Float32Array {
  const rows = inputs.length / FEATURES;
  const classes = weights.length / FEATURES;
  into.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let f = 0; f < FEATURES; f++) {
      const value = inputs[row * FEATURES + f];
      for (let c = 0; c < classes; c++) into[row * classes + c] += value * weights[f * classes + c];
    }
  }
  return into;
}

/** Trains weights [features, classes] with zlpr. */
export function train(source: Source): Float32Array {
  const { classes } = source;
  const { inputs, labels } = source.draw(TRAINING_ROWS);
  // The variant with the same bits on every machine: so the files are the same everywhere.
  const losses = createLosses({ variant: "simd" });
  const batch = losses.allocate(TRAINING_ROWS, classes);
  batch.labels.set(labels);
  const weights = new Float32Array(FEATURES * classes);
  for (let step = 0; step < STEPS; step++) {
    const logits = score(inputs, weights, batch.logits);
    const { grad } = losses.zlpr(logits, batch.labels, { classes, out: { grad: batch.grad } });
    for (let row = 0; row < TRAINING_ROWS; row++) {
      for (let f = 0; f < FEATURES; f++) {
        const value = LEARNING_RATE * inputs[row * FEATURES + f];
        for (let c = 0; c < classes; c++) weights[f * classes + c] -= value * grad[row * classes + c];
      }
    }
  }
  batch.free();
  return weights;
}
