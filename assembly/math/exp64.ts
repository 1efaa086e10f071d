import { multiplyAdd64 } from "./multiplyAdd";

/*
 * eˣ in two float64 lanes, the same way as in exp.ts, for the paths that float32 is not enough for.
 *
 *   x = n·ln 2 + r,  n an integer, |r| ≤ ½·ln 2          (Cody and Waite: ln 2 in two parts, n·LN2_HIGH is exact)
 *   eʳ = 1 + r + r²·q(r),  q of degree 9                 (minimax, scripts/minimax.py; relative error 2^-50.5)
 *   eˣ = 2ⁿ·eʳ = 2ⁿ + 2ⁿ·(r + r²·q(r))
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f64>([
  1.4426950408889634, // log2 e
  6755399441056767.0, // ROUND = 1.5·2^52 + 1023
  -0.6931471803691238, // -LN2_HIGH: 33 bits, so that n·LN2_HIGH is exact
  -1.9082149292705877e-10, // -LN2_LOW
  0.5000000000000011,
  0.16666666666666435,
  0.041666666666525784,
  0.008333333333478332,
  0.0013888888945034511,
  0.00019841269530138672,
  2.4801490755340766e-5,
  2.7557595795570694e-6,
  2.7633301862004874e-7,
  2.503678188898264e-8,
]);

/** The same for `shortExp64With`: ln 2 in one part, and q of degree 6 (relative error 2^-39.7). */
// @ts-ignore: decorator
@lazy
const SHORT = memory.data<f64>([
  1.4426950408889634, // log2 e
  6755399441056767.0, // ROUND
  -0.6931471805599453, // -ln 2
  0.5000000000428497,
  0.1666666678479278,
  0.041666664398423287,
  0.00833328170563147,
  0.0013889197727062405,
  0.00019909006300589718,
  2.4708204038909413e-5,
]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load64_splat(CONSTANTS + (index << 3));
}

/** n in the low bits, with the bias of the exponent. */
// @ts-ignore: decorator
@inline
function roundedOf(x: v128): v128 {
  return multiplyAdd64(x, constant(0), constant(1));
}

/** 2ⁿ */
// @ts-ignore: decorator
@inline
function powerOf(rounded: v128): v128 {
  return v128.shl<i64>(rounded, 52);
}

/** eʳ - 1, by pairs of coefficients, which do not wait for one another. */
// @ts-ignore: decorator
@inline
function polynomial(x: v128, rounded: v128): v128 {
  const n = v128.sub<f64>(rounded, constant(1));
  const r = multiplyAdd64(n, constant(3), multiplyAdd64(n, constant(2), x));
  const square = v128.mul<f64>(r, r);
  let q = multiplyAdd64(constant(13), r, constant(12));
  q = multiplyAdd64(q, square, multiplyAdd64(constant(11), r, constant(10)));
  q = multiplyAdd64(q, square, multiplyAdd64(constant(9), r, constant(8)));
  q = multiplyAdd64(q, square, multiplyAdd64(constant(7), r, constant(6)));
  q = multiplyAdd64(q, square, multiplyAdd64(constant(5), r, constant(4)));
  return multiplyAdd64(square, q, r);
}

/** eˣ - 1 for -708 ≤ x ≤ 709, with its digits where that is small. */
// @ts-ignore: decorator
@inline
export function expMinusOne64(x: v128): v128 {
  const rounded = roundedOf(x);
  const power = powerOf(rounded);
  return multiplyAdd64(power, polynomial(x, rounded), v128.sub<f64>(power, f64x2.splat(1)));
}

/** eˣ for -708 ≤ x ≤ 709 (outside, the exponent wraps: the caller keeps away). Relative error at most 2^-49. */
// @ts-ignore: decorator
@inline
export function exp64(x: v128): v128 {
  const rounded = roundedOf(x);
  const power = powerOf(rounded);
  return multiplyAdd64(power, polynomial(x, rounded), power);
}

/*
 * The same with fewer digits, in three quarters of the instructions, for loops that keep the constants in variables. Relative
 * error at most 2^-39.
 */

// @ts-ignore: decorator
@inline
export function shortConstant(index: usize): v128 {
  return v128.load64_splat(SHORT + (index << 3));
}

/** e^x where no loop holds the constants. */
// @ts-ignore: decorator
@inline
export function shortExp64(x: v128): v128 {
  return shortExp64With(
    x,
    shortConstant(0),
    shortConstant(1),
    shortConstant(2),
    shortConstant(3),
    shortConstant(4),
    shortConstant(5),
    shortConstant(6),
    shortConstant(7),
    shortConstant(8),
    shortConstant(9),
  );
}

/** e^x, where c0 to c6 are the coefficients of q. */
// @ts-ignore: decorator
@inline
export function shortExp64With(
  x: v128,
  log2e: v128,
  round: v128,
  minusLn2: v128,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
): v128 {
  const rounded = multiplyAdd64(x, log2e, round);
  const power = powerOf(rounded);
  const r = multiplyAdd64(v128.sub<f64>(rounded, round), minusLn2, x);
  let q = multiplyAdd64(c6, r, c5);
  q = multiplyAdd64(q, r, c4);
  q = multiplyAdd64(q, r, c3);
  q = multiplyAdd64(q, r, c2);
  q = multiplyAdd64(q, r, c1);
  q = multiplyAdd64(q, r, c0);
  return multiplyAdd64(power, multiplyAdd64(v128.mul<f64>(r, r), q, r), power);
}
