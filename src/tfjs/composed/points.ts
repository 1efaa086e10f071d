import type { Tensor, TensorFlow } from "../tensorflow.js";
import { constant, log1p, softplus } from "./ops.js";
import { type ComposedFormula, sumOfClasses, turned } from "./row.js";

/*
 * Losses that add up a term for each class: the formulas of `src/reference`.
 */

export const sigmoidCrossEntropy: ComposedFormula<{
  positiveWeights: number | Float32Array;
  labelSmoothing: number;
}> = (rows) => {
  const { tf, s, y, own } = rows;
  const { positiveWeights, labelSmoothing } = own;
  const weights = typeof positiveWeights === "number" ? positiveWeights : tf.tensor(positiveWeights);
  const smoothed = (t: Tensor) => tf.add(tf.mul(1 - labelSmoothing, t), labelSmoothing / 2);
  const positive = tf.mul(tf.mul(weights, smoothed(y)), softplus(tf, tf.neg(s)));
  const negative = tf.mul(smoothed(tf.sub(1, y)), softplus(tf, s));
  return sumOfClasses(rows, tf.add(positive, negative));
};

/** σ(z)^γ·log(1 + e^z). The power by its logarithm, whose gradient stays finite where σ(z) is 0. */
function focalTerm(tf: TensorFlow, z: Tensor, gamma: number): Tensor {
  const surprise = softplus(tf, z);
  if (gamma === 0) return surprise;
  return tf.mul(tf.exp(tf.mul(-gamma, softplus(tf, tf.neg(z)))), surprise);
}

export const focal: ComposedFormula<{ gamma: number; alpha: number | undefined }> = (rows) => {
  const { tf, y, own } = rows;
  const { gamma, alpha } = own;
  const terms = focalTerm(tf, turned(rows), gamma);
  if (alpha === undefined) return sumOfClasses(rows, terms);
  const factors = tf.add(1 - alpha, tf.mul(2 * alpha - 1, y));
  return sumOfClasses(rows, tf.mul(factors, terms));
};

/** q^γ·(-log(1 - q)) with q = max(σ(s) - m, 0) */
function marginTerm(tf: TensorFlow, s: Tensor, gamma: number, margin: number): Tensor {
  if (margin === 0) return focalTerm(tf, s, gamma);
  const q = tf.sub(tf.sigmoid(s), margin);
  const counts = constant(tf, () => tf.cast(tf.greater(q, 0), "float32"));
  // Where the term does not count, any number with a logarithm.
  const half = constant(tf, () => tf.mul(0.5, tf.sub(1, counts)));
  const base = tf.add(tf.mul(counts, q), half);
  const surprise = tf.neg(log1p(tf, tf.neg(base)));
  const power = tf.exp(tf.mul(gamma, tf.log(base)));
  return tf.mul(counts, tf.mul(power, surprise));
}

export const asymmetric: ComposedFormula<{
  gammaPositive: number;
  gammaNegative: number;
  margin: number;
}> = (rows) => {
  const { tf, s, y, own } = rows;
  const positive = focalTerm(tf, tf.neg(s), own.gammaPositive);
  const negative = marginTerm(tf, s, own.gammaNegative, own.margin);
  return sumOfClasses(rows, tf.add(tf.mul(y, positive), tf.mul(tf.sub(1, y), negative)));
};
