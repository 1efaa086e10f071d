/** How good a model is on a whole split. */
import { bestThreshold, type Evaluation, evaluate, type ThresholdMetric } from "zlpr";
import type { LinearModel } from "./model.ts";
import type { Split } from "./split.ts";

export class Evaluator {
  readonly #split: Split;
  readonly #classes: number;
  readonly #rows: Int32Array;
  /** Written anew by every evaluation. */
  readonly #scores: Float32Array;

  constructor(split: Split, classes: number) {
    this.#split = split;
    this.#classes = classes;
    this.#rows = Int32Array.from({ length: split.size }, (_, row) => row);
    this.#scores = new Float32Array(split.size * classes);
  }

  evaluate(model: LinearModel, threshold: number): Evaluation {
    return evaluate(this.#score(model), this.#split.labels, { classes: this.#classes, threshold });
  }

  /** The threshold where this measure is highest, and the measure there. */
  bestThreshold(model: LinearModel, metric: ThresholdMetric): { threshold: number; value: number } {
    return bestThreshold(this.#score(model), this.#split.labels, { classes: this.#classes, metric });
  }

  #score(model: LinearModel): Float32Array {
    model.score(this.#split.features, this.#rows, this.#scores);
    return this.#scores;
  }
}
