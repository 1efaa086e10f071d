import type { GradSaveFunc } from "@tensorflow/tfjs-core";
import type { Tensor, TensorFlow } from "../tensorflow.js";

/*
 * Operations that the formulas are made of, with gradients that keep their digits. They hold for scores up to 10²⁹, in
 * float16 for some thousands.
 */

/** What no exponential is left of. On GPUs that compute in float16, 10³⁰ would be infinite. */
function lowest(tf: TensorFlow): number {
  return tf.backend().floatPrecision() === 32 ? -1e30 : -3e4;
}

/** A result of operations as a constant: no gradient goes through it. */
export function constant(tf: TensorFlow, compute: () => Tensor): Tensor {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => [] }))();
}

/** log(1 + x) for x > -1. That of some backends is log of a rounded sum, which for a small x is off, or 0. */
export function log1p(tf: TensorFlow, x: Tensor): Tensor {
  return tf.customGrad((given, save) => {
    const x = given as Tensor;
    (save as GradSaveFunc)([x]);
    const sum = tf.add(1, x);
    // What the sum has of x: the logarithm is too small or too large by the same factor.
    const part = tf.sub(sum, 1);
    const isLost = tf.equal(part, 0);
    return {
      value: tf.where(isLost, x, tf.div(tf.mul(tf.log(sum), x), tf.add(part, tf.cast(isLost, "float32")))),
      gradFunc: (dy, [x]) => tf.div(dy, tf.add(1, x as Tensor)),
    };
  })(x);
}

/** log(1 + eˣ), whose gradient is σ(x) also where |x| has none. */
export function softplus(tf: TensorFlow, x: Tensor): Tensor {
  return tf.customGrad((given, save) => {
    const x = given as Tensor;
    (save as GradSaveFunc)([x]);
    return {
      value: tf.add(tf.relu(x), log1p(tf, tf.exp(tf.neg(tf.abs(x))))),
      gradFunc: (dy, [x]) => tf.mul(dy, tf.sigmoid(x as Tensor)),
    };
  })(x);
}

/** max(x, 0), with the gradient of x on both sides. */
export function notBelowZero(tf: TensorFlow, x: Tensor): Tensor {
  return tf.customGrad((x) => ({ value: tf.relu(x as Tensor), gradFunc: (dy) => tf.clone(dy) }))(x);
}

/** log Σ w·eˣ of each row, with constant weights w ≥ 0; about -10³⁰ where all of them are 0. */
export function logSumExp(tf: TensorFlow, x: Tensor, weights: Tensor): Tensor {
  const counts = constant(tf, () => tf.cast(tf.greater(weights, 0), "float32"));
  // A sum, for `where` would make a tensor of the one number first.
  const exponents = tf.add(
    x,
    constant(tf, () => tf.mul(lowest(tf), tf.sub(1, counts))),
  );
  // Of a gradient through the maximum, rounding would leave something.
  const greatest = constant(tf, () => tf.max(exponents, 1, true));
  const isEmpty = constant(tf, () => tf.sub(1, tf.max(counts, 1, true)));
  const sum = tf.sum(tf.mul(weights, tf.exp(tf.sub(exponents, greatest))), 1, true);
  return tf.reshape(tf.add(greatest, tf.log(tf.add(sum, isEmpty))), [-1]);
}
