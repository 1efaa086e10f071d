import { multiplyAdd } from "./multiplyAdd";

/*
 * log(a/b) in four float32 lanes, for a ≥ b.
 *
 *   a = 2ᵏ·c,  ⅔·b ≤ c ≤ 3/2·b                            (k by the difference of their bits)
 *   c - b = 2⁻ᵏ·(a - b) + b·(2⁻ᵏ - 1)                     (which has the digits of a - b where k is 0)
 *   log(c/b) = 2s + s³·p(s²),  s = (c - b)/(c + b)       (minimax, scripts/minimax.py; relative error 2^-28.4)
 *   log(a/b) = k·ln 2 + log(c/b)
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f32>([
  0.6931471805599453, // ln 2
  0.75, // 1 less half the distance of the bits of 1 and 2
  1.0,
  0.666669487953186,
  0.3995765745639801,
  0.30364498496055603,
]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** log(a/b) from the parts of it. */
// @ts-ignore: decorator
@inline
function logarithm(k: v128, difference: v128, sum: v128): v128 {
  const s = v128.div<f32>(difference, sum);
  const t = v128.mul<f32>(s, s);
  let p = multiplyAdd(constant(5), t, constant(4));
  p = multiplyAdd(p, t, constant(3));
  const log = multiplyAdd(v128.mul<f32>(s, t), p, v128.add<f32>(s, s));
  return multiplyAdd(f32x4.convert_i32x4_s(k), constant(0), log);
}

/** log(a/b) for normal a ≥ b, a < 2^126·b, from these and a - b. */
// @ts-ignore: decorator
@inline
export function logOfRatio(a: v128, b: v128, difference: v128): v128 {
  const one = constant(2);
  const half = v128.sub<i32>(one, constant(1));
  const k = v128.shr<i32>(v128.add<i32>(v128.sub<i32>(a, b), half), 23);
  const exponent = v128.shl<i32>(k, 23);
  const power = v128.sub<i32>(one, exponent);
  const c = v128.sub<i32>(a, exponent);
  const rest = multiplyAdd(difference, power, v128.mul<f32>(b, v128.sub<f32>(power, one)));
  return logarithm(k, rest, v128.add<f32>(c, b));
}

/** log(1 + x) for 0 ≤ x < 2^126. At most 2.4 ULP. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const one = constant(2);
  const a = v128.add<f32>(one, x);
  const k = v128.shr<i32>(v128.sub<i32>(a, constant(1)), 23);
  const exponent = v128.shl<i32>(k, 23);
  const power = v128.sub<i32>(one, exponent);
  const c = v128.sub<i32>(a, exponent);
  const rest = multiplyAdd(x, power, v128.sub<f32>(power, one));
  return logarithm(k, rest, v128.add<f32>(c, one));
}
