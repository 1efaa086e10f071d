import { distance } from "./thread";

/**
 * What every loss is called with. The host fills it in by `setCall` and `setParts` before it calls a loss, so that the
 * losses take only their own options and the drivers pass on one thing.
 *
 * Row r begins at element r·classes of the arrays that have one a class.
 */
@unmanaged
export class Call {
  /** float32 [rows, classes] */
  logits: usize;
  /** uint8 [rows, classes], 0 or 1; float32 [rows, classes] from 0 to 1 for the soft forms of the losses */
  labels: usize;
  /** float32 [rows, classes], receives factor·weight·∂loss/∂logit. May be `logits` itself, or 0 for no gradient. */
  grad: usize;
  /** float32 [rows], receives weight·loss. 0 for none. */
  losses: usize;
  /** float32 [rows]. 0 for weights of 1. */
  weights: usize;
  rows: i32;
  classes: i32;
  factor: f64;
  /** What the sum of the rows' weighted losses begins with: a batch may come in several calls. */
  sum: f64;
  /** int32 [rows]: how many classes a row has, at most `classes`. 0 if all rows have that many. */
  lengths: usize;
  /** float64 [rows]. 0 for thresholds of 0. */
  thresholds: usize;
  /** float32 [rows], receives factor·weight·∂loss/∂threshold. 0 for none. */
  thresholdGrads: usize;
  /** float64 [rows, classes], weights of the positive classes, readable up to 24 bytes beyond. 0 for weights of 1. */
  classWeights: usize;
  /** Memory to work in, as many bytes as the loss has asked for. */
  scratch: usize;
  /** int32 [rows], the one positive class of each row, in place of labels. 0 for labels. */
  indices: usize;
}

// @ts-ignore: decorator
@lazy const CALL = memory.data(offsetof<Call>(), 8);

// @ts-ignore: decorator
@inline
export function currentCall(): Call {
  return changetype<Call>(ASC_FEATURE_THREADS ? CALL + distance : CALL);
}

/** Bytes of so many rows of float32 numbers. */
// @ts-ignore: decorator
@inline
export function offsetOf(rows: i32, classes: i32): usize {
  return (<usize>rows * <usize>classes) << 2;
}

/** Leaves the first `count` rows of a call behind. */
export function advance(call: Call, count: i32): void {
  const offset = offsetOf(count, call.classes);
  const column = (<usize>count) << 2;
  call.rows -= count;
  call.logits += offset;
  call.labels += <usize>count * <usize>call.classes;
  if (call.grad) call.grad += offset;
  if (call.losses) call.losses += column;
  if (call.weights) call.weights += column;
  if (call.lengths) call.lengths += column;
  if (call.indices) call.indices += column;
  if (call.thresholds) call.thresholds += (<usize>count) << 3;
  if (call.thresholdGrads) call.thresholdGrads += column;
}

/** The parts that every call has. Resets the others. */
export function setCall(
  logits: usize,
  labels: usize,
  grad: usize,
  losses: usize,
  weights: usize,
  rows: i32,
  classes: i32,
  factor: f64,
  sum: f64,
): void {
  const call = currentCall();
  call.logits = logits;
  call.labels = labels;
  call.grad = grad;
  call.losses = losses;
  call.weights = weights;
  call.rows = rows;
  call.classes = classes;
  call.factor = factor;
  call.sum = sum;
  setParts(0, 0, 0, 0, 0, 0);
}

/** The parts that few calls have. */
export function setParts(
  lengths: usize,
  thresholds: usize,
  thresholdGrads: usize,
  classWeights: usize,
  scratch: usize,
  indices: usize,
): void {
  const call = currentCall();
  call.lengths = lengths;
  call.thresholds = thresholds;
  call.thresholdGrads = thresholdGrads;
  call.classWeights = classWeights;
  call.scratch = scratch;
  call.indices = indices;
}
