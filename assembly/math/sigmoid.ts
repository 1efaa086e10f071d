/*
 * What losses of one score and one label are made of, in four float32 lanes, from e = e^z: q = σ(z) = e/(1 + e), others =
 * 1 - q = 1/(1 + e) and surprise = log(1 + e). sigmoid64.ts has the same for scores of any size.
 */

/** Up to this |z|, q^γ and its slope are normal numbers. */
// @ts-ignore: decorator
@inline
export function focalLimit(gamma: f64): f32 {
  return <f32>(80 / (gamma + 1));
}

// @ts-ignore: decorator
@lazy const ONE = memory.data<f32>([1.0]);

// @ts-ignore: decorator
@inline
export function one32(): v128 {
  return v128.load32_splat(ONE);
}

/** 1/(1 + x) */
// @ts-ignore: decorator
@inline
export function inverseOnePlus(x: v128): v128 {
  const one = one32();
  return v128.div<f32>(one, v128.add<f32>(one, x));
}

/** The slope of q^γ·surprise, divided by q^γ. */
// @ts-ignore: decorator
@inline
export function focalSlope(others: v128, q: v128, surprise: v128, gamma: f64): v128 {
  return v128.add<f32>(v128.mul<f32>(v128.mul<f32>(f32x4.splat(<f32>gamma), others), surprise), q);
}
