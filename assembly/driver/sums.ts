import { shortExp64 } from "../math/exp64";
import { commonInverse, inverseBy, log1pBy } from "../math/log1p64";
import { advance, Call, currentCall, offsetOf } from "./call";
import { findMaxima, Sides, sumSides, writeSides } from "./careful";
import { areOutside, areSafe, isFitting, isLarge, isOutside, peakOf, UNSCALE } from "./range";
import { fill, isModerate, lengthOf, thresholdOf, weightOf } from "./rows";
import { BLOCK_ROWS, Row, rowAt } from "./row";
import {
  BLOCK_EXPONENTIALS,
  exponentialsPlace,
  labelsOfSingle,
  multiplyShortRows,
  SHORT,
  sweepShortRow,
  sweepShortRows,
  sweepSingles,
} from "./shortRows";
import { multiplySides, sweep } from "./sweep";
import { distance, noteLoss } from "./thread";

/** What the driver needs to know of a loss of sums; loss/zlpr.ts explains the terms. */
export interface LossOfSums {
  x(a: v128, b: v128): v128;
  xa(a: v128, b: v128): v128;
  xb(a: v128, b: v128): v128;
  loss(alpha: f64, beta: f64, both: f64): f64;
  lossAlpha(alpha: f64, beta: f64, both: f64): f64;
  lossBeta(alpha: f64, beta: f64, both: f64): f64;
  isProduct(): bool;
  needsBothSides(): bool;
  hasOnePositive(): bool;
}

/** A block's logits and gradient should stay in a near cache between the two passes: at most 64 KiB of each. */
// @ts-ignore: decorator
@inline const BLOCK_CLASSES = 16384;

/** Thresholds and margins beyond this take the careful way: with scores of ±40, factors might leave the normal numbers. */
// @ts-ignore: decorator
@inline const GREATEST_SHIFT: f64 = 5;

/** More than e to that. */
// @ts-ignore: decorator
@inline const MOST_OF_SHIFT: f64 = 149;

// @ts-ignore: decorator
@lazy const ONE = memory.data<f64>([1.0]);
// @ts-ignore: decorator
@lazy const SIDES = memory.data(offsetof<Sides>(), 8);

/** Whether rows of so many classes have their exponentials scaled, as range.ts says. */
// @ts-ignore: decorator
@inline
function isScaledRow<L extends LossOfSums>(length: i32): bool {
  return !changetype<L>(0).isProduct() && length > SHORT;
}

/** Whether the gradient's scale is one that the fast path takes. */
// @ts-ignore: decorator
@inline
function isTaken(gradientScale: f64, isShifted: bool, isScaled: bool): bool {
  return isScaled ? isFitting(gradientScale, isShifted ? MOST_OF_SHIFT : 1) : isModerate(gradientScale);
}

/** Whether a row has a weight or a threshold that the fast path does not take. */
// @ts-ignore: decorator
@inline
function needsCare(call: Call, index: i32, scale: f64, margin: f64, isScaled: bool): bool {
  const shift = abs(margin) + abs(thresholdOf(call.thresholds, index));
  return (
    scale != 1 ||
    shift > GREATEST_SHIFT ||
    !isTaken(weightOf(call.weights, index) * call.factor, shift > 0, isScaled)
  );
}

/** e^x, of a row with no threshold and no margin 1. */
// @ts-ignore: decorator
@inline
function expOrOne(x: f64): f64 {
  return x == 0 ? 1.0 : NativeMath.exp(x);
}

/** A block of rows of classes that are few enough for the exponentials of all to be taken at once. */
// @ts-ignore: decorator
@inline
function isFlat(call: Call): bool {
  // Masked rows are as long as each may be, and have what they do not need behind them.
  return call.classes <= SHORT && call.lengths == 0;
}

/** What the exponentials of two rows are to be multiplied by, beside all else. */
// @ts-ignore: decorator
@inline
function unscaleOf<L extends LossOfSums>(call: Call, index: i32, count: i32): v128 {
  const length0 = lengthOf(call.lengths, index, call.classes);
  const length1 = index + 1 < count ? lengthOf(call.lengths, index + 1, call.classes) : length0;
  return f64x2(isScaledRow<L>(length0) ? UNSCALE : 1, isScaledRow<L>(length1) ? UNSCALE : 1);
}

/**
 * Fills in loss and factors of the block's rows, two at a time, from the sums that the sweep left. The losses of plain rows
 * are only added to `sum`, which is returned.
 */
// @ts-ignore: decorator
@inline
function finish<L extends LossOfSums>(call: Call, count: i32, margin: f64, isPlain: bool, sum: f64): f64 {
  const weights = call.weights;
  const thresholds = call.thresholds;
  const factor = call.factor;
  const lossOf = changetype<L>(0);
  const one = v128.load64_splat(ONE);
  const isShifted = thresholds != 0 || margin != 0;
  const flat = isFlat(call);
  for (let index = 0; index < count; index += 2) {
    const first = rowAt(index);
    const second = rowAt(index + 1);
    const ab0 = v128.load(changetype<usize>(first));
    const ab1 = v128.load(changetype<usize>(second));
    let a = v128.shuffle<i64>(ab0, ab1, 0, 2);
    let b = lossOf.hasOnePositive()
      ? shortExp64(f64x2(first.lone, second.lone))
      : v128.shuffle<i64>(ab0, ab1, 1, 3);
    let shiftA = one;
    let shiftB = one;
    if (isShifted) {
      const t0 = thresholdOf(thresholds, index);
      const t1 = index + 1 < count ? thresholdOf(thresholds, index + 1) : t0;
      shiftA = f64x2(expOrOne(margin - t0), expOrOne(margin - t1));
      shiftB = f64x2(expOrOne(t0), expOrOne(t1));
      a = v128.mul<f64>(a, shiftA);
      b = v128.mul<f64>(b, shiftB);
    }
    const x = lossOf.x(a, b);
    const divided = commonInverse(x);
    const inverse = inverseBy(divided, x);
    const loss = log1pBy(divided, x);
    if (isPlain) {
      if (ASC_FEATURE_THREADS) noteLoss(f64x2.extract_lane(loss, 0));
      sum += f64x2.extract_lane(loss, 0);
      if (index + 1 < count) {
        if (ASC_FEATURE_THREADS) noteLoss(f64x2.extract_lane(loss, 1));
        sum += f64x2.extract_lane(loss, 1);
      }
    } else {
      first.loss = f64x2.extract_lane(loss, 0);
      second.loss = f64x2.extract_lane(loss, 1);
    }
    let factors = f64x2.splat(factor);
    if (weights) {
      factors = f64x2(
        weightOf(weights, index) * factor,
        index + 1 < count ? weightOf(weights, index + 1) * factor : 0,
      );
    }
    const common = v128.mul<f64>(inverse, factors);
    let negative = v128.mul<f64>(lossOf.xa(a, b), common);
    let positive = v128.mul<f64>(lossOf.xb(a, b), common);
    if (isShifted) {
      const slope = v128.sub<f64>(v128.mul<f64>(positive, b), v128.mul<f64>(negative, a));
      first.slope = f64x2.extract_lane(slope, 0);
      second.slope = f64x2.extract_lane(slope, 1);
      negative = v128.mul<f64>(negative, shiftA);
      positive = v128.mul<f64>(positive, shiftB);
    }
    if (!lossOf.isProduct() && !flat) {
      const unscale = unscaleOf<L>(call, index, count);
      negative = v128.mul<f64>(negative, unscale);
      positive = v128.mul<f64>(positive, unscale);
    }
    // Lanes n0 n1 p0 p1 become the pairs n0 p0 and n1 p1.
    const narrow = v128.shuffle<i32>(
      f32x4.demote_f64x2_zero(negative),
      f32x4.demote_f64x2_zero(positive),
      0,
      4,
      1,
      5,
    );
    v128.store_lane<u64>(changetype<usize>(first) + offsetof<Row>("negative"), narrow, 0);
    v128.store_lane<u64>(changetype<usize>(second) + offsetof<Row>("negative"), narrow, 1);
  }
  return sum;
}

/**
 * A row by the logarithms of its sums: for scores of any size, infinities and NaN. Writes the gradient where there is
 * one, and returns the loss.
 */
function carefulRow<L extends LossOfSums>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  row: Row,
  factor: f64,
  scale: f64,
  logShiftA: f64,
  logShiftB: f64,
): f64 {
  const lossOf = changetype<L>(0);
  const sides = changetype<Sides>(ASC_FEATURE_THREADS ? SIDES + distance : SIDES);
  findMaxima(logits, labels, classes, sides);
  if (isNaN(sides.maxNegative) || isNaN(sides.maxPositive)) {
    if (grad) fill(grad, classes, NaN);
    row.slope = NaN;
    return NaN;
  }
  if (lossOf.needsBothSides() && !(sides.hasNegative && sides.hasPositive)) {
    if (grad) fill(grad, classes, 0);
    row.slope = 0;
    return 0;
  }
  sumSides(logits, labels, classes, scale, sides);
  const a = sides.a;
  const b = sides.b;
  const logA = NativeMath.log(a);
  const logB = NativeMath.log(b);
  // What may be huge comes first, so that small differences of it keep their digits.
  const alpha = scale * sides.maxNegative + logShiftA + logA;
  const beta = scale * sides.maxPositive + logShiftB + logB;
  const both = scale * (sides.maxNegative + sides.maxPositive) + (logShiftA + logShiftB) + (logA + logB);
  const loss = lossOf.loss(alpha, beta, both);
  if (isNaN(loss)) {
    // Infinite scores against each other have no limit.
    if (grad) fill(grad, classes, NaN);
    row.slope = NaN;
    return NaN;
  }
  const slopeA = lossOf.lossAlpha(alpha, beta, both) * factor;
  const slopeB = lossOf.lossBeta(alpha, beta, both) * factor;
  row.slope = slopeB - slopeA;
  if (grad) {
    // Several infinite scores share the side between them in no definite way.
    const shareA = sides.maxNegative == Infinity && a > 1 ? NaN : a > 0 ? (slopeA / a) * scale : 0;
    const shareB = sides.maxPositive == Infinity && b > 1 ? NaN : b > 0 ? (slopeB / b) * scale : 0;
    writeSides(logits, labels, grad, classes, scale, sides, shareA, shareB);
  }
  return loss;
}

/**
 * The weighted loss of a row that may have a weight or, if some of the block do, need care; its gradient to `grad` if there
 * is one.
 */
function specialRow<L extends LossOfSums>(
  logits: usize,
  labels: usize,
  exponentials: usize,
  grad: usize,
  classes: i32,
  row: Row,
  someOutside: bool,
  weight: f64,
  factor: f64,
  scale: f64,
  logShiftA: f64,
  logShiftB: f64,
): f64 {
  if (weight == 0) {
    if (grad) fill(grad, classes, 0);
    row.slope = 0;
    return 0;
  }
  if (someOutside && row.isOutside) {
    return (
      weight * carefulRow<L>(logits, labels, grad, classes, row, weight * factor, scale, logShiftA, logShiftB)
    );
  }
  if (grad) multiplySides(exponentials, grad, classes, row);
  return weight * row.loss;
}

/** Whether a row whose gradient goes where its scores are is to go the careful way, found out without overwriting them. */
function isCarefulInPlace(logits: usize, labels: usize, length: i32, row: Row, isScaled: bool): bool {
  const peak = peakOf(logits, length);
  if (!isScaled) return isLarge(peak);
  if (areSafe(peak, length)) return false;
  const seen = sweep(logits, labels, 0, length, row, true, false);
  return isOutside(seen, true) || areOutside(row.a, row.b);
}

/** Sweeps a row, unless that would overwrite scores that are needed. Returns whether it is to go the careful way. */
function sweepRow<L extends LossOfSums>(
  logits: usize,
  labels: usize,
  grad: usize,
  length: i32,
  row: Row,
): bool {
  const isProduct = changetype<L>(0).isProduct();
  const hasOnePositive = changetype<L>(0).hasOnePositive();
  if (grad == logits && isCarefulInPlace(logits, labels, length, row, isScaledRow<L>(length))) return true;
  if (length <= SHORT) return isLarge(sweepShortRow(logits, labels, grad, length, row, hasOnePositive));
  const seen = sweep(logits, labels, grad, length, row, !isProduct, hasOnePositive);
  return isOutside(seen, !isProduct) || (!isProduct && areOutside(row.a, row.b));
}

/** The first pass over a block; returns whether some of its rows are to go the careful way. */
// @ts-ignore: decorator
@inline
function sweepBlock<L extends LossOfSums>(call: Call, count: i32, scale: f64, margin: f64): bool {
  const classes = call.classes;
  const grad = call.grad;
  const checked =
    call.weights != 0 ||
    call.thresholds != 0 ||
    scale != 1 ||
    abs(margin) > GREATEST_SHIFT ||
    !isTaken(call.factor, margin != 0, isScaledRow<L>(classes));
  const flat = isFlat(call);
  if (flat) {
    const hasOnePositive = changetype<L>(0).hasOnePositive();
    const peak =
      hasOnePositive && call.indices
        ? sweepSingles(call.logits, call.indices, count, classes)
        : sweepShortRows(call.logits, call.labels, count, classes, hasOnePositive);
    if (!checked && !isLarge(peak)) return false;
  }
  let someOutside = false;
  for (let index = 0; index < count; index++) {
    const row = rowAt(index);
    const logits = call.logits + offsetOf(index, classes);
    const labels = call.labels + <usize>index * classes;
    const to: usize = grad ? grad + offsetOf(index, classes) : 0;
    const length = lengthOf(call.lengths, index, classes);
    if (checked && needsCare(call, index, scale, margin, isScaledRow<L>(length))) row.isOutside = true;
    else if (flat) row.isOutside = isLarge(peakOf(logits, length));
    else row.isOutside = sweepRow<L>(logits, labels, to, length, row);
    if (row.isOutside) someOutside = true;
  }
  return someOutside;
}

/** The second pass over a block of which every row only has a gradient, if that. */
// @ts-ignore: decorator
@inline
function writePlain(call: Call, count: i32): void {
  const classes = call.classes;
  let grad = call.grad;
  if (!grad) return;
  if (isFlat(call)) {
    multiplyShortRows(grad, count, classes);
    return;
  }
  for (let index = 0; index < count; index++) {
    multiplySides(grad, grad, lengthOf(call.lengths, index, classes), rowAt(index));
    grad += offsetOf(1, classes);
  }
}

/** The second pass over a block with anything else; returns what `sum` becomes by its losses. */
// @ts-ignore: decorator
@inline
function writeSpecial<L extends LossOfSums>(
  call: Call,
  count: i32,
  someOutside: bool,
  scale: f64,
  margin: f64,
  sum: f64,
): f64 {
  const classes = call.classes;
  for (let index = 0; index < count; index++) {
    const row = rowAt(index);
    const offset = offsetOf(index, classes);
    const grad: usize = call.grad ? call.grad + offset : 0;
    const threshold = thresholdOf(call.thresholds, index);
    const loss = specialRow<L>(
      call.logits + offset,
      changetype<L>(0).hasOnePositive() && call.indices
        ? labelsOfSingle(load<i32>(call.indices + ((<usize>index) << 2)))
        : call.labels + <usize>index * classes,
      isFlat(call) ? exponentialsPlace() + offset : grad,
      grad,
      lengthOf(call.lengths, index, classes),
      row,
      someOutside,
      weightOf(call.weights, index),
      call.factor,
      scale,
      margin - threshold,
      threshold,
    );
    if (ASC_FEATURE_THREADS) noteLoss(loss);
    sum += loss;
    if (call.losses) store<f32>(call.losses + ((<usize>index) << 2), <f32>loss);
    if (call.thresholdGrads) store<f32>(call.thresholdGrads + ((<usize>index) << 2), <f32>row.slope);
  }
  return sum;
}

/**
 * Loss and gradient of the current call's rows: of γ·s instead of s, and with a multiplied by e^margin. The thresholds of
 * the rows are subtracted from the scores.
 */
export function lossOfSums<L extends LossOfSums>(scale: f64, margin: f64): f64 {
  const call = currentCall();
  const blockClasses = isFlat(call) ? BLOCK_EXPONENTIALS : BLOCK_CLASSES;
  const blockRows = max(1, min(BLOCK_ROWS, blockClasses / call.classes));
  let sum = call.sum;
  while (call.rows > 0) {
    const count = min(blockRows, call.rows);
    const someOutside = sweepBlock<L>(call, count, scale, margin);
    const isPlain = call.weights == 0 && call.losses == 0 && call.thresholdGrads == 0 && !someOutside;
    sum = finish<L>(call, count, margin, isPlain, sum);
    if (isPlain) writePlain(call, count);
    else sum = writeSpecial<L>(call, count, someOutside, scale, margin, sum);
    advance(call, count);
  }
  return sum;
}
