import type { Tensor, TensorFlow } from "../tensorflow.js";

/** What a formula is given. */
export interface Rows<Own> {
  tf: TensorFlow;
  /** The scores, [rows, classes]. */
  s: Tensor;
  /** The targets, from 0 to 1, [rows, classes]. */
  y: Tensor;
  /** 1 for the classes that count and 0 for the others, [rows, classes]. */
  keep: Tensor;
  own: Own;
}

/** The loss of each row, [rows], made of operations of TensorFlow.js. */
export type ComposedFormula<Own> = (rows: Rows<Own>) => Tensor;

/** The scores turned so that a class is wrong where its own is positive: s of negative and -s of positive classes. */
export function turned({ tf, s, y }: Rows<unknown>): Tensor {
  return tf.mul(tf.sub(1, tf.mul(2, y)), s);
}

/** Σ of the classes that count. */
export function sumOfClasses({ tf, keep }: Rows<unknown>, terms: Tensor): Tensor {
  return tf.sum(tf.mul(keep, terms), 1);
}
