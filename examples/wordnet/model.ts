/** A linear model, scores = x·W + b, with sparse inputs x, trained by Adagrad. */
import type { SparseRows } from "./sparse.ts";

/**
 * Sum of squared gradients that every weight starts with. It keeps the first step of a weight in proportion to its gradient;
 * from 0 the first step would have full size, however small the gradient.
 */
const INITIAL_ACCUMULATOR = 1e-3;

export class LinearModel {
  readonly classes: number;
  /** [words, classes], row-major: all that belongs to a word lies together. */
  readonly #weights: Float32Array;
  readonly #bias: Float32Array;
  readonly #weightAccumulators: Float32Array;
  readonly #biasAccumulators: Float32Array;

  constructor(words: number, classes: number) {
    this.classes = classes;
    this.#weights = new Float32Array(words * classes);
    this.#bias = new Float32Array(classes);
    this.#weightAccumulators = new Float32Array(words * classes).fill(INITIAL_ACCUMULATOR);
    this.#biasAccumulators = new Float32Array(classes).fill(INITIAL_ACCUMULATOR);
  }

  /** Writes the scores of the chosen rows into `logits`, [rows.length, classes]. */
  score({ offsets, indices, values }: SparseRows, rows: Int32Array, logits: Float32Array): void {
    const { classes } = this;
    const weights = this.#weights;
    for (let r = 0; r < rows.length; r++) {
      const at = r * classes;
      logits.set(this.#bias, at);
      const end = offsets[rows[r] + 1];
      let k = offsets[rows[r]];
      // Four words a sweep take half the time of one by one.
      for (; k + 4 <= end; k += 4) addFour(logits, at, weights, classes, indices, values, k);
      for (; k < end; k++) addOne(logits, at, weights, classes, indices[k], values[k]);
    }
  }

  /** One step of Adagrad for each of the chosen rows; `grad`, [rows.length, classes], is d loss / d scores. */
  step({ offsets, indices, values }: SparseRows, rows: Int32Array, grad: Float32Array, rate: number): void {
    const { classes } = this;
    for (let r = 0; r < rows.length; r++) {
      const at = r * classes;
      adagrad(this.#bias, this.#biasAccumulators, 0, grad, at, classes, 1, rate);
      for (let k = offsets[rows[r]]; k < offsets[rows[r] + 1]; k++) {
        adagrad(
          this.#weights,
          this.#weightAccumulators,
          indices[k] * classes,
          grad,
          at,
          classes,
          values[k],
          rate,
        );
      }
    }
  }
}

function addOne(
  logits: Float32Array,
  at: number,
  weights: Float32Array,
  classes: number,
  word: number,
  x: number,
): void {
  const from = word * classes;
  for (let c = 0; c < classes; c++) logits[at + c] += x * weights[from + c];
}

/** The same for the words `words[k]` to `words[k + 3]`. */
function addFour(
  logits: Float32Array,
  at: number,
  weights: Float32Array,
  classes: number,
  words: Int32Array,
  values: Float32Array,
  k: number,
): void {
  const x0 = values[k];
  const x1 = values[k + 1];
  const x2 = values[k + 2];
  const x3 = values[k + 3];
  const from0 = words[k] * classes;
  const from1 = words[k + 1] * classes;
  const from2 = words[k + 2] * classes;
  const from3 = words[k + 3] * classes;
  for (let c = 0; c < classes; c++) {
    logits[at + c] +=
      x0 * weights[from0 + c] + x1 * weights[from1 + c] + x2 * weights[from2 + c] + x3 * weights[from3 + c];
  }
}

/** The weights of one input: w −= rate·g / √Σg², where g = x·grad and the sum runs over all steps so far. */
function adagrad(
  weights: Float32Array,
  accumulators: Float32Array,
  from: number,
  grad: Float32Array,
  at: number,
  classes: number,
  x: number,
  rate: number,
): void {
  for (let c = 0; c < classes; c++) {
    const g = x * grad[at + c];
    const sum = accumulators[from + c] + g * g;
    accumulators[from + c] = sum;
    weights[from + c] -= (rate * g) / Math.sqrt(sum);
  }
}
