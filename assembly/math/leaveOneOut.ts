import { multiplyAdd64 } from "./multiplyAdd";
import { coefficient } from "./symmetric";

/*
 * Slopes by the weights of a function of e_m(w), the elementary symmetric polynomials, without a way back. With G_m the
 * slope with respect to e_m, that with respect to w_i is Σ G_m·e_{m-1}(all w but w_i), and since the polynomial of all but
 * w_i is that of all divided by 1 + w_i·x,
 *
 *   ∂/∂w_i = S_0 - S_1·w_i + S_2·w_i² - …,   S_j = Σ_m G_m·e_{m-1-j}(w)
 *
 * with the same S for all weights. The signs alternate, so digits may cancel: most of them for the greatest weight, since
 * what is left beside it is least. How many, the sum at that weight tells.
 */

/** Sums that keep less than this part of their terms, 2^-12, have lost too many digits. */
// @ts-ignore: decorator
@inline const LEAST_PART: f64 = 1.0 / 4096;

/**
 * From a term below this part of the first one on, 2^-48, all are left out: each is a smaller part of the one before than
 * that was of its own.
 */
// @ts-ignore: decorator
@inline const NEGLIGIBLE: f64 = 3.552713678800501e-15;

// @ts-ignore: decorator
@inline
function at(line: usize, m: i32): f64 {
  return load<f64>(coefficient(line, m));
}

/** The greatest of so many groups of eight weights. */
export function greatestOf(weights: usize, groups: i32): f64 {
  let most = f64x2.splat(0);
  const end = weights + ((<usize>groups) << 6);
  for (; weights < end; weights += 64) {
    const first = v128.pmax<f64>(v128.load(weights), v128.load(weights, 16));
    const second = v128.pmax<f64>(v128.load(weights, 32), v128.load(weights, 48));
    most = v128.pmax<f64>(most, v128.pmax<f64>(first, second));
  }
  return max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

/** The same of float32 weights. */
export function greatestNarrow(weights: usize, groups: i32): f64 {
  let most = f32x4.splat(0);
  const end = weights + ((<usize>groups) << 5);
  for (; weights < end; weights += 32) {
    most = v128.pmax<f32>(most, v128.pmax<f32>(v128.load(weights), v128.load(weights, 16)));
  }
  most = v128.pmax<f32>(most, v128.shuffle<i64>(most, most, 1, 0));
  return max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
}

/**
 * Writes the S with alternating signs, float64 [degree], of the lines `polynomial` and `slopes`, which hold each number
 * twice. Returns how many of them count, or 0 if they are no good for weights up to the greatest.
 */
export function leaveOneOutSeries(
  greatest: f64,
  polynomial: usize,
  slopes: usize,
  degree: i32,
  series: usize,
): i32 {
  let power: f64 = 1;
  let sum: f64 = 0;
  let size: f64 = 0;
  let sign: f64 = 1;
  let first: f64 = 0;
  let count = 0;
  for (let j = 0; j < degree; j++) {
    let s: f64 = 0;
    for (let m = j + 1; m <= degree; m++) s += at(slopes, m) * at(polynomial, m - 1 - j);
    store<f64>(series + ((<usize>j) << 3), sign * s);
    const term = s * power;
    if (j == 0) first = s;
    else if (term < first * NEGLIGIBLE) break;
    count = j + 1;
    size += term;
    sum += sign * term;
    sign = -sign;
    power *= greatest;
  }
  return sum >= size * LEAST_PART ? count : 0;
}

/** Replaces each weight w of so many groups by w·(S_0 - S_1·w + …). */
export function leaveOneOutSlopes(weights: usize, groups: i32, series: usize, count: i32): void {
  const last = series + ((<usize>(count - 1)) << 3);
  const end = weights + ((<usize>groups) << 6);
  for (; weights < end; weights += 64) {
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const w2 = v128.load(weights, 32);
    const w3 = v128.load(weights, 48);
    let q0 = v128.load64_splat(last);
    let q1 = q0;
    let q2 = q0;
    let q3 = q0;
    for (let j = last - 8; j >= series; j -= 8) {
      const s = v128.load64_splat(j);
      q0 = multiplyAdd64(q0, w0, s);
      q1 = multiplyAdd64(q1, w1, s);
      q2 = multiplyAdd64(q2, w2, s);
      q3 = multiplyAdd64(q3, w3, s);
    }
    v128.store(weights, v128.mul<f64>(q0, w0));
    v128.store(weights, v128.mul<f64>(q1, w1), 16);
    v128.store(weights, v128.mul<f64>(q2, w2), 32);
    v128.store(weights, v128.mul<f64>(q3, w3), 48);
  }
}

/** w·(S_0 - S_1·w + …) of one weight. */
export function leaveOneOutAt(w: f64, series: usize, count: i32): f64 {
  let q: f64 = 0;
  for (let at = series + ((<usize>(count - 1)) << 3); at >= series; at -= 8) q = q * w + load<f64>(at);
  return w * q;
}

/** Terms below this part of the first, 2^-27, make no difference to a float32. */
// @ts-ignore: decorator
@inline const NARROW_NEGLIGIBLE: f64 = 7.450580596923828e-9;

/** Coefficients up to here, 2^120, have a sum in float32. */
// @ts-ignore: decorator
@inline const NARROW_LARGEST: f64 = 1.329227995784916e36;

/**
 * Writes the series, times a factor, as float32 numbers. Returns how many of them count, or 0 if their sum
 * would lose more than 6 ULP: the j-th term is rounded 2j + 2 times, by an ULP of a number whose ULP is least.
 */
export function narrowSeries(greatest: f64, series: usize, count: i32, factor: f64, narrow: usize): i32 {
  let power: f64 = 1;
  let sum: f64 = 0;
  let lost: f64 = 0;
  let least: f64 = 0;
  let j = 0;
  for (; j < count; j++) {
    const s = load<f64>(series + ((<usize>j) << 3));
    const term = abs(s) * power;
    if (j == 0) least = s * NARROW_NEGLIGIBLE;
    else if (term < least) break;
    const scaled = s * factor;
    if (abs(scaled) > NARROW_LARGEST) return 0;
    store<f32>(narrow + ((<usize>j) << 2), <f32>scaled);
    sum += s * power;
    lost += <f64>(j + 1) * term;
    power *= greatest;
  }
  return lost <= 3 * sum ? j : 0;
}
