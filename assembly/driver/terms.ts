import { highMask, highPair, lowMask, narrowed } from "../math/lanes";
import { log1p64 } from "../math/log1p64";
import { expOfMagnitude, inverse64, one64 } from "../math/sigmoid64";
import { currentCall } from "./call";
import { fill, lossOfRows } from "./rows";
import { loadLabelsTail, loadTail, signs, storeTail, tailLanes } from "./vectors";

/*
 * Losses that add up one term a class, any function of its score, its target and its weight, in float64. fastTerms.ts is
 * for those that have a form in float32 as well.
 */

/**
 * What the driver needs to know of such a loss; in two float64 lanes. s is the score, t the target and w the weight of
 * a class; e, inverse and rest are those of math/sigmoid64.ts.
 */
export interface LossOfTerms {
  /** What value and slope have in common: mostly a factor and a logarithm. */
  factor(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128;
  surprise(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128;
  value(s: v128, t: v128, w: v128, rest: v128, factor: v128, surprise: v128): v128;
  /** ∂value/∂s */
  slope(s: v128, t: v128, w: v128, e: v128, inverse: v128, rest: v128, factor: v128, surprise: v128): v128;
}

/** Four targets, from bytes or from float32 numbers. */
// @ts-ignore: decorator
@inline
function loadTargets(labels: usize, index: i32, rest: i32, isSoft: bool): v128 {
  if (isSoft) {
    const at = labels + ((<usize>index) << 2);
    return rest >= 4 ? v128.load(at) : loadTail(at, rest);
  }
  const at = labels + <usize>index;
  const bytes = rest >= 4 ? v128.load32_zero(at) : loadLabelsTail(at, rest);
  return v128.and(v128.shr<i32>(signs(bytes, 0), 31), f32x4.splat(1));
}

/** Some classes of a row, in float64: returns their loss, and writes `factor` times their gradient. */
export function sumOfTerms<L extends LossOfTerms>(
  logits: usize,
  labels: usize,
  classWeights: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  isSoft: bool,
): f64 {
  const lossOf = changetype<L>(0);
  const factors = f64x2.splat(factor);
  let sum = f64x2.splat(0);
  // A factor of 0 makes a term 0, whatever the score is, but not the loss of a NaN.
  let hasNaN = i32x4.splat(0);
  for (let index = 0; index < classes; index += 4, logits += 16) {
    const rest = classes - index;
    const s = rest >= 4 ? v128.load(logits) : loadTail(logits, rest);
    hasNaN = v128.or(hasNaN, v128.ne<f32>(s, s));
    const t = loadTargets(labels, index, rest, isSoft);
    let w0 = one64();
    let w1 = one64();
    if (classWeights) {
      w0 = v128.load(classWeights);
      w1 = v128.load(classWeights, 16);
      classWeights += 32;
    }
    const s0 = f64x2.promote_low_f32x4(s);
    const s1 = highPair(s);
    const t0 = f64x2.promote_low_f32x4(t);
    const t1 = highPair(t);
    const e0 = expOfMagnitude(s0);
    const e1 = expOfMagnitude(s1);
    const inverse0 = inverse64(e0);
    const inverse1 = inverse64(e1);
    const rest0 = log1p64(e0);
    const rest1 = log1p64(e1);
    const f0 = lossOf.factor(s0, t0, e0, inverse0, rest0);
    const f1 = lossOf.factor(s1, t1, e1, inverse1, rest1);
    const surprise0 = lossOf.surprise(s0, t0, e0, inverse0, rest0);
    const surprise1 = lossOf.surprise(s1, t1, e1, inverse1, rest1);
    let v0 = lossOf.value(s0, t0, w0, rest0, f0, surprise0);
    let v1 = lossOf.value(s1, t1, w1, rest1, f1, surprise1);
    if (rest < 4) {
      v0 = v128.and(v0, lowMask(tailLanes(rest)));
      v1 = v128.and(v1, highMask(tailLanes(rest)));
    }
    sum = v128.add<f64>(sum, v128.add<f64>(v0, v1));
    if (grad) {
      const slope0 = lossOf.slope(s0, t0, w0, e0, inverse0, rest0, f0, surprise0);
      const slope1 = lossOf.slope(s1, t1, w1, e1, inverse1, rest1, f1, surprise1);
      const g = narrowed(v128.mul<f64>(slope0, factors), v128.mul<f64>(slope1, factors));
      if (rest >= 4) v128.store(grad, g);
      else storeTail(grad, g, rest);
      grad += 16;
    }
  }
  if (v128.any_true(hasNaN)) return NaN;
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

let isSoft: bool = false;


@unmanaged
class RowOfTerms<L extends LossOfTerms> {

  @inline
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    const call = currentCall();
    let classWeights = call.classWeights;
    if (classWeights) classWeights += (<usize>index * <usize>call.classes) << 3;
    const loss = sumOfTerms<L>(logits, labels, classWeights, grad, classes, factor, isSoft);
    if (grad && isNaN(loss)) fill(grad, classes, NaN);
    return loss;
  }


  @inline
  slope(): f64 {
    return 0;
  }
}

/** Loss and gradient of the current call's rows. */
export function lossOfTerms<L extends LossOfTerms>(hasSoftLabels: bool): f64 {
  isSoft = hasSoftLabels;
  return lossOfRows<RowOfTerms<L>>(hasSoftLabels);
}
