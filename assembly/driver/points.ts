import { exp } from "../math/exp";
import { highPair } from "../math/lanes";
import { log1p64 } from "../math/log1p64";
import { multiplyAdd, multiplyAdd64 } from "../math/multiplyAdd";
import { one32 } from "../math/sigmoid";
import { one64 } from "../math/sigmoid64";
import { currentCall } from "./call";
import { fill, isModerate, lengthOf, weightOf } from "./rows";
import { isLarge, magnitude, peakOf } from "./sweep";
import { LossOfTerms, sumOfTerms } from "./terms";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes } from "./vectors";

/*
 * Σ log(1 + e^z) over the classes of a row, with z = s for negative and -s for positive classes, and its slopes σ(z).
 *
 * It needs no logarithm a class: with the product Π(1 + e^z) = 1 + p, every further class makes p + e + p·e of p, which
 * loses nothing where p and e are small. Two factors are multiplied in float32, all others in float64.
 *
 * That is for scores of moderate size. Rows with others are done again in float64, term by term.
 */

/**
 * What the sweep over a row finds, and what follows from it.
 *
 *   offset  0        16      32       40
 *           product  peak    logs     loss
 */
@unmanaged
class Row {
  /** Π(1 + e^z) - 1 as two factors, of the classes since the last logarithm. */
  product: v128;
  /** The greatest magnitudes of the scores, see `magnitude`. */
  peak: v128;
  /** The logarithms that were taken of other classes. */
  logs: f64;
  loss: f64;
}

/** Rows are worked off in blocks, so that the logarithms are taken of two rows at once. */
// @ts-ignore: decorator
@inline const BLOCK_ROWS = 64;

// @ts-ignore: decorator
@inline const ROW_BYTES = 48;

// @ts-ignore: decorator
@lazy const ROWS = memory.data(BLOCK_ROWS * ROW_BYTES, 16);

/**
 * Beyond this, 2^500, a logarithm is taken: sixteen more classes, each at most 1 + e^40, do not take a lane to the end of
 * float64, nor does the product of both lanes.
 */
// @ts-ignore: decorator
@lazy const LARGEST_PRODUCT = memory.data<f64>([3.273390607896142e150]);

// @ts-ignore: decorator
@inline
function rowAt(index: i32): Row {
  return changetype<Row>(ROWS + <usize>index * ROW_BYTES);
}

/** (1 + p)(1 + q) - 1 */
// @ts-ignore: decorator
@inline
function product32(p: v128, q: v128): v128 {
  return multiplyAdd(p, q, v128.add<f32>(p, q));
}

// @ts-ignore: decorator
@inline
function product64(p: v128, q: v128): v128 {
  return multiplyAdd64(p, q, v128.add<f64>(p, q));
}

/** The same of four factors, as two. */
// @ts-ignore: decorator
@inline
function halves(p: v128): v128 {
  return product64(f64x2.promote_low_f32x4(p), highPair(p));
}

// @ts-ignore: decorator
@inline
function logarithm(p: v128): v128 {
  return log1p64(p, v128.div<f64>(one64(), v128.add<f64>(one64(), p)));
}

/** Takes the logarithm of a product that has become large, and returns what is left of it. */
// @ts-ignore: decorator
@inline
function reduced(p: v128, row: Row): v128 {
  if (!v128.any_true(v128.gt<f64>(p, v128.load64_splat(LARGEST_PRODUCT)))) return p;
  const logs = logarithm(p);
  row.logs += f64x2.extract_lane(logs, 0) + f64x2.extract_lane(logs, 1);
  return f64x2.splat(0);
}

/** The gradient of four classes: σ(z) times `factor`, with the sign of the label. */
// @ts-ignore: decorator
@inline
function gradientOf(e: v128, sign: v128, factor: v128): v128 {
  return v128.xor(v128.div<f32>(v128.mul<f32>(e, factor), v128.add<f32>(one32(), e)), sign);
}

/** One pass over a row of moderate scores; writes `factor` times the gradient, if it goes anywhere. */
// @ts-ignore: decorator
@inline
function sweep(logits: usize, labels: usize, grad: usize, classes: i32, factor: f32, row: Row): void {
  const gradient = grad != 0;
  const factors = f32x4.splat(factor);
  let p = f64x2.splat(0);
  let peak = i32x4.splat(0);
  row.logs = 0;

  const end16 = logits + ((<usize>(classes & ~15)) << 2);
  for (; logits < end16; logits += 64, labels += 16) {
    const bytes = v128.load(labels);
    const sign0 = signs(bytes, 0);
    const sign1 = signs(bytes, 1);
    const sign2 = signs(bytes, 2);
    const sign3 = signs(bytes, 3);
    const z0 = v128.xor(v128.load(logits), sign0);
    const z1 = v128.xor(v128.load(logits, 16), sign1);
    const z2 = v128.xor(v128.load(logits, 32), sign2);
    const z3 = v128.xor(v128.load(logits, 48), sign3);
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(z0), magnitude(z1)));
    peak = v128.max<u32>(peak, v128.max<u32>(magnitude(z2), magnitude(z3)));
    const e0 = exp(z0);
    const e1 = exp(z1);
    const e2 = exp(z2);
    const e3 = exp(z3);
    p = product64(p, product64(halves(product32(e0, e1)), halves(product32(e2, e3))));
    p = reduced(p, row);
    if (gradient) {
      v128.store(grad, gradientOf(e0, sign0, factors));
      v128.store(grad, gradientOf(e1, sign1, factors), 16);
      v128.store(grad, gradientOf(e2, sign2, factors), 32);
      v128.store(grad, gradientOf(e3, sign3, factors), 48);
      grad += 64;
    }
  }

  const end4 = logits + ((<usize>(classes & 12)) << 2);
  for (; logits < end4; logits += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const z = v128.xor(v128.load(logits), sign);
    peak = v128.max<u32>(peak, magnitude(z));
    const e = exp(z);
    p = product64(p, halves(e));
    if (gradient) {
      v128.store(grad, gradientOf(e, sign, factors));
      grad += 16;
    }
  }

  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const z = v128.xor(loadTail(logits, rest), sign);
    peak = v128.max<u32>(peak, magnitude(z));
    const e = exp(z);
    p = product64(p, halves(v128.and(e, tailLanes(rest))));
    if (gradient) storeTail(grad, gradientOf(e, sign, factors), rest);
  }

  row.product = reduced(p, row);
  row.peak = peak;
}

/** Fills in the loss of the block's rows, two at a time. */
// @ts-ignore: decorator
@inline
function finish(count: i32): void {
  for (let index = 0; index < count; index += 2) {
    const first = rowAt(index);
    const second = rowAt(index + 1);
    const p0 = first.product;
    const p1 = second.product;
    const logs = logarithm(product64(v128.shuffle<i64>(p0, p1, 0, 2), v128.shuffle<i64>(p0, p1, 1, 3)));
    first.loss = first.logs + f64x2.extract_lane(logs, 0);
    second.loss = second.logs + f64x2.extract_lane(logs, 1);
  }
}

/** The weighted loss of a row in float64, for scores and factors of any size; its gradient to `grad` if there is one. */
function carefulRow<L extends LossOfTerms>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  weight: f64,
  factor: f64,
): f64 {
  if (weight == 0) {
    if (grad) fill(grad, classes, 0);
    return 0;
  }
  const loss = sumOfTerms<L>(logits, labels, 0, grad, classes, weight * factor, false);
  if (grad && isNaN(loss)) fill(grad, classes, NaN);
  return weight * loss;
}

/** Loss and gradient of the current call's rows. L is the same loss in float64. */
export function lossOfPoints<L extends LossOfTerms>(): f64 {
  const call = currentCall();
  const classes = call.classes;
  const factor = call.factor;
  const stride = (<usize>classes) << 2;
  let logits = call.logits;
  let labels = call.labels;
  let grad = call.grad;
  const gradStride = grad ? stride : 0;
  // In place, the sweep would overwrite the scores before it knows that it needs them again.
  const inPlace = grad == logits;
  let sum = call.sum;
  for (let start = 0; start < call.rows; start += BLOCK_ROWS) {
    const count = min(BLOCK_ROWS, call.rows - start);

    let from = logits;
    let to = grad;
    let marks = labels;
    for (let index = 0; index < count; index++) {
      const row = rowAt(index);
      const length = lengthOf(call.lengths, start + index, classes);
      const rowFactor = weightOf(call.weights, start + index) * factor;
      if (!isModerate(rowFactor) || (inPlace && isLarge(peakOf(from, length)))) row.peak = i32x4.splat(-1);
      else sweep(from, marks, to, length, <f32>rowFactor, row);
      from += stride;
      to += gradStride;
      marks += classes;
    }

    finish(count);

    for (let index = 0; index < count; index++) {
      const row = rowAt(index);
      const weight = weightOf(call.weights, start + index);
      let loss = weight * row.loss;
      if (isLarge(row.peak)) {
        const length = lengthOf(call.lengths, start + index, classes);
        loss = carefulRow<L>(logits, labels, grad, length, weight, factor);
      }
      sum += loss;
      if (call.losses) store<f32>(call.losses + ((<usize>(start + index)) << 2), <f32>loss);
      logits += stride;
      grad += gradStride;
      labels += classes;
    }
  }
  return sum;
}
