import { constant, logSumExp } from "./ops.js";
import { type ComposedFormula, sumOfClasses } from "./row.js";

/** Σ y·(log Σ e^s - s), with y = t·(1 - ε) + ε/n: the formula of `src/reference`. */
export const softmaxCrossEntropy: ComposedFormula<{ labelSmoothing: number }> = (rows) => {
  const { tf, s, y, keep, own } = rows;
  const { labelSmoothing } = own;
  const count = constant(tf, () => tf.maximum(tf.sum(keep, 1, true), 1));
  const smoothed = tf.add(tf.mul(1 - labelSmoothing, y), tf.div(labelSmoothing, count));
  const all = tf.reshape(logSumExp(tf, s, keep), [-1, 1]);
  return sumOfClasses(rows, tf.mul(smoothed, tf.sub(all, s)));
};
