import { exp64 } from "../math/exp64";
import { highMask, highPair, lowMask, narrowed } from "../math/lanes";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes } from "./vectors";

/*
 * A row whose scores may have any size: with z = s for negative and -s for positive classes, Σ e^(γz) = e^(γm)·Σ e^(γ(z - m))
 * for the greatest z of the side. Each side has an m of its own: with a shared one the smaller side would vanish. In
 * float64, so that nothing is lost in z - m, nor in exponentials far below the greatest.
 */

/** What one look at a row finds of each side, and then its sum. */
@unmanaged
export class Sides {
  /** The greatest z; 0 where that would be -∞, NaN where the side holds one. */
  maxNegative: f64;
  maxPositive: f64;
  /** Whether the side has classes. */
  hasNegative: bool;
  hasPositive: bool;
  /** Σ e^(γ(z - m)) */
  a: f64;
  b: f64;
}

/** Exponents below it count for nothing; exp64 is not defined there. */
// @ts-ignore: decorator
@lazy
const LOWEST = memory.data<f64>([-700.0]);

/** z in the lanes that belong to a side, -∞ in the others. */
// @ts-ignore: decorator
@inline
function side(z: v128, inSide: v128): v128 {
  return v128.bitselect(z, f32x4.splat(-Infinity), inSide);
}

// @ts-ignore: decorator
@inline
function greatest(v: v128): f64 {
  const value = max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
  return value == -Infinity ? 0 : <f64>value;
}

/** Finds the greatest z of each side. */
export function findMaxima(logits: usize, labels: usize, classes: i32, sides: Sides): void {
  let negative = f32x4.splat(-Infinity);
  let positive = f32x4.splat(-Infinity);
  let anyNegative = i32x4.splat(0);
  let anyPositive = i32x4.splat(0);
  const end4 = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end4; logits += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const isPositive = v128.shr<i32>(sign, 31);
    const z = v128.xor(v128.load(logits), sign);
    anyPositive = v128.or(anyPositive, isPositive);
    anyNegative = v128.or(anyNegative, v128.not(isPositive));
    negative = v128.max<f32>(negative, side(z, v128.not(isPositive)));
    positive = v128.max<f32>(positive, side(z, isPositive));
  }
  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const isPositive = v128.shr<i32>(sign, 31);
    const isNegative = v128.andnot(tailLanes(rest), isPositive);
    const z = v128.xor(loadTail(logits, rest), sign);
    anyPositive = v128.or(anyPositive, isPositive);
    anyNegative = v128.or(anyNegative, isNegative);
    negative = v128.max<f32>(negative, side(z, isNegative));
    positive = v128.max<f32>(positive, side(z, isPositive));
  }
  sides.maxNegative = greatest(negative);
  sides.maxPositive = greatest(positive);
  sides.hasNegative = v128.any_true(anyNegative);
  sides.hasPositive = v128.any_true(anyPositive);
}

/** e^(γ(z - m)) of two classes, where an infinite m counts its own infinite scores as 1 and all others as 0. */
// @ts-ignore: decorator
@inline
function expShifted(z: v128, scale: v128, m: v128): v128 {
  const d = v128.andnot(v128.mul<f64>(v128.sub<f64>(z, m), scale), v128.eq<f64>(z, m));
  return v128.and(exp64(d), v128.gt<f64>(d, v128.load64_splat(LOWEST)));
}

/** Σ e^(γ(z - m)) of both sides. */
export function sumSides(logits: usize, labels: usize, classes: i32, scale: f64, sides: Sides): void {
  const gamma = f64x2.splat(scale);
  const negative = f64x2.splat(sides.maxNegative);
  const positive = f64x2.splat(sides.maxPositive);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let index = 0; index < classes; index += 4, logits += 16, labels += 4) {
    const rest = classes - index;
    const isFull = rest >= 4;
    const sign = signs(isFull ? loadLabels4(labels) : loadLabelsTail(labels, rest), 0);
    const z = v128.xor(isFull ? v128.load(logits) : loadTail(logits, rest), sign);
    const isPositive = v128.shr<i32>(sign, 31);
    const low = lowMask(isPositive);
    const high = highMask(isPositive);
    let e0 = expShifted(f64x2.promote_low_f32x4(z), gamma, v128.bitselect(positive, negative, low));
    let e1 = expShifted(highPair(z), gamma, v128.bitselect(positive, negative, high));
    if (!isFull) {
      e0 = v128.and(e0, lowMask(tailLanes(rest)));
      e1 = v128.and(e1, highMask(tailLanes(rest)));
    }
    a = v128.add<f64>(a, v128.add<f64>(v128.andnot(e0, low), v128.andnot(e1, high)));
    b = v128.add<f64>(b, v128.add<f64>(v128.and(e0, low), v128.and(e1, high)));
  }
  sides.a = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  sides.b = f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1);
}

/** e·factor, and 0 for an e of 0 whatever the factor is. */
// @ts-ignore: decorator
@inline
function part(e: v128, factor: v128): v128 {
  return v128.and(v128.mul<f64>(e, factor), v128.ne<f64>(e, f64x2.splat(0)));
}

/** Writes e^(γ(z - m)) times the factor of its side, and minus that for positive classes. */
export function writeSides(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  scale: f64,
  sides: Sides,
  negativeFactor: f64,
  positiveFactor: f64,
): void {
  const gamma = f64x2.splat(scale);
  const negative = f64x2.splat(sides.maxNegative);
  const positive = f64x2.splat(sides.maxPositive);
  const factorA = f64x2.splat(negativeFactor);
  const factorB = f64x2.splat(positiveFactor);
  for (let index = 0; index < classes; index += 4, logits += 16, labels += 4, grad += 16) {
    const rest = classes - index;
    const isFull = rest >= 4;
    const sign = signs(isFull ? loadLabels4(labels) : loadLabelsTail(labels, rest), 0);
    const z = v128.xor(isFull ? v128.load(logits) : loadTail(logits, rest), sign);
    const isPositive = v128.shr<i32>(sign, 31);
    const low = lowMask(isPositive);
    const high = highMask(isPositive);
    const e0 = expShifted(f64x2.promote_low_f32x4(z), gamma, v128.bitselect(positive, negative, low));
    const e1 = expShifted(highPair(z), gamma, v128.bitselect(positive, negative, high));
    const g = narrowed(
      part(e0, v128.bitselect(factorB, factorA, low)),
      part(e1, v128.bitselect(factorB, factorA, high)),
    );
    if (isFull) v128.store(grad, v128.xor(g, sign));
    else storeTail(grad, v128.xor(g, sign), rest);
  }
}
