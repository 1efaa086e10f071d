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
 * Rows whose gradient is scaled by less, 2^-44, go a slower way: float32 factors that also hold a reciprocal sum, or the
 * scale of expScaled, might be subnormal.
 */
// @ts-ignore: decorator
@inline export const SMALLEST_SCALE: f64 = 5.684341886080802e-14;

/** Rows whose gradient is scaled by more, 2^60, do so too: times an exponential, such a factor might be infinite. */
// @ts-ignore: decorator
@inline const LARGEST_SCALE: f64 = 1152921504606846976.0;

/** Whether factors of this size leave everything that is multiplied by them within float32. */
// @ts-ignore: decorator
@inline
export function isModerate(scale: f64): bool {
  return scale >= SMALLEST_SCALE && scale <= LARGEST_SCALE;
}

/** Multiplies a row by one value. */
export function multiply(target: usize, classes: i32, value: f32): void {
  for (let i: usize = 0; i < <usize>classes; i++) {
    store<f32>(target + (i << 2), load<f32>(target + (i << 2)) * value);
  }
}
