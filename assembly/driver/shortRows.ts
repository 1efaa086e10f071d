import {
  C2,
  C3,
  C4,
  C5,
  C6,
  constant,
  exp,
  expWith,
  LOG2_E,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  ROUND,
} from "../math/exp";
import { positiveOf, Row, rowAt, storeLone, storeSides, widenSides } from "./row";
import { magnitude } from "./range";
import { multiplySides, negativeFactor, positiveFactor, scaled } from "./sweep";
import { loadLabels4, loadLabelsTail, loadTail, signs, tailLanes } from "./vectors";

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
@lazy export const EXPONENTIALS = memory.data(4 * BLOCK_EXPONENTIALS + 16, 16);

/** Writes the exponentials of so many classes; returns the greatest magnitudes of the scores. */
function takeExponentials(logits: usize, labels: usize, length: i32): v128 {
  const log2e = constant(LOG2_E);
  const round = constant(ROUND);
  const high = constant(MINUS_LN2_HIGH);
  const low = constant(MINUS_LN2_LOW);
  const c2 = constant(C2);
  const c3 = constant(C3);
  const c4 = constant(C4);
  const c5 = constant(C5);
  const c6 = constant(C6);
  let to: usize = EXPONENTIALS;
  let peak = i32x4.splat(0);
  const end16 = logits + ((<usize>(length & ~15)) << 2);
  for (; logits < end16; logits += 64, labels += 16, to += 64) {
    const bytes = v128.load(labels);
    const sign0 = signs(bytes, 0);
    const x0 = v128.xor(v128.load(logits), sign0);
    v128.store(to, v128.xor(expWith(x0, log2e, round, high, low, c2, c3, c4, c5, c6), sign0));
    const sign1 = signs(bytes, 1);
    const x1 = v128.xor(v128.load(logits, 16), sign1);
    v128.store(to, v128.xor(expWith(x1, log2e, round, high, low, c2, c3, c4, c5, c6), sign1), 16);
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(x0), magnitude(x1)));
    const sign2 = signs(bytes, 2);
    const x2 = v128.xor(v128.load(logits, 32), sign2);
    v128.store(to, v128.xor(expWith(x2, log2e, round, high, low, c2, c3, c4, c5, c6), sign2), 32);
    const sign3 = signs(bytes, 3);
    const x3 = v128.xor(v128.load(logits, 48), sign3);
    v128.store(to, v128.xor(expWith(x3, log2e, round, high, low, c2, c3, c4, c5, c6), sign3), 48);
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(x2), magnitude(x3)));
  }
  const end4 = logits + ((<usize>(length & 12)) << 2);
  for (; logits < end4; logits += 16, labels += 4, to += 16) {
    const sign = signs(loadLabels4(labels), 0);
    const x = v128.xor(v128.load(logits), sign);
    v128.store(to, v128.xor(exp(x), sign));
    peak = v128.max<u32>(peak, magnitude(x));
  }
  const rest = length & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const x = v128.xor(loadTail(logits, rest), sign);
    v128.store(to, v128.xor(exp(x), sign));
    peak = v128.max<u32>(peak, magnitude(x));
  }
  return peak;
}

/** The sums of a row from its exponentials, and its `lone`. */
// @ts-ignore: decorator
@inline
function sumRow(from: usize, logits: usize, classes: i32, row: Row, hasOnePositive: bool): void {
  const zero = f32x4.splat(0);
  let sides = f64x2.splat(0);
  let lone = i32x4.splat(0);
  const end16 = from + ((<usize>(classes & ~15)) << 2);
  for (; from < end16; from += 64, logits += 64) {
    const e0 = v128.load(from);
    const e1 = v128.load(from, 16);
    const e2 = v128.load(from, 32);
    const e3 = v128.load(from, 48);
    if (hasOnePositive) {
      lone = v128.or(
        lone,
        v128.or(
          positiveOf(v128.neg<f32>(v128.load(logits)), e0),
          positiveOf(v128.neg<f32>(v128.load(logits, 16)), e1),
        ),
      );
      lone = v128.or(
        lone,
        v128.or(
          positiveOf(v128.neg<f32>(v128.load(logits, 32)), e2),
          positiveOf(v128.neg<f32>(v128.load(logits, 48)), e3),
        ),
      );
    }
    const a01 = v128.add<f32>(v128.pmax<f32>(e0, zero), v128.pmax<f32>(e1, zero));
    const a23 = v128.add<f32>(v128.pmax<f32>(e2, zero), v128.pmax<f32>(e3, zero));
    const b01 = v128.add<f32>(v128.pmin<f32>(e0, zero), v128.pmin<f32>(e1, zero));
    const b23 = v128.add<f32>(v128.pmin<f32>(e2, zero), v128.pmin<f32>(e3, zero));
    sides = v128.add<f64>(sides, widenSides(v128.add<f32>(a01, a23), v128.add<f32>(b01, b23)));
  }
  const end4 = from + ((<usize>(classes & 12)) << 2);
  for (; from < end4; from += 16, logits += 16) {
    const e = v128.load(from);
    if (hasOnePositive) lone = v128.or(lone, positiveOf(v128.neg<f32>(v128.load(logits)), e));
    sides = v128.add<f64>(sides, widenSides(v128.pmax<f32>(e, zero), v128.pmin<f32>(e, zero)));
  }
  const rest = classes & 3;
  if (rest) {
    const e = v128.and(v128.load(from), tailLanes(rest));
    if (hasOnePositive) lone = v128.or(lone, positiveOf(v128.neg<f32>(loadTail(logits, rest)), e));
    sides = v128.add<f64>(sides, widenSides(v128.pmax<f32>(e, zero), v128.pmin<f32>(e, zero)));
  }
  storeSides(row, sides, false);
  if (hasOnePositive) storeLone(row, lone);
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
  sumRow(EXPONENTIALS, logits, classes, row, hasOnePositive);
  if (grad) memory.copy(grad, EXPONENTIALS, (<usize>classes) << 2);
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
  let from: usize = EXPONENTIALS;
  for (let index = 0; index < count; index++) {
    sumRow(from, logits, classes, rowAt(index), hasOnePositive);
    from += stride;
    logits += stride;
  }
  return peak;
}

/** The second pass: the gradient of a block's rows from their exponentials. */
// @ts-ignore: decorator
@inline
export function multiplyShortRows(grad: usize, count: i32, classes: i32): void {
  const stride = (<usize>classes) << 2;
  const whole = (<usize>((classes + 3) & ~3)) << 2;
  const end = grad + stride * <usize>count;
  let from: usize = EXPONENTIALS;
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
