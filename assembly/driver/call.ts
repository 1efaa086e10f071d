/**
 * What every loss is called with. The host fills it in by `setCall` before it calls a loss, so that the losses take
 * only their own options and the drivers pass on one thing.
 */
@unmanaged
export class Call {
  /** float32 [rows, classes] */
  logits: usize;
  /** uint8 [rows, classes], 0 or 1 */
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
}

// @ts-ignore: decorator
@lazy const CALL = memory.data(offsetof<Call>(), 8);

// @ts-ignore: decorator
@inline
export function currentCall(): Call {
  return changetype<Call>(CALL);
}

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
}
