/*
 * What the sweep measures by: functions in float64, of the standard library, whose errors are of the order of 2^-53 of the
 * value, 2^-28 ULP of float32. test/accuracy.test.ts compares them with decimals of 60 digits.
 */

/** Half way between the largest float32 and 2^128: from here on, the nearest float32 is Infinity. */
const OVERFLOW: f64 = 3.4028235677973366e38;

/** 1/(1 + e^-x) */
export function sigmoid(x: f64): f64 {
  const e = NativeMath.exp(-abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** log(1 + e^x) */
export function softplus(x: f64): f64 {
  return max(x, 0) + NativeMath.log1p(NativeMath.exp(-abs(x)));
}

/** σ(x)^γ·log(1 + e^x), for γ = 1 and 2 */
export function focal(x: f64, gamma: i32): f64 {
  const q = sigmoid(x);
  return (gamma == 2 ? q * q : q) * softplus(x);
}

/** Its slope; (1 - σ)·log(1 + e^x) of a great x is 0·∞. */
export function focalSlope(x: f64, gamma: i32): f64 {
  const q = sigmoid(x);
  const others = sigmoid(-x);
  return (gamma == 2 ? q * q : q) * ((others == 0 ? 0 : <f64>gamma * others * softplus(x)) + q);
}

/** The m of q = σ(x) - m, and log(m/(1 - m)), where q is 0, as the sum of two numbers. */
export const MARGIN: f64 = 0.05;
const EDGE_HIGH: f64 = -2.9444389791664403;
const EDGE_LOW: f64 = -1.393289304256112e-16;

/** q^4·(-log(1 - q)) with q = max(σ(x) - m, 0). Leaves its slope behind. */
export function asymmetric(x: f64): f64 {
  asymmetricSlope = 0;
  const d = x - EDGE_HIGH - EDGE_LOW;
  const others = sigmoid(-x);
  const p = sigmoid(x);
  const q = d <= 1 ? MARGIN * NativeMath.expm1(d) * others : p - MARGIN;
  if (q <= 0) return 0;
  const rest = others + MARGIN;
  const surprise = NativeMath.log1p(q / rest);
  const power = q * q * (q * q);
  asymmetricSlope = p * others * power * ((4 * surprise) / q + 1 / rest);
  return power * surprise;
}

export let asymmetricSlope: f64 = 0;

/** 1/ulp of float32 at a number: 2^149 for subnormal ones and 0. */
// @ts-ignore: decorator
@inline
function inverseUlp(exact: f64): f64 {
  const exponent = <i32>((reinterpret<u64>(exact) >> 52) & 0x7ff) - 1023;
  return reinterpret<f64>((<u64>(1046 - min(max(exponent, -126), 127))) << 52);
}

/** The error of what is not a number, or infinite. */
function specialError(got: f64, exact: f64): f64 {
  if (isNaN(exact) || isNaN(got)) return isNaN(exact) && isNaN(got) ? 0 : Infinity;
  if (got == exact) return 0;
  if (abs(exact) == Infinity) return Infinity;
  if (got > 0 == exact > 0 && abs(exact) >= OVERFLOW) return 0;
  return abs((got > 0 ? 3.402823669209385e38 : -3.402823669209385e38) - exact) * inverseUlp(exact);
}

/** How far a float32 is from the exact value, in units in its last place. */
// @ts-ignore: decorator
@inline
export function ulpError(got: f32, exact: f64): f64 {
  const wide = <f64>got;
  const error = abs(wide - exact) * inverseUlp(exact);
  // Neither infinite nor NaN.
  return error < 1e30 && abs(wide) < Infinity ? error : specialError(wide, exact);
}
