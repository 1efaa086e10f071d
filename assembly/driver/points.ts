import { exp } from "../math/exp";
import { highPair } from "../math/lanes";
import { log1p64 } from "../math/log1p64";
import { multiplyAdd64 } from "../math/multiplyAdd";
import { one32 } from "../math/sigmoid";
import { one64 } from "../math/sigmoid64";
import { currentCall } from "./call";
import { fill, isModerate, lengthOf, weightOf } from "./rows";
import { isLarge, magnitude, peakOf } from "./range";
import { LossOfTerms, sumOfTerms } from "./terms";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes } from "./vectors";
import { distance, noteLoss } from "./thread";

/*
 * Σ log(1 + e^z) over the classes of a row, with z = s for negative and -s for positive classes, and its slopes σ(z).
 *
 * It needs no logarithm a class: with the product Π(1 + e^z) = 1 + p, every further class makes p + e + p·e of p, which
 * loses nothing where p and e are small. In float64: the rounding of a product in float32, on top of the errors of its
 * exponentials, would be more than the bound of the loss leaves.
 *
 * That is for scores of moderate size; all others are taken in float64, term by term. The work is done a tile at a time,
 * of several rows or of a piece of one: first all exponentials, then products and gradients. In one loop, each class
 * would be so long a chain of operations that processors see too few others to do meanwhile.
 */

/** The greatest number of classes of a tile. */
// @ts-ignore: decorator
@inline const TILE = 1024;

/** e^z of each class, with the sign of the label. */
// @ts-ignore: decorator
@lazy const EXPONENTIALS = memory.data(TILE * 4, 16);

/** Rows of a tile, at most. */
// @ts-ignore: decorator
@inline const TILE_ROWS = 64;

/**
 * What is known of a row.
 *
 *   offset  0        16     24
 *           product  terms  loss
 */
@unmanaged
class Row {
  /** Π(1 + e^z) - 1 as two factors. */
  product: v128;
  /** The terms that are no part of it. */
  terms: f64;
  loss: f64;
}

// @ts-ignore: decorator
@lazy const ROWS = memory.data(TILE_ROWS * 32, 16);

/**
 * Beyond this, 2^500, a logarithm is taken: sixteen more classes, each at most 1 + e^40, do not take a lane to the end of
 * float64, nor does the product of both lanes.
 */
// @ts-ignore: decorator
@lazy const LARGEST_PRODUCT = memory.data<f64>([3.273390607896142e150]);

// @ts-ignore: decorator
@lazy const MAGNITUDE = memory.data<u32>([0x7fffffff]);

// @ts-ignore: decorator
@inline
function rowAt(index: i32): Row {
  return changetype<Row>((ASC_FEATURE_THREADS ? ROWS + distance : ROWS) + ((<usize>index) << 5));
}

/** (1 + p)(1 + q) - 1 */
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
function isLargeProduct(p: v128): bool {
  return v128.any_true(v128.gt<f64>(p, v128.load64_splat(LARGEST_PRODUCT)));
}

/** Takes the logarithm of a product that has become large, and returns what is left of it. */
// @ts-ignore: decorator
@inline
function reduced(p: v128, row: Row): v128 {
  return isLargeProduct(p) ? withoutProduct(p, row) : p;
}

function withoutProduct(p: v128, row: Row): v128 {
  const logs = log1p64(p);
  row.terms += f64x2.extract_lane(logs, 0) + f64x2.extract_lane(logs, 1);
  return f64x2.splat(0);
}

/** Writes the exponentials of sixteen classes, and returns the greatest magnitudes of their scores. */
// @ts-ignore: decorator
@inline
function exponentialsOf16(logits: usize, bytes: v128, hasPositive: bool, to: usize): v128 {
  let x0 = v128.load(logits);
  let x1 = v128.load(logits, 16);
  let x2 = v128.load(logits, 32);
  let x3 = v128.load(logits, 48);
  const peak01 = v128.max<u32>(magnitude(x0), magnitude(x1));
  const peak23 = v128.max<u32>(magnitude(x2), magnitude(x3));
  if (hasPositive) {
    const sign0 = signs(bytes, 0);
    const sign1 = signs(bytes, 1);
    const sign2 = signs(bytes, 2);
    const sign3 = signs(bytes, 3);
    x0 = v128.xor(exp(v128.xor(x0, sign0)), sign0);
    x1 = v128.xor(exp(v128.xor(x1, sign1)), sign1);
    x2 = v128.xor(exp(v128.xor(x2, sign2)), sign2);
    x3 = v128.xor(exp(v128.xor(x3, sign3)), sign3);
  } else {
    x0 = exp(x0);
    x1 = exp(x1);
    x2 = exp(x2);
    x3 = exp(x3);
  }
  v128.store(to, x0);
  v128.store(to, x1, 16);
  v128.store(to, x2, 32);
  v128.store(to, x3, 48);
  return v128.max<u32>(peak01, peak23);
}

/** Writes the exponentials of a tile, and returns the greatest magnitudes of its scores. */
// @ts-ignore: decorator
@inline
function exponentials(logits: usize, labels: usize, classes: i32): v128 {
  let peak = i32x4.splat(0);
  let to = ASC_FEATURE_THREADS ? EXPONENTIALS + distance : EXPONENTIALS;
  const end16 = logits + ((<usize>(classes & ~15)) << 2);
  for (; logits < end16; logits += 64, labels += 16, to += 64) {
    // Positives are rare.
    const bytes = v128.load(labels);
    peak = v128.any_true(bytes)
      ? v128.max<u32>(peak, exponentialsOf16(logits, bytes, true, to))
      : v128.max<u32>(peak, exponentialsOf16(logits, bytes, false, to));
  }
  const end4 = logits + ((<usize>(classes & 12)) << 2);
  for (; logits < end4; logits += 16, labels += 4, to += 16) {
    const sign = signs(loadLabels4(labels), 0);
    const z = v128.xor(v128.load(logits), sign);
    peak = v128.max<u32>(peak, magnitude(z));
    v128.store(to, v128.xor(exp(z), sign));
  }
  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const z = v128.xor(loadTail(logits, rest), sign);
    peak = v128.max<u32>(peak, magnitude(z));
    v128.store(to, v128.xor(exp(z), sign));
  }
  return peak;
}

/** The gradient of four classes: σ(z) times `factor`, with the sign of the label, from e^z with and without that sign. */
// @ts-ignore: decorator
@inline
function gradientOf(signed: v128, e: v128, factor: v128): v128 {
  return v128.div<f32>(v128.mul<f32>(signed, factor), v128.add<f32>(one32(), e));
}

/** Multiplies the exponentials of a piece of a row up; writes `factor` times the gradient, if it goes anywhere. */
// @ts-ignore: decorator
@inline
function multiply(from: usize, grad: usize, classes: i32, factor: f32, row: Row): void {
  const gradient = grad != 0;
  const factors = f32x4.splat(factor);
  const end16 = from + ((<usize>(classes & ~15)) << 2);
  let p = row.product;
  while (from < end16) {
    const mask = v128.load32_splat(MAGNITUDE);
    const s0 = v128.load(from);
    const s1 = v128.load(from, 16);
    const s2 = v128.load(from, 32);
    const s3 = v128.load(from, 48);
    const e0 = v128.and(s0, mask);
    const e1 = v128.and(s1, mask);
    const e2 = v128.and(s2, mask);
    const e3 = v128.and(s3, mask);
    p = product64(p, product64(product64(halves(e0), halves(e1)), product64(halves(e2), halves(e3))));
    if (gradient) {
      v128.store(grad, gradientOf(s0, e0, factors));
      v128.store(grad, gradientOf(s1, e1, factors), 16);
      v128.store(grad, gradientOf(s2, e2, factors), 32);
      v128.store(grad, gradientOf(s3, e3, factors), 48);
      grad += 64;
    }
    from += 64;
    if (from < end16 || classes & 15) p = reduced(p, row);
  }
  const end4 = from + ((<usize>(classes & 12)) << 2);
  for (; from < end4; from += 16) {
    const s = v128.load(from);
    const e = v128.and(s, v128.load32_splat(MAGNITUDE));
    p = product64(p, halves(e));
    if (gradient) {
      v128.store(grad, gradientOf(s, e, factors));
      grad += 16;
    }
  }
  const rest = classes & 3;
  if (rest) {
    const s = v128.load(from);
    const e = v128.and(s, v128.load32_splat(MAGNITUDE));
    p = product64(p, halves(v128.and(e, tailLanes(rest))));
    if (gradient) storeTail(grad, gradientOf(s, e, factors), rest);
  }
  row.product = p;
}

/** Fills in the loss of the tile's rows, two at a time. */
// @ts-ignore: decorator
@inline
function finish(count: i32): void {
  for (let index = 0; index < count; index += 2) {
    const first = rowAt(index);
    const second = rowAt(index + 1);
    let p0 = first.product;
    let p1 = second.product;
    if (isLargeProduct(v128.pmax<f64>(p0, p1))) {
      // Each row for itself: no row's bits depend on its neighbour.
      p0 = reduced(p0, first);
      p1 = reduced(p1, second);
    }
    const logs = log1p64(product64(v128.shuffle<i64>(p0, p1, 0, 2), v128.shuffle<i64>(p0, p1, 1, 3)));
    first.loss = first.terms + f64x2.extract_lane(logs, 0);
    second.loss = second.terms + f64x2.extract_lane(logs, 1);
  }
}

/** The same where there are weights: four classes with a positive one among them are taken term by term. */
function multiplyWeighted<L extends LossOfTerms>(
  from: usize,
  logits: usize,
  labels: usize,
  classWeights: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  row: Row,
): void {
  const factors = f32x4.splat(<f32>factor);
  let p = row.product;
  let terms: f64 = 0;
  for (let index = 0; index < classes; index += 4, from += 16) {
    const rest = classes - index;
    const at = <usize>index;
    const to = grad + (at << 2);
    const s = rest >= 4 ? v128.load(from) : v128.and(v128.load(from), tailLanes(rest));
    if (v128.bitmask<i32>(s)) {
      const weights = classWeights + (at << 3);
      terms += sumOfTerms<L>(
        logits + (at << 2),
        labels + at,
        weights,
        grad ? to : 0,
        min(rest, 4),
        factor,
        false,
      );
    } else {
      p = product64(reduced(p, row), halves(s));
      if (grad && rest >= 4) v128.store(to, gradientOf(s, s, factors));
      else if (grad) storeTail(to, gradientOf(s, s, factors), rest);
    }
  }
  row.product = p;
  row.terms += terms;
}

/** A piece of a row that may have large scores, weights, or a factor that float32 does not take. */
function special<L extends LossOfTerms>(
  from: usize,
  logits: usize,
  labels: usize,
  classWeights: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  row: Row,
): void {
  // A row without weight counts for nothing.
  if (factor == 0) return;
  if (!isModerate(factor) || isLarge(peakOf(logits, classes))) {
    row.terms += sumOfTerms<L>(logits, labels, classWeights, grad, classes, factor, false);
  } else if (classWeights) {
    multiplyWeighted<L>(from, logits, labels, classWeights, grad, classes, factor, row);
  } else {
    multiply(from, grad, classes, <f32>factor, row);
  }
}

/** Loss and gradient of the current call's rows. L is the same loss in float64. */
export function lossOfPoints<L extends LossOfTerms>(): f64 {
  const call = currentCall();
  const rows = call.rows;
  const classes = call.classes;
  const factor = call.factor;
  const logits = call.logits;
  const labels = call.labels;
  const grad = call.grad;
  const losses = call.losses;
  const weights = call.weights;
  const lengths = call.lengths;
  const classWeights = call.classWeights;
  const tileRows = max(1, min(TILE_ROWS, TILE / classes));
  const checked = weights != 0 || classWeights != 0 || !isModerate(factor);
  let sum = call.sum;
  for (let start = 0; start < rows; start += tileRows) {
    const count = min(tileRows, rows - start);
    let isSpecial = checked;
    for (let piece = 0; piece < classes; piece += TILE) {
      const width = min(TILE, classes - piece);
      let at = <usize>start * classes + piece;
      if (isLarge(exponentials(logits + (at << 2), labels + at, width * count))) isSpecial = true;
      let from = ASC_FEATURE_THREADS ? EXPONENTIALS + distance : EXPONENTIALS;
      for (let index = 0; index < count; index++) {
        const row = rowAt(index);
        if (piece == 0) {
          row.product = f64x2.splat(0);
          row.terms = 0;
        } else {
          row.product = reduced(row.product, row);
        }
        const length = max(0, min(width, lengthOf(lengths, start + index, classes) - piece));
        const to = grad ? grad + (at << 2) : 0;
        if (isSpecial) {
          const scores = logits + (at << 2);
          const ofClasses = classWeights ? classWeights + (at << 3) : 0;
          const ofRow = weightOf(weights, start + index) * factor;
          special<L>(from, scores, labels + at, ofClasses, to, length, ofRow, row);
        } else {
          multiply(from, to, length, <f32>factor, row);
        }
        from += (<usize>classes) << 2;
        at += classes;
      }
    }

    finish(count);

    for (let index = start; index < start + count; index++) {
      let loss = rowAt(index - start).loss;
      if (isSpecial) {
        const weight = weightOf(weights, index);
        loss = weight == 0 ? 0 : weight * loss;
        if (grad && (weight == 0 || isNaN(loss))) {
          fill(
            grad + ((<usize>index * classes) << 2),
            lengthOf(lengths, index, classes),
            weight == 0 ? 0 : NaN,
          );
        }
      }
      if (ASC_FEATURE_THREADS) noteLoss(loss);
      sum += loss;
      if (losses) store<f32>(losses + ((<usize>index) << 2), <f32>loss);
    }
  }
  return sum;
}
