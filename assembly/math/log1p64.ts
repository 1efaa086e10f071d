import { multiplyAdd64 } from "./multiplyAdd";

/*
 * log(1 + x) in two float64 lanes, for results that are rounded to float32.
 *
 *   u = 1 + x rounded, c = x - (u - 1) what the rounding lost
 *   u = 2ᵏ·m,  √½ ≤ m < √2
 *   log m = s·p(s²),  s = (m - 1)/(m + 1)                (minimax, scripts/minimax.py; relative error 2^-37.8)
 *   log(1 + x) = k·ln 2 + log m + c/u, of which c/u counts only where u is close to 1
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f64>([
  0.6931471805599453, // ln 2
  2.0000000000085096,
  0.6666666522880662,
  0.4000038824003926,
  0.28534835769767103,
  0.23620377105524482,
  1.0,
  0.7071067811865476, // √½: its bits are subtracted from those of u
  4503599627370496.0, // 2^52: its bits under an integer make the float64 2^52 + integer
]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load64_splat(CONSTANTS + (index << 3));
}

/** The exponent k of u = 2ᵏ·m. */
// @ts-ignore: decorator
@inline
function exponentOf(u: v128): v128 {
  return v128.shr<u64>(v128.sub<i64>(u, constant(7)), 52);
}

/** m of u = 2ᵏ·m. */
// @ts-ignore: decorator
@inline
function mantissaOf(u: v128): v128 {
  return v128.sub<i64>(u, v128.shl<i64>(exponentOf(u), 52));
}

/** log(1 + x) by s = (m - 1)/(m + 1). */
// @ts-ignore: decorator
@inline
function logOf(x: v128, u: v128, s: v128): v128 {
  const one = constant(6);
  const k = exponentOf(u);
  const lost = v128.sub<f64>(x, v128.sub<f64>(u, one));
  // 2⁻ᵏ, in place of 1/u: what was lost counts only where k is 0.
  const scale = v128.sub<i64>(one, v128.shl<i64>(k, 52));
  const two52 = constant(8);
  const exponent = v128.sub<f64>(v128.or(k, two52), two52);
  const t = v128.mul<f64>(s, s);
  let p = multiplyAdd64(constant(5), t, constant(4));
  p = multiplyAdd64(p, t, constant(3));
  p = multiplyAdd64(p, t, constant(2));
  p = multiplyAdd64(p, t, constant(1));
  return multiplyAdd64(exponent, constant(0), multiplyAdd64(s, p, v128.mul<f64>(lost, scale)));
}

/** log(1 + x) for 0 ≤ x < 2^1023. Relative error at most 2^-36, small x included. */
// @ts-ignore: decorator
@inline
export function log1p64(x: v128): v128 {
  const one = constant(6);
  const u = v128.add<f64>(one, x);
  const m = mantissaOf(u);
  return logOf(x, u, v128.div<f64>(v128.sub<f64>(m, one), v128.add<f64>(m, one)));
}

/** 1/((1 + x)·(m + 1)): the one division of both 1/(1 + x) and log(1 + x), for 0 ≤ x < 2^1021. */
// @ts-ignore: decorator
@inline
export function commonInverse(x: v128): v128 {
  const one = constant(6);
  const u = v128.add<f64>(one, x);
  return v128.div<f64>(one, v128.mul<f64>(u, v128.add<f64>(mantissaOf(u), one)));
}

/** 1/(1 + x) by `commonInverse`. */
// @ts-ignore: decorator
@inline
export function inverseBy(common: v128, x: v128): v128 {
  const one = constant(6);
  return v128.mul<f64>(common, v128.add<f64>(mantissaOf(v128.add<f64>(one, x)), one));
}

/** log(1 + x) by `commonInverse`. */
// @ts-ignore: decorator
@inline
export function log1pBy(common: v128, x: v128): v128 {
  const one = constant(6);
  const u = v128.add<f64>(one, x);
  return logOf(x, u, v128.mul<f64>(v128.mul<f64>(v128.sub<f64>(mantissaOf(u), one), common), u));
}
