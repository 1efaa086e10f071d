import type { Tensor } from "../tensorflow.js";
import { log1p, logSumExp, notBelowZero, softplus } from "./ops.js";
import { type ComposedFormula, type Rows, turned } from "./row.js";

/*
 * Losses of α = log Σ (1 - t)·e^s and β = log Σ t·e^(-s): the formulas of `src/reference`.
 */

function sidesOf({ tf, s, y, keep }: Rows<unknown>, scale = 1, margin = 0): { alpha: Tensor; beta: Tensor } {
  const z = scale === 1 ? s : tf.mul(scale, s);
  return {
    alpha: tf.add(logSumExp(tf, z, tf.mul(keep, tf.sub(1, y))), scale * margin),
    beta: logSumExp(tf, tf.neg(z), tf.mul(keep, y)),
  };
}

export const zlpr: ComposedFormula<{ threshold: number }> = (rows) => {
  const { tf, own } = rows;
  const { alpha, beta } = sidesOf(rows);
  return tf.add(softplus(tf, tf.sub(alpha, own.threshold)), softplus(tf, tf.add(beta, own.threshold)));
};

export const zlprDivergence: ComposedFormula<object> = (rows) => {
  const { tf, y, keep } = rows;
  const soft = zlpr({ ...rows, own: { threshold: 0 } });
  const least = tf.mul(2, log1p(tf, tf.sum(tf.mul(keep, tf.sqrt(tf.mul(y, tf.sub(1, y)))), 1)));
  return notBelowZero(tf, tf.sub(soft, least));
};

export const zlprJoint: ComposedFormula<{ threshold: number }> = (rows) => {
  const { tf, s, keep, own } = rows;
  return softplus(tf, logSumExp(tf, turned({ ...rows, s: tf.sub(s, own.threshold) }), keep));
};

export const lsep: ComposedFormula<{ scale: number; margin: number }> = (rows) => {
  const { tf, own } = rows;
  const { alpha, beta } = sidesOf(rows, own.scale, own.margin);
  return softplus(tf, tf.add(alpha, beta));
};
