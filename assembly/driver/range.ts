import { constant, ROUND, ROUND_SUMS } from "../math/exp";
import { loadTail } from "./vectors";

/*
 * Which scores the fast paths take. They find out as they go, and leave what is outside to a careful one.
 */

/** |x| as an unsigned integer that orders like it, NaN above all; the shift drops the sign. */
// @ts-ignore: decorator
@inline
export function magnitude(x: v128): v128 {
  return v128.shl<i32>(x, 1);
}

/** Scores beyond this leave the fast path: up to here eˣ, its sums and the factors made of them stay normal numbers. */
// @ts-ignore: decorator
@inline export const MODERATE: f32 = 40;

/** Whether there is a score that is larger than that, infinite or NaN. */
// @ts-ignore: decorator
@inline
export function isLarge(peak: v128, bound: f32 = MODERATE): bool {
  return v128.any_true(v128.gt<u32>(peak, i32x4.splat(reinterpret<i32>(bound) << 1)));
}

/** The greatest magnitudes of a row's scores, without touching anything else. */
export function peakOf(logits: usize, classes: i32): v128 {
  let peak = i32x4.splat(0);
  const end = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end; logits += 16) peak = v128.max<u32>(peak, magnitude(v128.load(logits)));
  if (classes & 3) peak = v128.max<u32>(peak, magnitude(loadTail(logits, classes & 3)));
  return peak;
}

/*
 * In long rows, losses of sums keep 2^33·eˣ. For that, the t of x = n·ln 2 + r (math/exp.ts) is 2 + (n + 160)·2^-22, and
 * while n + 160 is between 0 and 255, t has no bits but that of the 2 and the lowest eight: any x that is too large or too
 * small, and NaN, sets another one, but for an x that makes t exactly 0 and with it the exponential. So a single disjunction
 * a vector tells of both ends. Magnitudes take two operations.
 *
 *   -110.5 < x      below, 2^33·eˣ would not be a normal number; where it is taken for 0, eˣ is less than 2^-159.4
 *          x < 65   and long before, the sums tell that a factor might become subnormal
 *
 * Short rows spend more on checking their sums than that saves, and a loss of products, log(1 + a·b), has factors as small
 * as a and b are. They keep eˣ, and ask for magnitudes.
 */

/** 2^-33 */
// @ts-ignore: decorator
@inline export const UNSCALE: f64 = 1.1641532182693481e-10;

/** The constant that makes the exponentials those that are kept. */
// @ts-ignore: decorator
@inline
export function roundOf(isScaled: bool): v128 {
  return isScaled ? constant(ROUND_SUMS) : constant(ROUND);
}

/** What was seen so far, and x with its t. */
// @ts-ignore: decorator
@inline
export function noted(seen: v128, x: v128, t: v128, isScaled: bool): v128 {
  return isScaled ? v128.or(seen, t) : v128.max<u32>(seen, magnitude(x));
}

/** Whether something was seen that the fast path does not take. */
// @ts-ignore: decorator
@inline
export function isOutside(seen: v128, isScaled: bool): bool {
  // 0x400000ff: the bit of 2, and the lowest eight.
  return isScaled ? v128.any_true(v128.andnot(seen, i32x4.splat(0x400000ff))) : isLarge(seen);
}

/*
 * A row whose exponentials are all in range goes the fast way if neither sum is beyond 2^40 and both together are not below
 * 2^-90: then its factor, which is scaled by 2^-33, is a normal number, and exponentials that were taken for 0 do not count.
 */

// @ts-ignore: decorator
@inline const GREATEST_SUM: f64 = 1099511627776.0;
// @ts-ignore: decorator
@inline const LEAST_SUM: f64 = 8.077935669463161e-28;

/** Whether the sums of a scaled row are not those of a row that goes the fast way. */
// @ts-ignore: decorator
@inline
export function areOutside(a: f64, b: f64): bool {
  return !(max(a, b) <= GREATEST_SUM && a + b >= LEAST_SUM);
}

/** Whether scores of up to this magnitude are all that there is: they are in range, and so are the sums of 2^24 of them. */
// @ts-ignore: decorator
@inline
export function areSafe(peak: v128, classes: i32): bool {
  return classes < 1 << 24 && !isLarge(peak, SAFE);
}

// @ts-ignore: decorator
@inline const SAFE: f32 = 11;

/** The scales of the gradient, 2^-38 to 2^9, for which that holds: a gradient of 2^-159.4 times the largest rounds to 0. */
// @ts-ignore: decorator
@inline const SMALLEST_SCALE: f64 = 3.637978807091713e-12;
// @ts-ignore: decorator
@inline const LARGEST_SCALE: f64 = 512.0;

/** Whether that holds for a scale, where exponentials are at most `shift` times those of the scores. */
// @ts-ignore: decorator
@inline
export function isFitting(scale: f64, shift: f64): bool {
  return scale >= SMALLEST_SCALE && scale * shift <= LARGEST_SCALE;
}
