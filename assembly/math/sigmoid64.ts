import { exp64 } from "./exp64";
import { log1p64 } from "./log1p64";
import { isSimple, simplePower } from "./power";

/*
 * What losses of one score and one label are made of, in two float64 lanes. A score s is first made into e = e^-|s|,
 * inverse = 1/(1 + e) and rest = log(1 + e); all others are a few operations on those.
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f64>([1.0, -700.0, -0.0, 0.0]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load64_splat(CONSTANTS + (index << 3));
}

// @ts-ignore: decorator
@inline
export function one64(): v128 {
  return constant(0);
}

// @ts-ignore: decorator
@inline
export function zero64(): v128 {
  return constant(3);
}

/** e^x for x ≤ 0: 0 below -700, and NaN for NaN. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  return v128.andnot(exp64(x), v128.lt<f64>(x, constant(1)));
}

/** e^-|s| */
// @ts-ignore: decorator
@inline
export function expOfMagnitude(s: v128): v128 {
  return expOfNegative(v128.or(s, constant(2)));
}

/** 1/(1 + e) */
// @ts-ignore: decorator
@inline
export function inverse64(e: v128): v128 {
  return v128.div<f64>(one64(), v128.add<f64>(one64(), e));
}

/** σ(s) */
// @ts-ignore: decorator
@inline
export function sigmoid64(s: v128, e: v128, inverse: v128): v128 {
  return v128.mul<f64>(v128.bitselect(e, one64(), v128.lt<f64>(s, zero64())), inverse);
}

/** log(1 + e^s) */
// @ts-ignore: decorator
@inline
export function softplus64(s: v128, rest: v128): v128 {
  return v128.add<f64>(v128.pmax<f64>(s, zero64()), rest);
}

/** log σ(s) */
// @ts-ignore: decorator
@inline
function logSigmoid64(s: v128, rest: v128): v128 {
  return v128.sub<f64>(v128.pmin<f64>(s, zero64()), rest);
}

/** factor·x, and 0 for a factor of 0 whatever x is. */
// @ts-ignore: decorator
@inline
export function part(factor: v128, x: v128): v128 {
  return v128.and(v128.mul<f64>(factor, x), v128.ne<f64>(factor, zero64()));
}

/** x^γ by the logarithm of x ≤ 1. */
// @ts-ignore: decorator
@inline
export function powerByLog(logX: v128, gamma: f64): v128 {
  return expOfNegative(v128.mul<f64>(f64x2.splat(gamma), logX));
}

/** log x for 0 < x ≤ 1, with 1 - x. */
// @ts-ignore: decorator
@inline
export function log64(x: v128, others: v128): v128 {
  return v128.neg<f64>(log1p64(v128.div<f64>(others, x)));
}

/** σ(s)^γ */
// @ts-ignore: decorator
@inline
export function sigmoidPower(s: v128, e: v128, inverse: v128, rest: v128, gamma: f64): v128 {
  if (isSimple(gamma)) return simplePower<f64>(sigmoid64(s, e, inverse), <i32>gamma);
  return powerByLog(logSigmoid64(s, rest), gamma);
}

/** The slope of σ(s)^γ·log(1 + e^s), divided by σ(s)^γ: γ·(1 - σ(s))·log(1 + e^s) + σ(s) */
// @ts-ignore: decorator
@inline
export function focalSlope64(s: v128, e: v128, inverse: v128, rest: v128, gamma: f64): v128 {
  const others = sigmoid64(v128.neg<f64>(s), e, inverse);
  return v128.add<f64>(
    v128.mul<f64>(f64x2.splat(gamma), part(others, softplus64(s, rest))),
    sigmoid64(s, e, inverse),
  );
}
