import { multiplyAdd } from "./multiplyAdd";

/*
 * log(a/b) in four float32 lanes, for a ≥ b.
 *
 *   a = 2ᵏ·c,  ⅔·b ≤ c ≤ 3/2·b                            (k by the difference of their bits)
 *   c - b, which is the given a - b with all its digits where k is 0
 *   log(c/b) = 2s + s³·p(s²),  s = (c - b)/(c + b)       (minimax, scripts/minimax.py; relative error 2^-28.4)
 *   log(a/b) = k·ln 2 + log(c/b)
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f32>([
  0.6931471805599453, // ln 2
  5.877471754111438e-39, // 2^-127: its bits are half the distance of those of 1 and 2
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

/** log(a/b) for normal a ≥ b, a < 2^126·b, from these and a - b. */
// @ts-ignore: decorator
@inline
export function logOfRatio(a: v128, b: v128, difference: v128): v128 {
  const k = v128.shr<i32>(v128.add<i32>(v128.sub<i32>(a, b), constant(1)), 23);
  const c = v128.sub<i32>(a, v128.shl<i32>(k, 23));
  const isReduced = v128.gt<i32>(k, i32x4.splat(0));
  const other = v128.sub<f32>(c, b);
  const rest = ASC_FEATURE_RELAXED_SIMD
    ? v128.relaxed_laneselect<i32>(other, difference, isReduced)
    : v128.bitselect(other, difference, isReduced);
  const s = v128.div<f32>(rest, v128.add<f32>(c, b));
  const t = v128.mul<f32>(s, s);
  let p = multiplyAdd(constant(5), t, constant(4));
  p = multiplyAdd(p, t, constant(3));
  const log = multiplyAdd(v128.mul<f32>(s, t), p, v128.add<f32>(s, s));
  return multiplyAdd(f32x4.convert_i32x4_s(k), constant(0), log);
}

/** log(1 + x) for 0 ≤ x < 2^126. At most 2.45 ULP. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  return logOfRatio(v128.add<f32>(constant(2), x), constant(2), x);
}
