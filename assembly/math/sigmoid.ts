import { log1p } from "./log1p";
import { multiplyAdd } from "./multiplyAdd";
import { simplePower } from "./power";

/* The terms of losses of one score and one label in four float32 lanes. sigmoid64.ts is for scores of any size. */

// @ts-ignore: decorator
@lazy const ONE = memory.data<f32>([1.0]);

// @ts-ignore: decorator
@inline
export function one32(): v128 {
  return v128.load32_splat(ONE);
}

/** Beyond it, a power makes so much of the errors of e^z and σ(z) that these are worth more operations. */
// @ts-ignore: decorator
@inline export const GREATEST_EXPONENT = 2;

/** Up to this |z|, the focal term and its slope are normal numbers. */
// @ts-ignore: decorator
@inline
export function focalLimit(gamma: f64): f32 {
  return <f32>(80 / (gamma + 1));
}

/** σ(z)^γ·log(1 + e^z) from e = e^z, for a simple γ. Stores its slope, if that is to go anywhere. */
// @ts-ignore: decorator
@inline
export function focalTerm(e: v128, gamma: v128, exponent: i32, slopes: usize): v128 {
  const a = v128.add<f32>(one32(), e);
  const others = v128.div<f32>(one32(), a);
  const q = exponent > GREATEST_EXPONENT ? v128.div<f32>(e, a) : v128.mul<f32>(e, others);
  const surprise = log1p(e);
  const power = simplePower<f32>(q, exponent);
  if (slopes) {
    const slope = multiplyAdd(v128.mul<f32>(gamma, others), surprise, q);
    v128.store(slopes, v128.mul<f32>(power, slope));
  }
  return v128.mul<f32>(power, surprise);
}
