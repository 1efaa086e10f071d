import {
  C2,
  C3,
  C4,
  C5,
  C6,
  constant,
  exp,
  expFromWith,
  LOG2_E,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  ROUND,
  rounded,
} from "../math/exp";
import { negativeParts, positiveOf, positiveParts, Row, rowAt, storeLone, storeSides } from "./row";
import { magnitude } from "./range";
import { multiplySides, negativeFactor, positiveFactor, scaled } from "./sweep";
import { distance } from "./thread";
import { loadLabels4, loadLabelsTail, loadTail, signs, tailLanes, widen } from "./vectors";

/*
 * The first pass over a block of rows of few classes: what `sweep` finds, without a branch that depends on the labels. Such
 * rows are too short to learn from: positives are as rare as elsewhere, but every row has some. The exponentials are taken
 * of the whole block as if it were one row, and the sums row by row from these.
 */

/** Up to here, a row is short: by measurement. */
// @ts-ignore: decorator
@inline export const SHORT = 64;

/** Exponentials of a block: with its logits and its gradient, they stay in the nearest cache. */
// @ts-ignore: decorator
@inline export const BLOCK_EXPONENTIALS = 2048;

/** float32, of the negative classes e^s, of the positive ones -e^-s; whole vectors are read and written at the end. */
// @ts-ignore: decorator
@lazy const EXPONENTIALS = memory.data(4 * BLOCK_EXPONENTIALS + 16, 16);

// @ts-ignore: decorator
@inline
export function exponentialsPlace(): usize {
  return ASC_FEATURE_THREADS ? EXPONENTIALS + distance : EXPONENTIALS;
}

/** Writes the exponentials of so many classes; returns the greatest magnitudes of the scores. */
function takeExponentials(logits: usize, labels: usize, length: i32): v128 {
  return exponentials(logits, labels, length, true);
}

/** The same as if all classes were negative. */
function takeNegatives(logits: usize, length: i32): v128 {
  return exponentials(logits, 0, length, false);
}

/** x with these signs, if there are any. */
// @ts-ignore: decorator
@inline
function flipped(x: v128, sign: v128, hasLabels: bool): v128 {
  return hasLabels ? v128.xor(x, sign) : x;
}

// @ts-ignore: decorator
@inline
function exponentials(logits: usize, labels: usize, length: i32, hasLabels: bool): v128 {
  const log2e = constant(LOG2_E);
  const round = constant(ROUND);
  const high = constant(MINUS_LN2_HIGH);
  const low = constant(MINUS_LN2_LOW);
  const c2 = constant(C2);
  const c3 = constant(C3);
  const c4 = constant(C4);
  const c5 = constant(C5);
  const c6 = constant(C6);
  let to: usize = exponentialsPlace();
  let peak = i32x4.splat(0);
  const end16 = logits + ((<usize>(length & ~15)) << 2);
  for (; logits < end16; logits += 64, labels += 16, to += 64) {
    const bytes = hasLabels ? v128.load(labels) : i8x16.splat(0);
    const sign0 = hasLabels ? signs(bytes, 0) : bytes;
    const x0 = flipped(v128.load(logits), sign0, hasLabels);
    v128.store(
      to,
      flipped(
        expFromWith(x0, rounded(x0, log2e, round), round, high, low, c2, c3, c4, c5, c6),
        sign0,
        hasLabels,
      ),
    );
    const sign1 = hasLabels ? signs(bytes, 1) : bytes;
    const x1 = flipped(v128.load(logits, 16), sign1, hasLabels);
    v128.store(
      to,
      flipped(
        expFromWith(x1, rounded(x1, log2e, round), round, high, low, c2, c3, c4, c5, c6),
        sign1,
        hasLabels,
      ),
      16,
    );
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(x0), magnitude(x1)));
    const sign2 = hasLabels ? signs(bytes, 2) : bytes;
    const x2 = flipped(v128.load(logits, 32), sign2, hasLabels);
    v128.store(
      to,
      flipped(
        expFromWith(x2, rounded(x2, log2e, round), round, high, low, c2, c3, c4, c5, c6),
        sign2,
        hasLabels,
      ),
      32,
    );
    const sign3 = hasLabels ? signs(bytes, 3) : bytes;
    const x3 = flipped(v128.load(logits, 48), sign3, hasLabels);
    v128.store(
      to,
      flipped(
        expFromWith(x3, rounded(x3, log2e, round), round, high, low, c2, c3, c4, c5, c6),
        sign3,
        hasLabels,
      ),
      48,
    );
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(x2), magnitude(x3)));
  }
  const end4 = logits + ((<usize>(length & 12)) << 2);
  for (; logits < end4; logits += 16, labels += 4, to += 16) {
    const sign = hasLabels ? signs(loadLabels4(labels), 0) : i8x16.splat(0);
    const x = flipped(v128.load(logits), sign, hasLabels);
    v128.store(to, flipped(exp(x), sign, hasLabels));
    peak = v128.max<u32>(peak, magnitude(x));
  }
  const rest = length & 3;
  if (rest) {
    const sign = hasLabels ? signs(loadLabelsTail(labels, rest), 0) : i8x16.splat(0);
    const x = flipped(loadTail(logits, rest), sign, hasLabels);
    v128.store(to, flipped(exp(x), sign, hasLabels));
    peak = v128.max<u32>(peak, magnitude(x));
  }
  return peak;
}

/** The sums of both sides of a row from its exponentials. */
// @ts-ignore: decorator
@inline
function sumRow(from: usize, classes: i32, row: Row): void {
  let positive = f64x2.splat(0);
  let negative = f64x2.splat(0);
  const end = from + ((<usize>(classes & ~3)) << 2);
  for (; from < end; from += 16) {
    const e = v128.load(from);
    positive = v128.add<f64>(positive, positiveParts(e));
    negative = v128.add<f64>(negative, negativeParts(e));
  }
  const rest = classes & 3;
  if (rest) {
    const e = v128.and(v128.load(from), tailLanes(rest));
    positive = v128.add<f64>(positive, positiveParts(e));
    negative = v128.add<f64>(negative, negativeParts(e));
  }
  storeSides(row, positive, negative, false);
}

/** The sum of the negative side alone, of a row with one positive class; b is left open. */
// @ts-ignore: decorator
@inline
function sumOthers(from: usize, classes: i32, row: Row): void {
  const zero = f32x4.splat(0);
  let sum = f64x2.splat(0);
  const end = from + ((<usize>(classes & ~3)) << 2);
  for (; from < end; from += 16) sum = v128.add<f64>(sum, widen(v128.pmax<f32>(v128.load(from), zero)));
  const rest = classes & 3;
  if (rest) {
    sum = v128.add<f64>(sum, widen(v128.and(v128.pmax<f32>(v128.load(from), zero), tailLanes(rest))));
  }
  row.a = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Fills in the `lone` of a row whose exponentials bear the signs of its labels. */
// @ts-ignore: decorator
@inline
function findLone(from: usize, logits: usize, classes: i32, row: Row): void {
  let lone = i32x4.splat(0);
  const end = from + ((<usize>(classes & ~3)) << 2);
  for (; from < end; from += 16, logits += 16) {
    lone = v128.or(lone, positiveOf(v128.neg<f32>(v128.load(logits)), v128.load(from)));
  }
  const rest = classes & 3;
  if (rest) {
    const e = v128.and(v128.load(from), tailLanes(rest));
    lone = v128.or(lone, positiveOf(v128.neg<f32>(loadTail(logits, rest)), e));
  }
  storeLone(row, lone);
}

/** Does for one row what `sweep` does. */
// @ts-ignore: decorator
@inline
export function sweepShortRow(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  row: Row,
  hasOnePositive: bool,
): v128 {
  const peak = takeExponentials(logits, labels, classes);
  if (hasOnePositive) {
    findLone(exponentialsPlace(), logits, classes, row);
    sumOthers(exponentialsPlace(), classes, row);
  } else {
    sumRow(exponentialsPlace(), classes, row);
  }
  if (grad) memory.copy(grad, exponentialsPlace(), (<usize>classes) << 2);
  return peak;
}

/** Fills in the sums of a block's rows, and leaves their exponentials; returns the greatest magnitudes of all scores. */
// @ts-ignore: decorator
@inline
export function sweepShortRows(
  logits: usize,
  labels: usize,
  count: i32,
  classes: i32,
  hasOnePositive: bool,
): v128 {
  const peak = takeExponentials(logits, labels, count * classes);
  const stride = (<usize>classes) << 2;
  let from: usize = exponentialsPlace();
  for (let index = 0; index < count; index++) {
    const row = rowAt(index);
    if (hasOnePositive) {
      findLone(from, logits, classes, row);
      sumOthers(from, classes, row);
    } else {
      sumRow(from, classes, row);
    }
    from += stride;
    logits += stride;
  }
  return peak;
}

/** The same for rows whose one positive class is given by its index. */
export function sweepSingles(logits: usize, indices: usize, count: i32, classes: i32): v128 {
  const peak = takeNegatives(logits, count * classes);
  // -e^-s in the place of the positive class, as labels would have it; four rows at a time, or the last one again.
  for (let index = 0; index < count; index += 4) {
    const at0 = placeOf(indices, index, classes);
    const at1 = placeOf(indices, min(index + 1, count - 1), classes);
    const at2 = placeOf(indices, min(index + 2, count - 1), classes);
    const at3 = placeOf(indices, min(index + 3, count - 1), classes);
    let s = v128.load32_zero(logits + at0);
    s = v128.load_lane<u32>(logits + at1, s, 1);
    s = v128.load_lane<u32>(logits + at2, s, 2);
    s = v128.load_lane<u32>(logits + at3, s, 3);
    const x = v128.neg<f32>(s);
    const e = v128.neg<f32>(exp(x));
    v128.store_lane<u32>(exponentialsPlace() + at0, e, 0);
    v128.store_lane<u32>(exponentialsPlace() + at1, e, 1);
    v128.store_lane<u32>(exponentialsPlace() + at2, e, 2);
    v128.store_lane<u32>(exponentialsPlace() + at3, e, 3);
    // Beyond the block, there is room for rows up to a multiple of four.
    rowAt(index).lone = <f64>f32x4.extract_lane(x, 0);
    rowAt(index + 1).lone = <f64>f32x4.extract_lane(x, 1);
    rowAt(index + 2).lone = <f64>f32x4.extract_lane(x, 2);
    rowAt(index + 3).lone = <f64>f32x4.extract_lane(x, 3);
  }
  const stride = (<usize>classes) << 2;
  let from: usize = exponentialsPlace();
  for (let index = 0; index < count; index++) {
    sumOthers(from, classes, rowAt(index));
    from += stride;
  }
  return peak;
}

/** Bytes from the block's first class to the positive one of a row. */
// @ts-ignore: decorator
@inline
function placeOf(indices: usize, index: i32, classes: i32): usize {
  return (<usize>(index * classes + load<i32>(indices + ((<usize>index) << 2)))) << 2;
}

// @ts-ignore: decorator
@lazy const LABELS = memory.data(SHORT + 16, 16);
let marked: usize = 0;

/** Labels of a row of few classes, of which this one is positive. They last until the next call. */
export function labelsOfSingle(positive: i32): usize {
  store<u8>((ASC_FEATURE_THREADS ? LABELS + distance : LABELS) + marked, 0);
  marked = <usize>positive;
  store<u8>((ASC_FEATURE_THREADS ? LABELS + distance : LABELS) + marked, 1);
  return ASC_FEATURE_THREADS ? LABELS + distance : LABELS;
}

/** The second pass: the gradient of a block's rows from their exponentials. */
// @ts-ignore: decorator
@inline
export function multiplyShortRows(grad: usize, count: i32, classes: i32): void {
  const stride = (<usize>classes) << 2;
  const whole = (<usize>((classes + 3) & ~3)) << 2;
  const end = grad + stride * <usize>count;
  let from: usize = exponentialsPlace();
  let index = 0;
  // In whole vectors, the last of which may reach into rows that come after it, but not beyond the block.
  for (; grad + whole <= end; index++) {
    const row = rowAt(index);
    const negative = negativeFactor(row);
    const positive = positiveFactor(row);
    const rowEnd = grad + whole;
    for (let to = grad, at = from; to < rowEnd; to += 16, at += 16) {
      v128.store(to, scaled(v128.load(at), negative, positive));
    }
    from += stride;
    grad += stride;
  }
  for (; index < count; index++) {
    multiplySides(from, grad, classes, rowAt(index));
    from += stride;
    grad += stride;
  }
}
