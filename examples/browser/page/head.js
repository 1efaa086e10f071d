/** A linear head, scores = x·W + b, trained by Adagrad. */

/** What the sums of squares begin with, so that first steps are in proportion to the gradient. */
const INITIAL = 1e-3;

export class Head {
  #dimensions;
  #classes;
  /** [dimensions + 1, classes], row-major; the last row is b. */
  #weights;
  #slopes;
  #squares;

  constructor(dimensions, classes) {
    const size = (dimensions + 1) * classes;
    this.#dimensions = dimensions;
    this.#classes = classes;
    this.#weights = new Float32Array(size);
    this.#slopes = new Float32Array(size);
    this.#squares = new Float32Array(size).fill(INITIAL);
  }

  /** Writes the scores of the rows that begin at `first` into `logits`, [rows, classes]. */
  score(inputs, first, logits) {
    const classes = this.#classes;
    const weights = this.#weights;
    const bias = weights.subarray(this.#dimensions * classes);
    for (let row = 0; row < logits.length / classes; row++) {
      const x = this.#row(inputs, first + row);
      const scores = logits.subarray(row * classes, (row + 1) * classes);
      scores.set(bias);
      for (let d = 0; d < x.length; d++) {
        for (let c = 0; c < classes; c++) scores[c] += x[d] * weights[d * classes + c];
      }
    }
  }

  /** One step against `grad`, [rows, classes], the gradient of the loss by the scores of those rows. */
  step(inputs, first, grad, rate) {
    const classes = this.#classes;
    const slopes = this.#slopes.fill(0);
    const bias = slopes.subarray(this.#dimensions * classes);
    for (let row = 0; row < grad.length / classes; row++) {
      const x = this.#row(inputs, first + row);
      const slope = grad.subarray(row * classes, (row + 1) * classes);
      for (let c = 0; c < classes; c++) bias[c] += slope[c];
      for (let d = 0; d < x.length; d++) {
        for (let c = 0; c < classes; c++) slopes[d * classes + c] += x[d] * slope[c];
      }
    }
    for (let i = 0; i < slopes.length; i++) {
      this.#squares[i] += slopes[i] ** 2;
      this.#weights[i] -= (rate * slopes[i]) / Math.sqrt(this.#squares[i]);
    }
  }

  #row(inputs, row) {
    return inputs.subarray(row * this.#dimensions, (row + 1) * this.#dimensions);
  }
}
