import { expOfNegative, one64, part } from "../math/sigmoid64";
import { currentCall } from "./call";
import { fill, lossOfRows } from "./rows";
import { distance } from "./thread";

/*
 * Cross-entropy of a softmax with a distribution y: Σ y·(LSE(s) - s) = Y·log(1 + R) + Σ y·(m - s), with the greatest
 * score m, R = Σ e^(s - m) over the classes beside it, and Y = Σ y. The gradient softmax·Y - y is taken as
 * softmax·(Y - y) - y·(1 - softmax). So nothing cancels but what differs by nature. In float64.
 */

/** The sum of some terms ≥ 0, by that of those beside the greatest, whose digits may lie far below it. */
@unmanaged
class Total {
  greatest: f64;
  others: f64;
  sum: f64;
}

// @ts-ignore: decorator
@lazy const SCORES = memory.data(offsetof<Total>(), 8);
// @ts-ignore: decorator
@lazy const TARGETS = memory.data(offsetof<Total>(), 8);

/** Two scores, or one and -∞. */
// @ts-ignore: decorator
@inline
function scorePair(logits: usize, index: i32, isPair: bool): v128 {
  const at = logits + ((<usize>index) << 2);
  if (isPair) return f64x2.promote_low_f32x4(v128.load64_zero(at));
  return f64x2(<f64>load<f32>(at), -Infinity);
}

/** Two targets, or one and 0. */
// @ts-ignore: decorator
@inline
function targetPair(labels: usize, index: i32, isPair: bool, isSoft: bool): v128 {
  if (isSoft) {
    const at = labels + ((<usize>index) << 2);
    return f64x2.promote_low_f32x4(isPair ? v128.load64_zero(at) : v128.load32_zero(at));
  }
  const at = labels + <usize>index;
  return f64x2(<f64>load<u8>(at), isPair ? <f64>load<u8>(at, 1) : 0.0);
}

/** Greatest score and greatest target; NaN if there is a NaN. */
function findGreatest(logits: usize, labels: usize, classes: i32, isSoft: bool): v128 {
  let score = f64x2.splat(-Infinity);
  let target = f64x2.splat(0);
  for (let index = 0; index < classes; index += 2) {
    const isPair = classes - index >= 2;
    score = v128.max<f64>(score, scorePair(logits, index, isPair));
    target = v128.max<f64>(target, targetPair(labels, index, isPair, isSoft));
  }
  return v128.max<f64>(v128.shuffle<i64>(score, target, 0, 2), v128.shuffle<i64>(score, target, 1, 3));
}

/** m - s, and 0 where both are the same infinity. */
// @ts-ignore: decorator
@inline
function gapOf(s: v128, greatest: v128): v128 {
  return v128.andnot(v128.sub<f64>(greatest, s), v128.eq<f64>(s, greatest));
}

/** The sum of all terms but `term`. */
// @ts-ignore: decorator
@inline
function without(total: Total, term: v128): v128 {
  return v128.bitselect(
    f64x2.splat(total.others),
    v128.sub<f64>(f64x2.splat(total.sum), term),
    v128.eq<f64>(term, f64x2.splat(total.greatest)),
  );
}

/** Sums up both lanes: those below the greatest, and how many are as great. */
// @ts-ignore: decorator
@inline
function sumUp(into: Total, greatest: f64, below: v128, count: v128): void {
  const times = f64x2.extract_lane(count, 0) + f64x2.extract_lane(count, 1);
  into.greatest = greatest;
  into.others = f64x2.extract_lane(below, 0) + f64x2.extract_lane(below, 1) + max(times - 1, 0) * greatest;
  into.sum = into.others + greatest;
}

/** A row of several infinite scores, which share the softmax in no definite way. */
function writeShared(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  smoothing: f64,
  isSoft: bool,
): f64 {
  let mass: f64 = 0;
  let infiniteMass: f64 = 0;
  for (let i = 0; i < classes; i++) {
    const t = f64x2.extract_lane(targetPair(labels, i, false, isSoft), 0);
    const y = t * (1 - smoothing) + smoothing / <f64>classes;
    const isInfinite = load<f32>(logits + ((<usize>i) << 2)) == Infinity;
    mass += y;
    if (isInfinite) infiniteMass += y;
    if (grad) store<f32>(grad + ((<usize>i) << 2), isInfinite ? NaN : <f32>(-y * factor));
  }
  if (infiniteMass > 0) {
    if (grad) fill(grad, classes, NaN);
    return NaN;
  }
  return mass > 0 ? Infinity : 0;
}

/** One row: returns its loss, and writes `factor` times its gradient. */
function crossEntropy(
  logits: usize,
  labels: usize,
  grad: usize,
  scratch: usize,
  classes: i32,
  factor: f64,
  smoothing: f64,
  isSoft: bool,
): f64 {
  const greatest = findGreatest(logits, labels, classes, isSoft);
  const m = f64x2.extract_lane(greatest, 0);
  const one = one64();
  const keep = f64x2.splat(1 - smoothing);
  const share = f64x2.splat(smoothing / <f64>classes);
  const top = v128.shuffle<i64>(greatest, greatest, 0, 0);
  const mass = v128.add<f64>(v128.mul<f64>(v128.shuffle<i64>(greatest, greatest, 1, 1), keep), share);

  let sum = f64x2.splat(0);
  let belowE = f64x2.splat(0);
  let countE = f64x2.splat(0);
  let belowY = f64x2.splat(0);
  let countY = f64x2.splat(0);
  for (let index = 0; index < classes; index += 2) {
    const isPair = classes - index >= 2;
    const s = scorePair(logits, index, isPair);
    const lanes = isPair ? i32x4.splat(-1) : i64x2(-1, 0);
    const y = v128.add<f64>(v128.mul<f64>(targetPair(labels, index, isPair, isSoft), keep), share);
    const gap = gapOf(s, top);
    const e = expOfNegative(v128.neg<f64>(gap));
    const isTop = v128.eq<f64>(s, top);
    const isMost = v128.eq<f64>(y, mass);
    sum = v128.add<f64>(sum, v128.and(part(y, gap), lanes));
    belowE = v128.add<f64>(belowE, v128.and(v128.andnot(e, isTop), lanes));
    countE = v128.add<f64>(countE, v128.and(v128.and(one, isTop), lanes));
    belowY = v128.add<f64>(belowY, v128.and(v128.andnot(y, isMost), lanes));
    countY = v128.add<f64>(countY, v128.and(v128.and(one, isMost), lanes));
    v128.store(scratch + ((<usize>index) << 3), e);
  }
  const scores = changetype<Total>(ASC_FEATURE_THREADS ? SCORES + distance : SCORES);
  const targets = changetype<Total>(ASC_FEATURE_THREADS ? TARGETS + distance : TARGETS);
  sumUp(scores, 1, belowE, countE);
  sumUp(targets, f64x2.extract_lane(mass, 0), belowY, countY);
  if (isNaN(m) || m == -Infinity) {
    if (grad) fill(grad, classes, NaN);
    return NaN;
  }
  if (m == Infinity && scores.others > 0) {
    return writeShared(logits, labels, grad, classes, factor, smoothing, isSoft);
  }
  if (grad) {
    const scaled = f64x2.splat(factor / scores.sum);
    for (let index = 0; index < classes; index += 2) {
      const isPair = classes - index >= 2;
      const y = v128.add<f64>(v128.mul<f64>(targetPair(labels, index, isPair, isSoft), keep), share);
      const e = v128.load(scratch + ((<usize>index) << 3));
      const difference = v128.sub<f64>(
        v128.mul<f64>(e, without(targets, y)),
        v128.mul<f64>(y, without(scores, e)),
      );
      const g = f32x4.demote_f64x2_zero(v128.mul<f64>(difference, scaled));
      const at = grad + ((<usize>index) << 2);
      if (isPair) v128.store_lane<u64>(at, g, 0);
      else v128.store_lane<u32>(at, g, 0);
    }
  }
  return (
    targets.sum * NativeMath.log1p(scores.others) + f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
  );
}

let smoothing: f64 = 0;
let isSoft: bool = false;


@unmanaged
class RowOfDistribution {

  @inline
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    return crossEntropy(logits, labels, grad, currentCall().scratch, classes, factor, smoothing, isSoft);
  }


  @inline
  slope(): f64 {
    return 0;
  }
}

/** Loss and gradient of the current call's rows, with targets y = t·(1 - ε) + ε/n. */
export function lossOfDistribution(labelSmoothing: f64, hasSoftLabels: bool): f64 {
  smoothing = labelSmoothing;
  isSoft = hasSoftLabels;
  return lossOfRows<RowOfDistribution>(hasSoftLabels);
}
