/** A model's F1 on a whole split. */
import { bestThreshold, type F1, f1 } from "./metrics.ts";
import type { LinearModel } from "./model.ts";
import { multiHot, type Split } from "./split.ts";

export class Evaluator {
  readonly #split: Split;
  readonly #classes: number;
  readonly #rows: Int32Array;
  readonly #labels: Uint8Array;
  /** Written anew by every evaluation. */
  readonly #scores: Float32Array;

  constructor(split: Split, classes: number) {
    this.#split = split;
    this.#classes = classes;
    this.#rows = Int32Array.from({ length: split.size }, (_, row) => row);
    this.#labels = new Uint8Array(split.size * classes);
    this.#scores = new Float32Array(split.size * classes);
    multiHot(split.labels, this.#rows, classes, this.#labels);
  }

  f1(model: LinearModel, threshold: number): F1 {
    return f1(this.#score(model), this.#labels, this.#classes, threshold);
  }

  /** The threshold with the highest micro F1. */
  bestThreshold(model: LinearModel): number {
    return bestThreshold(this.#score(model), this.#labels);
  }

  #score(model: LinearModel): Float32Array {
    model.score(this.#split.features, this.#rows, this.#scores);
    return this.#scores;
  }
}
