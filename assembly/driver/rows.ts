/** The weight of a row; `weights` 0 stands for weights of 1. */
// @ts-ignore: decorator
@inline
export function weightOf(weights: usize, index: i32): f64 {
  return weights ? <f64>load<f32>(weights + ((<usize>index) << 2)) : 1.0;
}

/** Sets a row of float32 numbers to one value. */
export function fill(target: usize, classes: i32, value: f32): void {
  for (let i: usize = 0; i < <usize>classes; i++) store<f32>(target + (i << 2), value);
}
