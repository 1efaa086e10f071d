import { multiplyAdd } from "./multiplyAdd";

/*
 * eˣ in four float32 lanes.
 *
 *   x = n·ln 2 + r,  n an integer, |r| ≤ ½·ln 2          (Cody and Waite: ln 2 in two parts, n·LN2_HIGH is exact)
 *   eʳ = 1 + r + r²·q(r),  q of degree 4                 (minimax, scripts/minimax.py; relative error 2^-28.2)
 *   eˣ = 2ⁿ·eʳ = 2ⁿ + 2ⁿ·(r + r²·q(r))
 *
 * t = x·log2 e·2^-22 + ROUND rounds to 2 + (n + 127)·2^-22 and leaves n + 127 in its low bits: that makes n an integer and
 * adds the exponent's bias at once, so that a shift by 23 bits gives 2ⁿ. The factor of 2^-22 puts t between 2 and 4, where
 * only one bit is set beside those of n + 127: driver/range.ts can tell from t whether x was in range.
 *
 * The constants lie in memory: a vector constant in the code is rebuilt by V8 at every use, a loaded one is kept until
 * the next store. The loops that count most hold them in variables and call `expFromWith`.
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f32>([
  3.4396529713376367e-7, // log2 e·2^-22
  2.0000302791595459, // ROUND = 2 + 127·2^-22
  -2908160.0, // -LN2_HIGH·2^22: 10 bits, so that n·LN2_HIGH is exact
  890.0079956054688, // -LN2_LOW·2^22, LN2_LOW = ln 2 - LN2_HIGH
  0.4999999403953552,
  0.16666516661643982,
  0.04166810214519501,
  0.008369192481040955,
  0.0013838812010362744,
  -142.0, // below it 2^56·eˣ rounds to 0
  2.000049352645874, // ROUND + 80·2^-22
  2.0000381469726562, // ROUND + 33·2^-22
]);

// @ts-ignore: decorator
@inline export const LOG2_E = 0;
// @ts-ignore: decorator
@inline export const ROUND = 1;
// @ts-ignore: decorator
@inline export const MINUS_LN2_HIGH = 2;
// @ts-ignore: decorator
@inline export const MINUS_LN2_LOW = 3;
// @ts-ignore: decorator
@inline export const C2 = 4;
// @ts-ignore: decorator
@inline export const C3 = 5;
// @ts-ignore: decorator
@inline export const C4 = 6;
// @ts-ignore: decorator
@inline export const C5 = 7;
// @ts-ignore: decorator
@inline export const C6 = 8;
// @ts-ignore: decorator
@inline const LOWEST = 9;
// @ts-ignore: decorator
@inline const ROUND_SCALED = 10;
// @ts-ignore: decorator
@inline export const ROUND_SUMS = 11;

// @ts-ignore: decorator
@inline
export function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** t, for the n of x = n·ln 2 + r. */
// @ts-ignore: decorator
@inline
export function rounded(x: v128, log2e: v128, round: v128): v128 {
  return multiplyAdd(x, log2e, round);
}

/** r of x = n·ln 2 + r, by n·2^-22. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128, minusHigh: v128, minusLow: v128): v128 {
  return multiplyAdd(n, minusLow, multiplyAdd(n, minusHigh, x));
}

/** q(r) */
// @ts-ignore: decorator
@inline
function quotient(r: v128, c2: v128, c3: v128, c4: v128, c5: v128, c6: v128): v128 {
  let q = multiplyAdd(c6, r, c5);
  q = multiplyAdd(q, r, c4);
  q = multiplyAdd(q, r, c3);
  return multiplyAdd(q, r, c2);
}

/** eʳ - 1 for |r| ≤ ½·ln 2. */
// @ts-ignore: decorator
@inline
function polynomial(r: v128, c2: v128, c3: v128, c4: v128, c5: v128, c6: v128): v128 {
  return multiplyAdd(v128.mul<f32>(r, r), quotient(r, c2, c3, c4, c5, c6), r);
}

/** eˣ for -87.3 ≤ x ≤ 88.3 (outside, the exponent wraps: the caller keeps away). At most 1.02 ULP. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const round = constant(ROUND);
  return expFrom(x, rounded(x, constant(LOG2_E), round), round);
}

/** `exp` for a caller that has use for t as well, or another ROUND and with it eˣ times a power of two. */
// @ts-ignore: decorator
@inline
export function expFrom(x: v128, t: v128, round: v128): v128 {
  return expFromWith(
    x,
    t,
    round,
    constant(MINUS_LN2_HIGH),
    constant(MINUS_LN2_LOW),
    constant(C2),
    constant(C3),
    constant(C4),
    constant(C5),
    constant(C6),
  );
}

/** `expFrom` for a loop that keeps the constants in variables of its own: no store in the loop makes it load them again. */
// @ts-ignore: decorator
@inline
export function expFromWith(
  x: v128,
  t: v128,
  round: v128,
  minusLn2High: v128,
  minusLn2Low: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
): v128 {
  const r = reduced(x, v128.sub<f32>(t, round), minusLn2High, minusLn2Low);
  const power = v128.shl<i32>(t, 23);
  return multiplyAdd(power, polynomial(r, c2, c3, c4, c5, c6), power);
}

/**
 * e^(s - center), with what `expFromWith` is given. From s, n·ln 2 is taken first, and the center from what is left: beside the
 * error of `exp`, that costs half the spacing of float32 at |center| + ½·ln 2.
 */
// @ts-ignore: decorator
@inline
export function expOfDifference(
  s: v128,
  center: v128,
  log2e: v128,
  round: v128,
  minusLn2High: v128,
  minusLn2Low: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
): v128 {
  const t = rounded(v128.sub<f32>(s, center), log2e, round);
  const n = v128.sub<f32>(t, round);
  const r = multiplyAdd(n, minusLn2Low, v128.sub<f32>(multiplyAdd(n, minusLn2High, s), center));
  const power = v128.shl<i32>(t, 23);
  return multiplyAdd(power, polynomial(r, c2, c3, c4, c5, c6), power);
}

/** What expScaled multiplies by, a power of 2, and its reciprocal. */
// @ts-ignore: decorator
@inline const SCALE: f64 = 1208925819614629174706176.0; // 2^80
// @ts-ignore: decorator
@inline const UNSCALE: f64 = 1.0 / SCALE;

// @ts-ignore: decorator
@lazy const UNSCALES = memory.data<f64>([UNSCALE]);

/** The reciprocal in float64 lanes. */
// @ts-ignore: decorator
@inline
export function unscale64(): v128 {
  return v128.load64_splat(UNSCALES);
}

/**
 * 2^80·e^(x + low) for x ≤ 0, where low is the part of the exact argument that x lost to rounding. Thanks to the scale
 * the result is a normal number wherever e^x·2^56 is not 0, so that it can be multiplied by a weight and rounded once.
 * 0 below -142, and for NaN. At most 1.2 ULP.
 */
// @ts-ignore: decorator
@inline
export function expScaled(x: v128, low: v128): v128 {
  const t = rounded(x, constant(LOG2_E), constant(ROUND_SCALED));
  const n = v128.sub<f32>(t, constant(ROUND_SCALED));
  const r = v128.add<f32>(reduced(x, n, constant(MINUS_LN2_HIGH), constant(MINUS_LN2_LOW)), low);
  const power = v128.shl<i32>(t, 23);
  const p = polynomial(r, constant(C2), constant(C3), constant(C4), constant(C5), constant(C6));
  return v128.and(multiplyAdd(power, p, power), v128.ge<f32>(x, constant(LOWEST)));
}

/**
 * eᵈ - one for d = x + high + middle + low, |d| as in `exp`, with its digits where that is small: for an `one` of 1 or 0,
 * a high that is a multiple of 2^-9, and the others so much smaller that each adds digits to the one before. `hasHigh` is
 * false where high is 0, which saves operations.
 */
// @ts-ignore: decorator
@inline
export function expMinus(x: v128, high: v128, middle: v128, low: v128, one: v128, hasHigh: bool): v128 {
  const t = rounded(v128.add<f32>(x, high), constant(LOG2_E), constant(ROUND));
  const n = v128.sub<f32>(t, constant(ROUND));
  // Exact. An x that is smaller may have digits that its sum with it has not; these and what r loses go to the smaller parts.
  const center = multiplyAdd(n, constant(MINUS_LN2_HIGH), high);
  const first = v128.add<f32>(x, center);
  const second = multiplyAdd(n, constant(MINUS_LN2_LOW), middle);
  const r = v128.add<f32>(first, second);
  let lost = v128.add<f32>(v128.sub<f32>(second, v128.sub<f32>(r, first)), low);
  if (hasHigh) lost = v128.add<f32>(lost, v128.sub<f32>(x, v128.sub<f32>(first, center)));
  const q = quotient(r, constant(C2), constant(C3), constant(C4), constant(C5), constant(C6));
  const smaller = multiplyAdd(v128.mul<f32>(r, r), q, lost);
  const power = v128.shl<i32>(t, 23);
  const base = v128.sub<f32>(power, one);
  const scaled = v128.mul<f32>(power, r);
  const larger = v128.add<f32>(base, scaled);
  const lostByBase = v128.sub<f32>(scaled, v128.sub<f32>(larger, base));
  return v128.add<f32>(larger, multiplyAdd(power, smaller, lostByBase));
}
