import {
  C2,
  C3,
  C4,
  C5,
  C6,
  constant,
  expOfDifference,
  expScaled,
  LOG2_E,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  ROUND,
  unscale64,
} from "../math/exp";
import { highPair, lostBySubtraction } from "../math/lanes";
import { multiplyAdd } from "../math/multiplyAdd";
import { loadTail, storeTail } from "./vectors";

/*
 * The weights of classes, e^(s - center) of their scores s, which need be no more exact than float32; and a gradient made of
 * them.
 */

/** A center up to here costs the exponential at most 4 ULP. */
// @ts-ignore: decorator
@inline const MODERATE_CENTER: f64 = 7.5;

/** Down to here, e^x is a normal float32. */
// @ts-ignore: decorator
@inline const LOWEST: f32 = -80;

/** Four of the `left` scores that are left, or what there is of them, and 0. */
// @ts-ignore: decorator
@inline
function loadFour(scores: usize, left: i32): v128 {
  return left >= 4 ? v128.load(scores) : loadTail(scores, left);
}

/**
 * Writes the weights of so many scores as float32 numbers, in fours, none of them subnormal. Returns false, and what it has
 * written is no good, if the center or a score is not moderate.
 */
export function weighModerate(scores: usize, count: i32, center: f64, weights: usize): bool {
  if (<f64>(<f32>center) != center || abs(center) > MODERATE_CENTER) return false;
  const log2e = constant(LOG2_E);
  const round = constant(ROUND);
  const high = constant(MINUS_LN2_HIGH);
  const low = constant(MINUS_LN2_LOW);
  const c2 = constant(C2);
  const c3 = constant(C3);
  const c4 = constant(C4);
  const c5 = constant(C5);
  const c6 = constant(C6);
  const centers = f32x4.splat(<f32>center);
  let least = f32x4.splat(Infinity);
  const end8 = scores + ((<usize>(count & ~7)) << 2);
  for (; scores < end8; scores += 32, weights += 32) {
    const s0 = v128.load(scores);
    const s1 = v128.load(scores, 16);
    least = v128.pmin<f32>(least, v128.pmin<f32>(s0, s1));
    v128.store(weights, expOfDifference(s0, centers, log2e, round, high, low, c2, c3, c4, c5, c6));
    v128.store(weights, expOfDifference(s1, centers, log2e, round, high, low, c2, c3, c4, c5, c6), 16);
  }
  for (let left = count & 7; left > 0; left -= 4, scores += 16, weights += 16) {
    const s = loadFour(scores, left);
    least = v128.pmin<f32>(least, s);
    v128.store(weights, expOfDifference(s, centers, log2e, round, high, low, c2, c3, c4, c5, c6));
  }
  return i32x4.all_true(v128.ge<f32>(least, f32x4.splat(<f32>center + LOWEST)));
}

/** Groups of eight such weights in float64. */
export function widenWeights(narrow: usize, groups: i32, weights: usize): void {
  const end = narrow + ((<usize>groups) << 5);
  for (; narrow < end; narrow += 16, weights += 32) {
    const w = v128.load(narrow);
    v128.store(weights, f64x2.promote_low_f32x4(w));
    v128.store(weights, highPair(w), 16);
  }
}

/** The weights of any scores in float64, in fours. */
export function weighAny(scores: usize, count: i32, center: f64, weights: usize): void {
  const unscale = unscale64();
  const high = f32x4.splat(<f32>center);
  const low = f32x4.splat(<f32>(center - <f64>(<f32>center)));
  for (let i = 0; i < count; i += 4, scores += 16, weights += 32) {
    const s = loadFour(scores, count - i);
    const x = v128.sub<f32>(s, high);
    const e = expScaled(x, v128.sub<f32>(lostBySubtraction(s, high, x), low));
    v128.store(weights, v128.mul<f64>(f64x2.promote_low_f32x4(e), unscale));
    v128.store(weights, v128.mul<f64>(highPair(e), unscale), 16);
  }
}

/** Their logarithms. */
export function weighByLogs(scores: usize, count: i32, center: f64, logs: usize): void {
  const centers = f64x2.splat(center);
  for (let i = 0; i < count; i += 4, scores += 16, logs += 32) {
    const s = loadFour(scores, count - i);
    v128.store(logs, v128.sub<f64>(f64x2.promote_low_f32x4(s), centers));
    v128.store(logs, v128.sub<f64>(highPair(s), centers), 16);
  }
}

/** Writes w·(S_0 - S_1·w + …) of so many weights that are float32 numbers, readable in eights, by a `narrowSeries`. */
export function writeLeaveOneOut(
  weights: usize,
  length: i32,
  series: usize,
  count: i32,
  target: usize,
): void {
  const last = series + ((<usize>(count - 1)) << 2);
  let i = 0;
  for (; i + 16 <= length; i += 16, weights += 64, target += 64) {
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const w2 = v128.load(weights, 32);
    const w3 = v128.load(weights, 48);
    let q0 = v128.load32_splat(last);
    let q1 = q0;
    let q2 = q0;
    let q3 = q0;
    for (let j = last - 4; j >= series; j -= 4) {
      const s = v128.load32_splat(j);
      q0 = multiplyAdd(q0, w0, s);
      q1 = multiplyAdd(q1, w1, s);
      q2 = multiplyAdd(q2, w2, s);
      q3 = multiplyAdd(q3, w3, s);
    }
    v128.store(target, v128.mul<f32>(q0, w0));
    v128.store(target, v128.mul<f32>(q1, w1), 16);
    v128.store(target, v128.mul<f32>(q2, w2), 32);
    v128.store(target, v128.mul<f32>(q3, w3), 48);
  }
  for (; i < length; i += 4, weights += 16, target += 16) {
    const w = v128.load(weights);
    let q = v128.load32_splat(last);
    for (let j = last - 4; j >= series; j -= 4) q = multiplyAdd(q, w, v128.load32_splat(j));
    q = v128.mul<f32>(q, w);
    if (length - i >= 4) v128.store(target, q);
    else storeTail(target, q, length - i);
  }
}
