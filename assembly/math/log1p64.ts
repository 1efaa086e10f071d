import { multiplyAdd64 } from "./multiplyAdd";

/*
 * log(1 + x) in two float64 lanes, for results that are rounded to float32.
 *
 *   u = 1 + x rounded, c = x - (u - 1) what the rounding lost
 *   u = 2ᵏ·m,  √½ ≤ m < √2
 *   log m = s·p(s²),  s = (m - 1)/(m + 1)                (minimax, scripts/minimax.py; relative error 2^-37.8)
 *   log(1 + x) = k·ln 2 + log m + c/u
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

/**
 * log(1 + x) for 0 ≤ x < 2^1023, where inverse = 1/(1 + x), which most callers need anyway; a few digits of it suffice.
 * Relative error at most 2^-36, small x included.
 */
// @ts-ignore: decorator
@inline
export function log1p64(x: v128, inverse: v128): v128 {
  const one = constant(6);
  const u = v128.add<f64>(one, x);
  const lost = v128.sub<f64>(x, v128.sub<f64>(u, one));
  const k = v128.shr<u64>(v128.sub<i64>(u, constant(7)), 52);
  const m = v128.sub<i64>(u, v128.shl<i64>(k, 52));
  const two52 = constant(8);
  const exponent = v128.sub<f64>(v128.or(k, two52), two52);
  const s = v128.div<f64>(v128.sub<f64>(m, one), v128.add<f64>(m, one));
  const t = v128.mul<f64>(s, s);
  let p = multiplyAdd64(constant(5), t, constant(4));
  p = multiplyAdd64(p, t, constant(3));
  p = multiplyAdd64(p, t, constant(2));
  p = multiplyAdd64(p, t, constant(1));
  return multiplyAdd64(exponent, constant(0), multiplyAdd64(s, p, v128.mul<f64>(lost, inverse)));
}
