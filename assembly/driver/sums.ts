import { UNSCALE } from "../math/exp";
import { log1p } from "../math/log1p";
import { currentCall } from "./call";
import { findMaxima, Sides, sweepShifted } from "./largeScores";
import { fill, LARGEST_SCALE, multiply, SMALLEST_SCALE, weightOf } from "./rows";
import { isLarge, MODERATE, peakOf, Row, scale, sweep } from "./sweep";

/** What the driver needs to know of a loss of sums; loss/zlpr.ts explains the terms. */
export interface LossOfSums {
  x(a: v128, b: v128): v128;
  xa(a: v128, b: v128): v128;
  xb(a: v128, b: v128): v128;
  loss(alpha: f64, beta: f64): f64;
  lossAlpha(alpha: f64, beta: f64): f64;
  lossBeta(alpha: f64, beta: f64): f64;
}

/** Rows are worked off in blocks, so that logarithms and divisions are taken of two rows at once. */
// @ts-ignore: decorator
@inline const BLOCK_ROWS = 64;

/** A block's logits and gradient should stay in a near cache between the two passes: at most 64 KiB of each. */
// @ts-ignore: decorator
@inline const BLOCK_CLASSES = 16384;

// @ts-ignore: decorator
@inline const FAR: f32 = 20;

// @ts-ignore: decorator
@lazy const ROWS = memory.data(BLOCK_ROWS * 48, 16);
// @ts-ignore: decorator
@lazy const ONE = memory.data<f64>([1.0]);
// @ts-ignore: decorator
@lazy const SIDES = memory.data(8, 8);

// @ts-ignore: decorator
@inline
function rowAt(index: i32): Row {
  return changetype<Row>(ROWS + <usize>index * offsetof<Row>());
}

/** Whether factors of this size leave everything that is multiplied by them within float32. */
// @ts-ignore: decorator
@inline
function isModerate(scale: f64): bool {
  return scale >= SMALLEST_SCALE && scale <= LARGEST_SCALE;
}

/** Fills in loss and factors of the block's rows, two at a time, from the sums that the sweep left. */
// @ts-ignore: decorator
@inline
function finish<L extends LossOfSums>(
  count: i32,
  weights: usize,
  factor: f64,
  shiftA: f64,
  shiftB: f64,
): void {
  const lossOf = changetype<L>(0);
  const one = v128.load64_splat(ONE);
  const isShifted = shiftA != 1.0 || shiftB != 1.0;
  for (let index = 0; index < count; index += 2) {
    const first = rowAt(index);
    const second = rowAt(index + 1);
    const ab0 = v128.load(changetype<usize>(first));
    const ab1 = v128.load(changetype<usize>(second));
    let a = v128.shuffle<i64>(ab0, ab1, 0, 2);
    let b = v128.shuffle<i64>(ab0, ab1, 1, 3);
    if (isShifted) {
      a = v128.mul<f64>(a, f64x2.splat(shiftA));
      b = v128.mul<f64>(b, f64x2.splat(shiftB));
    }
    const x = lossOf.x(a, b);
    const inverse = v128.div<f64>(one, v128.add<f64>(one, x));
    const loss = log1p(x, inverse);
    first.loss = f64x2.extract_lane(loss, 0);
    second.loss = f64x2.extract_lane(loss, 1);
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
      negative = v128.mul<f64>(negative, f64x2.splat(shiftA));
      positive = v128.mul<f64>(positive, f64x2.splat(shiftB));
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
}

// @ts-ignore: decorator
@inline
function finite(x: f64): f32 {
  return <f32>max(-(<f64>f32.MAX_VALUE), min(<f64>f32.MAX_VALUE, x));
}

/** Makes NaN of all gradients that are not 0 and have the given sign. */
function undefine(grad: usize, classes: i32, sign: f32): void {
  for (let i: usize = 0; i < <usize>classes; i++) {
    if (load<f32>(grad + (i << 2)) * sign > 0) store<f32>(grad + (i << 2), NaN);
  }
}

/**
 * A row by the logarithms of its sums: for scores of any size, infinities and NaN. Writes the gradient where there is
 * one, and returns the loss.
 */
function largeRow<L extends LossOfSums>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  row: Row,
  factor: f64,
  logShiftA: f64,
  logShiftB: f64,
): f64 {
  const lossOf = changetype<L>(0);
  const sides = changetype<Sides>(SIDES);
  findMaxima(logits, labels, classes, sides);
  if (isNaN(sides.negative) || isNaN(sides.positive)) {
    if (grad) fill(grad, classes, NaN);
    return NaN;
  }
  // Where a side's scores are all far below the threshold, it hardly counts: its factor shall not leave float32.
  const maxA = max(sides.negative, finite(-logShiftA) - FAR);
  const maxB = max(sides.positive, finite(-logShiftB) - FAR);
  sides.negative = maxA;
  sides.positive = maxB;
  sweepShifted(logits, labels, grad, classes, sides, row);
  const alpha = row.a > 0 ? <f64>maxA + logShiftA + NativeMath.log(row.a) : -Infinity;
  const beta = row.b > 0 ? <f64>maxB + logShiftB + NativeMath.log(row.b) : -Infinity;
  if (grad) {
    const negative = row.a > 0 ? (lossOf.lossAlpha(alpha, beta) / row.a) * factor : 0;
    const positive = row.b > 0 ? (lossOf.lossBeta(alpha, beta) / row.b) * factor : 0;
    // The scale of the exponentials is taken back with the factors, or after them where one is tiny.
    const isTiny = (negative > 0 && negative < SMALLEST_SCALE) || (positive > 0 && positive < SMALLEST_SCALE);
    const unscale = isTiny ? 1.0 : UNSCALE;
    row.negative = <f32>(negative * unscale);
    row.positive = <f32>(positive * unscale);
    // Several infinite scores share the side between them in no definite way.
    if (maxA == Infinity && row.a > 1) undefine(grad, classes, 1);
    if (maxB == Infinity && row.b > 1) undefine(grad, classes, -1);
    scale(grad, classes, row);
    if (isTiny) multiply(grad, classes, <f32>UNSCALE);
  }
  return lossOf.loss(alpha, beta);
}

/** The weighted loss of a row that may have a weight or large scores; its gradient to `grad` if there is one. */
function specialRow<L extends LossOfSums>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  row: Row,
  weight: f64,
  factor: f64,
  logShiftA: f64,
  logShiftB: f64,
): f64 {
  if (weight == 0) {
    if (grad) fill(grad, classes, 0);
    return 0;
  }
  if (isLarge(row.peak)) {
    return weight * largeRow<L>(logits, labels, grad, classes, row, weight * factor, logShiftA, logShiftB);
  }
  if (grad) scale(grad, classes, row);
  return weight * row.loss;
}

/** Loss and gradient of the current call's rows, where a is multiplied by e^logShiftA and b by e^logShiftB. */
export function lossOfSums<L extends LossOfSums>(logShiftA: f64, logShiftB: f64): f64 {
  const call = currentCall();
  const rows = call.rows;
  const classes = call.classes;
  const factor = call.factor;
  let logits = call.logits;
  let labels = call.labels;
  let grad = call.grad;
  const gradient = grad != 0;
  let losses = call.losses;
  let weights = call.weights;
  let sum = call.sum;
  const shiftA = NativeMath.exp(logShiftA);
  const shiftB = NativeMath.exp(logShiftB);
  const shifted = max(abs(logShiftA), abs(logShiftB)) > <f64>MODERATE;
  const checked = shifted || weights != 0 || !isModerate(factor);
  const inPlace = grad == logits;
  const stride = (<usize>classes) << 2;
  const blockRows = max(1, min(BLOCK_ROWS, BLOCK_CLASSES / classes));
  for (let start = 0; start < rows; start += blockRows) {
    const count = min(blockRows, rows - start);

    let from = logits;
    let to = grad;
    let marks = labels;
    let peak = i32x4.splat(0);
    for (let index = 0; index < count; index++) {
      const row = rowAt(index);
      // In place, the sweep would overwrite the scores before it knows that it needs them again.
      if (
        (checked && (shifted || !isModerate(weightOf(weights, index) * factor))) ||
        (inPlace && isLarge(peakOf(from, classes)))
      )
        row.peak = i32x4.splat(-1);
      else sweep(from, marks, to, classes, row);
      peak = v128.max<u32>(peak, row.peak);
      from += stride;
      if (gradient) to += stride;
      marks += classes;
    }

    finish<L>(count, weights, factor, shiftA, shiftB);

    const special = weights != 0 || isLarge(peak);
    for (let index = 0; index < count; index++) {
      const row = rowAt(index);
      let loss = row.loss;
      if (special) {
        const weight = weightOf(weights, index);
        loss = specialRow<L>(logits, labels, grad, classes, row, weight, factor, logShiftA, logShiftB);
      } else if (gradient) {
        scale(grad, classes, row);
      }
      sum += loss;
      if (losses) {
        store<f32>(losses, <f32>loss);
        losses += 4;
      }
      logits += stride;
      if (gradient) grad += stride;
      labels += classes;
    }
    if (weights) weights += (<usize>count) << 2;
  }
  return sum;
}
