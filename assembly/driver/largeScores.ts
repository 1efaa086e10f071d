import { expScaled, UNSCALE } from "../math/exp";
import { Row } from "./sweep";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes, widen } from "./vectors";

/*
 * A row whose scores may have any size: with z = s for negative and -s for positive classes, Σ e^z = e^m·Σ e^(z - m) for
 * an m that is no less than any z of the side. Each side has an m of its own: with a shared one the smaller side would
 * vanish.
 *
 * z - m is rounded in float32, and eˣ would magnify that error up to |z - m|·2^-24. So the part that the
 * subtraction loses goes into the exponential too.
 */

/** A number for each side. */
@unmanaged
export class Sides {
  negative: f32;
  positive: f32;
}

/** z in the lanes that belong to a side, -∞ in the others. */
// @ts-ignore: decorator
@inline
function side(x: v128, inSide: v128): v128 {
  return v128.bitselect(x, f32x4.splat(-Infinity), inSide);
}

// @ts-ignore: decorator
@inline
function greatest(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** Finds the greatest z of each side: -∞ for a side with no classes, NaN where it holds one. */
export function findMaxima(logits: usize, labels: usize, classes: i32, maxima: Sides): void {
  let negative = f32x4.splat(-Infinity);
  let positive = f32x4.splat(-Infinity);
  const end4 = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end4; logits += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const isPositive = v128.shr<i32>(sign, 31);
    const z = v128.xor(v128.load(logits), sign);
    negative = v128.max<f32>(negative, side(z, v128.not(isPositive)));
    positive = v128.max<f32>(positive, side(z, isPositive));
  }
  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const isPositive = v128.shr<i32>(sign, 31);
    const z = v128.xor(loadTail(logits, rest), sign);
    negative = v128.max<f32>(negative, side(z, v128.andnot(tailLanes(rest), isPositive)));
    positive = v128.max<f32>(positive, side(z, isPositive));
  }
  maxima.negative = greatest(negative);
  maxima.positive = greatest(positive);
}

/** 2^80·e^(z - m), where an infinite m counts its own infinite scores as 1 and all others as 0. */
// @ts-ignore: decorator
@inline
function expShifted(z: v128, m: v128): v128 {
  const d = v128.sub<f32>(z, m);
  const back = v128.sub<f32>(d, z);
  const low = v128.sub<f32>(v128.sub<f32>(z, v128.sub<f32>(d, back)), v128.add<f32>(m, back));
  const atInfinity = v128.eq<f32>(z, f32x4.splat(Infinity));
  // At infinities what is lost may be NaN.
  const near = v128.gt<f32>(d, f32x4.splat(-128));
  return expScaled(v128.andnot(d, atInfinity), v128.and(low, near));
}

/** Σ e^(z - m) of both sides into `row`, and ±2^80·e^(z - m) of each class to `grad` if there is one. */
export function sweepShifted(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  shifts: Sides,
  row: Row,
): void {
  const zero = f32x4.splat(0);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  const negative = f32x4.splat(shifts.negative);
  const positive = f32x4.splat(shifts.positive);
  const end4 = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end4; logits += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const m = v128.bitselect(positive, negative, v128.shr<i32>(sign, 31));
    const e = v128.xor(expShifted(v128.xor(v128.load(logits), sign), m), sign);
    a = v128.add<f64>(a, widen(v128.pmax<f32>(e, zero)));
    b = v128.sub<f64>(b, widen(v128.pmin<f32>(e, zero)));
    if (grad) {
      v128.store(grad, e);
      grad += 16;
    }
  }
  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const m = v128.bitselect(positive, negative, v128.shr<i32>(sign, 31));
    const e = v128.and(
      v128.xor(expShifted(v128.xor(loadTail(logits, rest), sign), m), sign),
      tailLanes(rest),
    );
    a = v128.add<f64>(a, widen(v128.pmax<f32>(e, zero)));
    b = v128.sub<f64>(b, widen(v128.pmin<f32>(e, zero)));
    if (grad) storeTail(grad, e, rest);
  }
  row.a = (f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1)) * UNSCALE;
  row.b = (f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1)) * UNSCALE;
}
