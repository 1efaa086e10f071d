import { expScaledExact, scale32, UNSCALE, unscale32, unscale64 } from "../math/exp";
import { highPair } from "../math/lanes";
import { log1p64 } from "../math/log1p64";
import { fill, lossOfRows, multiply, SMALLEST_SCALE } from "./rows";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes, widen } from "./vectors";

/** What the driver needs to know of a loss of points; loss/sigmoidCrossEntropy.ts explains the terms. */
export interface LossOfPoints {
  slope(z: v128, e: v128, scaled: v128, scale: v128): v128;
}

/*
 * Σ log(1 + e) needs no logarithm a class: with the product Π(1 + e) = 1 + p, every further class makes
 * p + e + p·e of p, which loses nothing where p and e are small.
 */

/** Factors of at most 2 that are multiplied before a logarithm is taken; a float64 lane ends at 2^1023. */
// @ts-ignore: decorator
@inline const CLASSES_A_LOGARITHM = 1024;

/** e^-|z|, scaled as expScaled does it. */
// @ts-ignore: decorator
@inline
function exponential(z: v128): v128 {
  return expScaledExact(v128.or(z, i32x4.splat(0x80000000)));
}

// @ts-ignore: decorator
@inline
function positivePart(z: v128): v128 {
  return v128.pmax<f32>(z, f32x4.splat(0));
}

/** (1 + p)(1 + q) - 1 */
// @ts-ignore: decorator
@inline
function product(p: v128, q: v128): v128 {
  return v128.add<f64>(v128.add<f64>(p, q), v128.mul<f64>(p, q));
}

/** Π(1 + e) - 1 of four classes, as two float64 lanes. */
// @ts-ignore: decorator
@inline
function productOf(scaled: v128): v128 {
  const unscale = unscale64();
  const low = v128.mul<f64>(f64x2.promote_low_f32x4(scaled), unscale);
  const high = v128.mul<f64>(highPair(scaled), unscale);
  return product(low, high);
}

// @ts-ignore: decorator
@inline
function logarithm(p: v128): v128 {
  const one = f64x2.splat(1);
  return log1p64(p, v128.div<f64>(one, v128.add<f64>(one, p)));
}

/** The gradient of four classes: the slope times `factor`, with the sign of the label. */
// @ts-ignore: decorator
@inline
function gradientOf<L extends LossOfPoints>(z: v128, scaled: v128, sign: v128, factor: v128): v128 {
  const e = v128.mul<f32>(scaled, unscale32());
  const slope = changetype<L>(0).slope(z, e, scaled, scale32());
  return v128.xor(v128.mul<f32>(slope, factor), sign);
}

/** One row: returns its loss, and writes `factor` times its gradient, to be multiplied by UNSCALE where that is tiny. */
// @ts-ignore: decorator
@inline
function sumOfPoints<L extends LossOfPoints>(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  factor: f64,
): f64 {
  const gradient = grad != 0;
  const factors = f32x4.splat(<f32>(factor < SMALLEST_SCALE ? factor : factor * UNSCALE));
  let sum = f64x2.splat(0);
  let p = f64x2.splat(0);

  const end16 = logits + ((<usize>(classes & ~15)) << 2);
  while (logits < end16) {
    const stop = min(end16, logits + (CLASSES_A_LOGARITHM << 2));
    for (; logits < stop; logits += 64, labels += 16) {
      const bytes = v128.load(labels);
      const sign0 = signs(bytes, 0);
      const sign1 = signs(bytes, 1);
      const sign2 = signs(bytes, 2);
      const sign3 = signs(bytes, 3);
      const z0 = v128.xor(v128.load(logits), sign0);
      const z1 = v128.xor(v128.load(logits, 16), sign1);
      const z2 = v128.xor(v128.load(logits, 32), sign2);
      const z3 = v128.xor(v128.load(logits, 48), sign3);
      const e0 = exponential(z0);
      const e1 = exponential(z1);
      const e2 = exponential(z2);
      const e3 = exponential(z3);
      const sum01 = v128.add<f64>(widen(positivePart(z0)), widen(positivePart(z1)));
      const sum23 = v128.add<f64>(widen(positivePart(z2)), widen(positivePart(z3)));
      sum = v128.add<f64>(sum, v128.add<f64>(sum01, sum23));
      const p01 = product(productOf(e0), productOf(e1));
      const p23 = product(productOf(e2), productOf(e3));
      p = product(p, product(p01, p23));
      if (gradient) {
        v128.store(grad, gradientOf<L>(z0, e0, sign0, factors));
        v128.store(grad, gradientOf<L>(z1, e1, sign1, factors), 16);
        v128.store(grad, gradientOf<L>(z2, e2, sign2, factors), 32);
        v128.store(grad, gradientOf<L>(z3, e3, sign3, factors), 48);
        grad += 64;
      }
    }
    if (logits < end16) {
      sum = v128.add<f64>(sum, logarithm(p));
      p = f64x2.splat(0);
    }
  }

  const end4 = logits + ((<usize>(classes & 12)) << 2);
  for (; logits < end4; logits += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const z = v128.xor(v128.load(logits), sign);
    const e = exponential(z);
    sum = v128.add<f64>(sum, widen(positivePart(z)));
    p = product(p, productOf(e));
    if (gradient) {
      v128.store(grad, gradientOf<L>(z, e, sign, factors));
      grad += 16;
    }
  }

  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const z = v128.xor(loadTail(logits, rest), sign);
    const e = exponential(z);
    sum = v128.add<f64>(sum, widen(positivePart(z)));
    p = product(p, productOf(v128.and(e, tailLanes(rest))));
    if (gradient) storeTail(grad, gradientOf<L>(z, e, sign, factors), rest);
  }

  sum = v128.add<f64>(sum, logarithm(p));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}


@unmanaged
class RowOfPoints<L extends LossOfPoints> {

  @inline
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    const loss = sumOfPoints<L>(logits, labels, grad, classes, factor);
    if (grad && factor < SMALLEST_SCALE) multiply(grad, classes, <f32>UNSCALE);
    if (grad && isNaN(loss)) fill(grad, classes, NaN);
    return loss;
  }


  @inline
  slope(): f64 {
    return 0;
  }
}

/** Loss and gradient of the current call's rows. */
export function lossOfPoints<L extends LossOfPoints>(): f64 {
  return lossOfRows<RowOfPoints<L>>(false);
}
