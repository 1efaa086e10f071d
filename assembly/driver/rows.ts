import { currentCall } from "./call";
import { noteLoss } from "./thread";

/** The weight of a row; `weights` 0 stands for weights of 1. */
// @ts-ignore: decorator
@inline
export function weightOf(weights: usize, index: i32): f64 {
  return weights ? <f64>load<f32>(weights + ((<usize>index) << 2)) : 1.0;
}

/** The number of classes of a row; `lengths` 0 stands for rows that have all of them. */
// @ts-ignore: decorator
@inline
export function lengthOf(lengths: usize, index: i32, classes: i32): i32 {
  return lengths ? load<i32>(lengths + ((<usize>index) << 2)) : classes;
}

/** The threshold of a row; `thresholds` 0 stands for thresholds of 0. */
// @ts-ignore: decorator
@inline
export function thresholdOf(thresholds: usize, index: i32): f64 {
  return thresholds ? load<f64>(thresholds + ((<usize>index) << 3)) : 0.0;
}

/** Sets a row of float32 numbers to one value. */
export function fill(target: usize, classes: i32, value: f32): void {
  for (let i: usize = 0; i < <usize>classes; i++) store<f32>(target + (i << 2), value);
}

/**
 * Rows whose gradient is scaled by less, 2^-44, go a slower way: float32 factors that also hold a reciprocal sum
 * might be subnormal.
 */
// @ts-ignore: decorator
@inline const SMALLEST_SCALE: f64 = 5.684341886080802e-14;

/** Rows whose gradient is scaled by more, 2^60, do so too: times an exponential, such a factor might be infinite. */
// @ts-ignore: decorator
@inline const LARGEST_SCALE: f64 = 1152921504606846976.0;

/** Whether factors of this size leave everything that is multiplied by them within float32. */
// @ts-ignore: decorator
@inline
export function isModerate(scale: f64): bool {
  return scale >= SMALLEST_SCALE && scale <= LARGEST_SCALE;
}

/** A loss that takes one row at a time. */
export interface LossOfRow {
  /** The loss of a row that has classes and counts. Writes `factor` times its gradient, if there is one. */
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64;
  /** ∂loss/∂threshold of that row, times the factor. */
  slope(): f64;
}

/** Loss and gradient of the current call's rows, one after the other. Labels are bytes, or soft ones float32. */
export function lossOfRows<R extends LossOfRow>(isSoft: bool): f64 {
  const call = currentCall();
  const lossOf = changetype<R>(0);
  const stride = (<usize>call.classes) << 2;
  const labelStride = isSoft ? stride : <usize>call.classes;
  let logits = call.logits;
  let labels = call.labels;
  let grad = call.grad;
  let sum = call.sum;
  for (let index = 0; index < call.rows; index++) {
    const classes = lengthOf(call.lengths, index, call.classes);
    const weight = weightOf(call.weights, index);
    let loss: f64 = 0;
    let slope: f64 = 0;
    if (weight == 0 || classes == 0) {
      if (grad) fill(grad, classes, 0);
    } else {
      loss = weight * lossOf.row(logits, labels, grad, classes, weight * call.factor, index);
      slope = lossOf.slope();
    }
    if (ASC_FEATURE_THREADS) noteLoss(loss);
    sum += loss;
    if (call.losses) store<f32>(call.losses + ((<usize>index) << 2), <f32>loss);
    if (call.thresholdGrads) store<f32>(call.thresholdGrads + ((<usize>index) << 2), <f32>slope);
    logits += stride;
    labels += labelStride;
    if (grad) grad += stride;
  }
  return sum;
}
