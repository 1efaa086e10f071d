import { currentCall } from "./call";
import { fill, isModerate, lossOfRows } from "./rows";
import { isLarge } from "./range";
import { LossOfTerms, sumOfTerms } from "./terms";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes, widen } from "./vectors";
import { distance, noteLoss } from "./thread";

/*
 * Losses of terms that have a form in float32, for scores of moderate size; the others are taken in float64.
 *
 * The work is done a tile at a time, of several rows or of a piece of one, and in two loops over it. In one loop, each class
 * would be so long a chain of operations that processors see too few others to do meanwhile.
 */

/** What the driver needs to know of such a loss besides; in four float32 lanes. */
export interface LossOfFastTerms extends LossOfTerms {
  /** The greatest magnitude of a score that it takes: all that it computes stays within the normal numbers. */
  limit(): f32;
  /**
   * The first half of the work on scores: what the second half needs to know of them, at least 0. The top bit of `sign` is
   * set where a class is positive, of which there is none if not `hasPositive`.
   */
  prepare(s: v128, sign: v128, hasPositive: bool): v128;
  /**
   * What tells whether float32 is enough: the magnitude of a score, or something greater than any where what was prepared,
   * with the sign of the label, is too small.
   */
  seen(s: v128, signed: v128): v128;
  /** The second half: returns the values, and stores the slopes times `factors` if they are to go anywhere. */
  finish(prepared: v128, sign: v128, hasPositive: bool, factors: v128, slopes: usize): v128;
}

/** The greatest number of classes of a tile. */
// @ts-ignore: decorator
@inline const TILE = 1024;

/** Classes of a row that are taken in float64 for the sake of one among them. */
// @ts-ignore: decorator
@inline const BLOCK = 64;

/** What is prepared of each class, with the sign of the label; and then its value. */
// @ts-ignore: decorator
@lazy const CLASSES = memory.data(TILE * 4 + 16, 16);

// @ts-ignore: decorator
@inline
function classesPlace(): usize {
  return ASC_FEATURE_THREADS ? CLASSES + distance : CLASSES;
}

// @ts-ignore: decorator
@lazy const SLOPES = memory.data(16, 16);

// @ts-ignore: decorator
@lazy const SIGN = memory.data<u32>([0x80000000]);

// @ts-ignore: decorator
@inline
function prepareOf16<L extends LossOfFastTerms>(
  logits: usize,
  bytes: v128,
  hasPositive: bool,
  to: usize,
): v128 {
  const lossOf = changetype<L>(0);
  const x0 = v128.load(logits);
  const x1 = v128.load(logits, 16);
  const x2 = v128.load(logits, 32);
  const x3 = v128.load(logits, 48);
  const sign0 = signs(bytes, 0);
  const sign1 = signs(bytes, 1);
  const sign2 = signs(bytes, 2);
  const sign3 = signs(bytes, 3);
  const p0 = lossOf.prepare(x0, sign0, hasPositive);
  const p1 = lossOf.prepare(x1, sign1, hasPositive);
  const p2 = lossOf.prepare(x2, sign2, hasPositive);
  const p3 = lossOf.prepare(x3, sign3, hasPositive);
  const signed0 = hasPositive ? v128.xor(p0, sign0) : p0;
  const signed1 = hasPositive ? v128.xor(p1, sign1) : p1;
  const signed2 = hasPositive ? v128.xor(p2, sign2) : p2;
  const signed3 = hasPositive ? v128.xor(p3, sign3) : p3;
  v128.store(to, signed0);
  v128.store(to, signed1, 16);
  v128.store(to, signed2, 32);
  v128.store(to, signed3, 48);
  const seen01 = v128.max<u32>(lossOf.seen(x0, signed0), lossOf.seen(x1, signed1));
  return v128.max<u32>(seen01, v128.max<u32>(lossOf.seen(x2, signed2), lossOf.seen(x3, signed3)));
}

/** The first loop. Returns the greatest of what is to be seen. */
function prepare<L extends LossOfFastTerms>(logits: usize, labels: usize, classes: i32): v128 {
  const lossOf = changetype<L>(0);
  let peak = i32x4.splat(0);
  let to = classesPlace();
  const end16 = logits + ((<usize>(classes & ~15)) << 2);
  for (; logits < end16; logits += 64, labels += 16, to += 64) {
    // Positives are rare.
    const bytes = v128.load(labels);
    peak = v128.any_true(bytes)
      ? v128.max<u32>(peak, prepareOf16<L>(logits, bytes, true, to))
      : v128.max<u32>(peak, prepareOf16<L>(logits, bytes, false, to));
  }
  for (let rest = classes & 15; rest > 0; rest -= 4, logits += 16, labels += 4, to += 16) {
    const x = rest >= 4 ? v128.load(logits) : loadTail(logits, rest);
    const sign = signs(rest >= 4 ? loadLabels4(labels) : loadLabelsTail(labels, rest), 0);
    const signed = v128.xor(lossOf.prepare(x, sign, true), sign);
    peak = v128.max<u32>(peak, lossOf.seen(x, signed));
    v128.store(to, signed);
  }
  return peak;
}

/** The greatest of what is to be seen of some classes of the tile. */
function seenOf<L extends LossOfFastTerms>(logits: usize, from: usize, classes: i32): v128 {
  const lossOf = changetype<L>(0);
  let peak = i32x4.splat(0);
  const end4 = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end4; logits += 16, from += 16) {
    peak = v128.max<u32>(peak, lossOf.seen(v128.load(logits), v128.load(from)));
  }
  const rest = classes & 3;
  if (rest) {
    const seen = lossOf.seen(loadTail(logits, rest), v128.load(from));
    peak = v128.max<u32>(peak, v128.and(seen, tailLanes(rest)));
  }
  return peak;
}

/** The values of four classes. */
// @ts-ignore: decorator
@inline
function valuesAt<L extends LossOfFastTerms>(
  at: usize,
  hasPositive: bool,
  factors: v128,
  slopes: usize,
): v128 {
  const signed = v128.load(at);
  const sign = v128.and(signed, v128.load32_splat(SIGN));
  return changetype<L>(0).finish(v128.xor(signed, sign), sign, hasPositive, factors, slopes);
}

// @ts-ignore: decorator
@inline
function finishOf16<L extends LossOfFastTerms>(
  at: usize,
  hasPositive: bool,
  factors: v128,
  grad: usize,
): void {
  v128.store(at, valuesAt<L>(at, hasPositive, factors, grad));
  v128.store(at, valuesAt<L>(at + 16, hasPositive, factors, grad ? grad + 16 : 0), 16);
  v128.store(at, valuesAt<L>(at + 32, hasPositive, factors, grad ? grad + 32 : 0), 32);
  v128.store(at, valuesAt<L>(at + 48, hasPositive, factors, grad ? grad + 48 : 0), 48);
}

/** Where all is 0, so are values and slopes. */
function fillOf16(grad: usize): void {
  const zero = f32x4.splat(0);
  v128.store(grad, zero);
  v128.store(grad, zero, 16);
  v128.store(grad, zero, 32);
  v128.store(grad, zero, 48);
}

/** The second loop, over some classes of the tile: leaves their values in place of what was prepared. */
function finish<L extends LossOfFastTerms>(at: usize, grad: usize, classes: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end16 = at + ((<usize>(classes & ~15)) << 2);
  for (; at < end16; at += 64) {
    const any01 = v128.or(v128.load(at), v128.load(at, 16));
    const any = v128.or(any01, v128.or(v128.load(at, 32), v128.load(at, 48)));
    if (v128.bitmask<i32>(any)) finishOf16<L>(at, true, factors, grad);
    else if (v128.any_true(any)) finishOf16<L>(at, false, factors, grad);
    else if (grad) fillOf16(grad);
    if (grad) grad += 64;
  }
  const end4 = at + ((<usize>(classes & 12)) << 2);
  for (; at < end4; at += 16) {
    v128.store(at, valuesAt<L>(at, true, factors, grad));
    if (grad) grad += 16;
  }
  const rest = classes & 3;
  if (rest) {
    storeTail(
      at,
      valuesAt<L>(at, true, factors, grad ? (ASC_FEATURE_THREADS ? SLOPES + distance : SLOPES) : 0),
      rest,
    );
    if (grad) storeTail(grad, v128.load(ASC_FEATURE_THREADS ? SLOPES + distance : SLOPES), rest);
  }
}

/** The sum of the values of some classes. */
// @ts-ignore: decorator
@inline
function sumOf(at: usize, classes: i32): f64 {
  let sum = f64x2.splat(0);
  const end16 = at + ((<usize>(classes & ~15)) << 2);
  for (; at < end16; at += 64) {
    const sum01 = v128.add<f32>(v128.load(at), v128.load(at, 16));
    const sum23 = v128.add<f32>(v128.load(at, 32), v128.load(at, 48));
    sum = v128.add<f64>(sum, widen(v128.add<f32>(sum01, sum23)));
  }
  const end4 = at + ((<usize>(classes & 12)) << 2);
  for (; at < end4; at += 16) sum = v128.add<f64>(sum, widen(v128.load(at)));
  const rest = classes & 3;
  if (rest) sum = v128.add<f64>(sum, widen(v128.and(v128.load(at), tailLanes(rest))));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** The second loop over a piece of a row of which float32 does not take all. Returns its loss. */
function finishBlocks<L extends LossOfFastTerms>(
  from: usize,
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  factor: f32,
): f64 {
  const limit = changetype<L>(0).limit();
  let others: f64 = 0;
  for (let start = 0; start < classes; start += BLOCK) {
    const count = min(classes - start, BLOCK);
    const at = (<usize>start) << 2;
    const to = grad ? grad + at : 0;
    if (isLarge(seenOf<L>(logits + at, from + at, count), limit)) {
      others += sumOfTerms<L>(logits + at, labels + <usize>start, 0, to, count, factor, false);
      fill(from + at, count, 0);
    } else {
      finish<L>(from + at, to, count, factor);
    }
  }
  return sumOf(from, classes) + others;
}

/** A row of any length. */
function sumOfRow<L extends LossOfFastTerms>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  factor: f32,
): f64 {
  const limit = changetype<L>(0).limit();
  let loss: f64 = 0;
  for (let start = 0; start < classes; start += TILE) {
    const count = min(classes - start, TILE);
    const at = (<usize>start) << 2;
    const to = grad ? grad + at : 0;
    if (isLarge(prepare<L>(logits + at, labels + <usize>start, count), limit)) {
      loss += finishBlocks<L>(classesPlace(), logits + at, labels + <usize>start, to, count, factor);
    } else {
      finish<L>(classesPlace(), to, count, factor);
      loss += sumOf(classesPlace(), count);
    }
  }
  return loss;
}


@unmanaged
class RowOfFastTerms<L extends LossOfFastTerms> {

  @inline
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    const loss = isModerate(factor)
      ? sumOfRow<L>(logits, labels, grad, classes, <f32>factor)
      : sumOfTerms<L>(logits, labels, 0, grad, classes, factor, false);
    if (grad && isNaN(loss)) fill(grad, classes, NaN);
    return loss;
  }


  @inline
  slope(): f64 {
    return 0;
  }
}

/** Rows that are short and have nothing of their own but scores and labels: as many at a time as a tile takes. */
function lossOfTiles<L extends LossOfFastTerms>(): f64 {
  const call = currentCall();
  const rows = call.rows;
  const classes = call.classes;
  const factor = <f32>call.factor;
  const losses = call.losses;
  const stride = (<usize>classes) << 2;
  const limit = changetype<L>(0).limit();
  const tileRows = TILE / classes;
  let logits = call.logits;
  let labels = call.labels;
  let grad = call.grad;
  let sum = call.sum;
  for (let start = 0; start < rows; start += tileRows) {
    const count = min(tileRows, rows - start);
    const someOutside = isLarge(prepare<L>(logits, labels, count * classes), limit);
    if (!someOutside) finish<L>(classesPlace(), grad, count * classes, factor);
    let from = classesPlace();
    for (let index = start; index < start + count; index++) {
      let loss: f64;
      if (someOutside) {
        loss = finishBlocks<L>(from, logits, labels, grad, classes, factor);
        if (grad && isNaN(loss)) fill(grad, classes, NaN);
      } else {
        loss = sumOf(from, classes);
      }
      if (ASC_FEATURE_THREADS) noteLoss(loss);
      sum += loss;
      if (losses) store<f32>(losses + ((<usize>index) << 2), <f32>loss);
      from += stride;
      logits += stride;
      labels += classes;
      if (grad) grad += stride;
    }
  }
  return sum;
}

/** Loss and gradient of the current call's rows. */
export function lossOfFastTerms<L extends LossOfFastTerms>(): f64 {
  const call = currentCall();
  const isPlain = !call.weights && !call.lengths && isModerate(call.factor) && call.classes <= TILE / 2;
  return isPlain ? lossOfTiles<L>() : lossOfRows<RowOfFastTerms<L>>(false);
}
