import * as tf from "@tensorflow/tfjs";
import type { LossName } from "../../../test/support/losses.ts";

/*
 * The losses as they are usually written: the formula of the textbook, or of the first implementation that one finds, as
 * operations of TensorFlow.js on float32 tensors, whose gradients it makes by itself.
 */

/** The loss of each row, [rows]; `y` are the labels as numbers. */
export type UsualLoss = (s: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** log σ by way of σ, kept away from 0 as most code does. */
const EPSILON = 1e-7;

/** The score by which a side is kept out of a log-sum-exp, as the author of `zlpr` has it for Keras. */
const FAR = 1e12;

function sumOf(terms: tf.Tensor): tf.Tensor {
  return tf.sum(terms, 1);
}

function crossEntropy(s: tf.Tensor, y: tf.Tensor): tf.Tensor {
  // max(s, 0) - s·y + log(1 + e^-|s|)
  return tf.add(tf.sub(tf.relu(s), tf.mul(s, y)), tf.log1p(tf.exp(tf.neg(tf.abs(s)))));
}

const sigmoidCrossEntropy: UsualLoss = (s, y) => sumOf(crossEntropy(s, y));

const focal: UsualLoss = (s, y) => {
  const p = tf.sigmoid(s);
  const right = tf.add(tf.mul(y, p), tf.mul(tf.sub(1, y), tf.sub(1, p)));
  return sumOf(tf.mul(tf.square(tf.sub(1, right)), crossEntropy(s, y)));
};

const asymmetric: UsualLoss = (s, y) => {
  const p = tf.sigmoid(s);
  const shifted = tf.relu(tf.sub(p, 0.05));
  const positive = tf.mul(tf.mul(y, tf.sub(1, p)), tf.log(tf.maximum(p, EPSILON)));
  const negative = tf.mul(
    tf.mul(tf.sub(1, y), tf.pow(shifted, 4)),
    tf.log(tf.maximum(tf.sub(1, shifted), EPSILON)),
  );
  return tf.neg(sumOf(tf.add(positive, negative)));
};

const softmaxCrossEntropy: UsualLoss = (s, y) => tf.neg(sumOf(tf.mul(y, tf.logSoftmax(s))));

const zlpr: UsualLoss = (s, y) => {
  const turned = tf.mul(tf.sub(1, tf.mul(2, y)), s);
  const negative = tf.sub(turned, tf.mul(y, FAR));
  const positive = tf.sub(turned, tf.mul(tf.sub(1, y), FAR));
  const zeros = tf.zerosLike(tf.sum(turned, 1, true));
  return tf.add(
    tf.logSumExp(tf.concat([negative, zeros], 1), 1),
    tf.logSumExp(tf.concat([positive, zeros], 1), 1),
  );
};

const zlprJoint: UsualLoss = (s, y) => {
  const turned = tf.mul(tf.sub(1, tf.mul(2, y)), s);
  return tf.logSumExp(tf.concat([turned, tf.zerosLike(tf.sum(turned, 1, true))], 1), 1);
};

const lsep: UsualLoss = (s, y) => {
  const negative = sumOf(tf.mul(tf.sub(1, y), tf.exp(s)));
  const positive = sumOf(tf.mul(y, tf.exp(tf.neg(s))));
  return tf.log(tf.add(1, tf.mul(negative, positive)));
};

export const usual: Partial<Record<LossName, UsualLoss>> = {
  asymmetric,
  focal,
  lsep,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  zlpr,
  zlprJoint,
};
