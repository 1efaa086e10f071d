/** A table of vectors, one a feature, trained by Adagrad. What has several features is the sum of their vectors. */

/** Sum of squared gradients that every weight starts with, so that its first step is in proportion to its gradient. */
const INITIAL_ACCUMULATOR = 1e-3;

export class Embedding {
  readonly width: number;
  /** [features, width] */
  readonly weights: Float32Array;
  readonly #accumulators: Float32Array;

  /** `init` gives the first value of the weights in each column. */
  constructor(features: number, width: number, init: (column: number) => number = () => 0) {
    this.width = width;
    this.weights = Float32Array.from({ length: features * width }, (_, i) => init(i % width));
    this.#accumulators = new Float32Array(features * width).fill(INITIAL_ACCUMULATOR);
  }

  /** Writes the sum of the features' vectors into `into`, from `at`. */
  sum(features: Int32Array, into: Float32Array, at: number): void {
    const { width, weights } = this;
    into.fill(0, at, at + width);
    for (const feature of features) {
      for (let c = 0; c < width; c++) into[at + c] += weights[feature * width + c];
    }
  }

  /** w −= rate·g / √Σg² for all features of a sum, whose gradient lies in `grad`, from `at`. */
  step(features: Int32Array, grad: Float32Array, at: number, rate: number): void {
    const { width, weights } = this;
    const accumulators = this.#accumulators;
    for (const feature of features) {
      for (let c = 0; c < width; c++) {
        const g = grad[at + c];
        const sum = accumulators[feature * width + c] + g * g;
        accumulators[feature * width + c] = sum;
        weights[feature * width + c] -= (rate * g) / Math.sqrt(sum);
      }
    }
  }
}
