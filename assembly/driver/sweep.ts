import {
  C2,
  C3,
  C4,
  C5,
  C6,
  constant,
  expFrom,
  expFromWith,
  LOG2_E,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  rounded,
} from "../math/exp";
import { noted, roundOf } from "./range";
import { negativeParts, positiveOf, positiveParts, Row, storeLone, storeSides } from "./row";
import { loadLabels4, loadLabelsTail, loadTail, signs, storeTail, tailLanes, widen } from "./vectors";

/**
 * Whether exponentials are stored as soon as two are there. V8 orders the loop by its stores, and has fewer values to put
 * aside then; but without fused multiply-adds it is faster with all stores at the end.
 */
// @ts-ignore: decorator
@inline const STORES_EARLY: bool = ASC_FEATURE_RELAXED_SIMD;

/**
 * One pass over a row: the sums of both sides and, for the gradient, e^s of each negative class and -e^-s of each positive
 * one, written where the gradient goes, if it goes anywhere; all exponentials may be scaled as range.ts says. The sign of
 * the stored value says which side it belongs to. Returns what is to be seen of the scores.
 *
 * Positives are rare, so sixteen labels are tested at once.
 */
// @ts-ignore: decorator
@inline
export function sweep(
  logits: usize,
  labels: usize,
  grad: usize,
  classes: i32,
  row: Row,
  isScaled: bool,
  hasOnePositive: bool,
): v128 {
  const gradient = grad != 0;
  const round = roundOf(isScaled);
  let positive = f64x2.splat(0);
  let negative = f64x2.splat(0);
  let seen = i32x4.splat(0);
  let lone = i32x4.splat(0);

  const end16 = logits + ((<usize>(classes & ~15)) << 2);
  while (logits < end16) {
    const bytes = v128.load(labels);
    if (!v128.any_true(bytes)) {
      const log2e = constant(LOG2_E);
      const high = constant(MINUS_LN2_HIGH);
      const low = constant(MINUS_LN2_LOW);
      const c2 = constant(C2);
      const c3 = constant(C3);
      const c4 = constant(C4);
      const c5 = constant(C5);
      const c6 = constant(C6);
      do {
        const x0 = v128.load(logits);
        const x1 = v128.load(logits, 16);
        const t0 = rounded(x0, log2e, round);
        const t1 = rounded(x1, log2e, round);
        seen = noted(noted(seen, x0, t0, isScaled), x1, t1, isScaled);
        const e0 = expFromWith(x0, t0, round, high, low, c2, c3, c4, c5, c6);
        const e1 = expFromWith(x1, t1, round, high, low, c2, c3, c4, c5, c6);
        positive = v128.add<f64>(positive, widen(e0));
        positive = v128.add<f64>(positive, widen(e1));
        if (STORES_EARLY && gradient) {
          v128.store(grad, e0);
          v128.store(grad, e1, 16);
        }
        const x2 = v128.load(logits, 32);
        const x3 = v128.load(logits, 48);
        const t2 = rounded(x2, log2e, round);
        const t3 = rounded(x3, log2e, round);
        seen = noted(noted(seen, x2, t2, isScaled), x3, t3, isScaled);
        const e2 = expFromWith(x2, t2, round, high, low, c2, c3, c4, c5, c6);
        const e3 = expFromWith(x3, t3, round, high, low, c2, c3, c4, c5, c6);
        positive = v128.add<f64>(positive, widen(e2));
        positive = v128.add<f64>(positive, widen(e3));
        if (gradient) {
          if (!STORES_EARLY) {
            v128.store(grad, e0);
            v128.store(grad, e1, 16);
          }
          v128.store(grad, e2, 32);
          v128.store(grad, e3, 48);
        }
        logits += 64;
        grad += 64;
        labels += 16;
      } while (logits < end16 && !v128.any_true(v128.load(labels)));
    } else {
      const sign0 = signs(bytes, 0);
      const sign1 = signs(bytes, 1);
      const sign2 = signs(bytes, 2);
      const sign3 = signs(bytes, 3);
      const x0 = v128.xor(v128.load(logits), sign0);
      const x1 = v128.xor(v128.load(logits, 16), sign1);
      const x2 = v128.xor(v128.load(logits, 32), sign2);
      const x3 = v128.xor(v128.load(logits, 48), sign3);
      if (hasOnePositive) {
        lone = v128.or(lone, v128.or(positiveOf(x0, sign0), positiveOf(x1, sign1)));
        lone = v128.or(lone, v128.or(positiveOf(x2, sign2), positiveOf(x3, sign3)));
      }
      const t0 = rounded(x0, constant(LOG2_E), round);
      const t1 = rounded(x1, constant(LOG2_E), round);
      const t2 = rounded(x2, constant(LOG2_E), round);
      const t3 = rounded(x3, constant(LOG2_E), round);
      seen = noted(noted(seen, x0, t0, isScaled), x1, t1, isScaled);
      seen = noted(noted(seen, x2, t2, isScaled), x3, t3, isScaled);
      const e0 = v128.xor(expFrom(x0, t0, round), sign0);
      const e1 = v128.xor(expFrom(x1, t1, round), sign1);
      const e2 = v128.xor(expFrom(x2, t2, round), sign2);
      const e3 = v128.xor(expFrom(x3, t3, round), sign3);
      positive = v128.add<f64>(positive, positiveParts(e0));
      if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e0));
      positive = v128.add<f64>(positive, positiveParts(e1));
      if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e1));
      positive = v128.add<f64>(positive, positiveParts(e2));
      if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e2));
      positive = v128.add<f64>(positive, positiveParts(e3));
      if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e3));
      if (gradient) {
        v128.store(grad, e0);
        v128.store(grad, e1, 16);
        v128.store(grad, e2, 32);
        v128.store(grad, e3, 48);
      }
      logits += 64;
      grad += 64;
      labels += 16;
    }
  }

  const end4 = logits + ((<usize>(classes & 12)) << 2);
  for (; logits < end4; logits += 16, grad += 16, labels += 4) {
    const sign = signs(loadLabels4(labels), 0);
    const x = v128.xor(v128.load(logits), sign);
    if (hasOnePositive) lone = v128.or(lone, positiveOf(x, sign));
    const t = rounded(x, constant(LOG2_E), round);
    seen = noted(seen, x, t, isScaled);
    const e = v128.xor(expFrom(x, t, round), sign);
    positive = v128.add<f64>(positive, positiveParts(e));
    if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e));
    if (gradient) v128.store(grad, e);
  }

  const rest = classes & 3;
  if (rest) {
    const sign = signs(loadLabelsTail(labels, rest), 0);
    const x = v128.xor(loadTail(logits, rest), sign);
    if (hasOnePositive) lone = v128.or(lone, positiveOf(x, sign));
    const t = rounded(x, constant(LOG2_E), round);
    seen = noted(seen, x, t, isScaled);
    const e = v128.and(v128.xor(expFrom(x, t, round), sign), tailLanes(rest));
    positive = v128.add<f64>(positive, positiveParts(e));
    if (!hasOnePositive) negative = v128.add<f64>(negative, negativeParts(e));
    if (gradient) storeTail(grad, e, rest);
  }

  storeSides(row, positive, negative, isScaled);
  if (hasOnePositive) storeLone(row, lone);
  return seen;
}

/** The second pass: each exponential, which may lie where the gradient goes, times the factor of its side. */
// @ts-ignore: decorator
@inline
export function multiplySides(from: usize, grad: usize, classes: i32, row: Row): void {
  const negative = negativeFactor(row);
  const positive = positiveFactor(row);
  const end16 = grad + ((<usize>(classes & ~15)) << 2);
  for (; grad < end16; grad += 64, from += 64) {
    const g0 = scaled(v128.load(from), negative, positive);
    const g1 = scaled(v128.load(from, 16), negative, positive);
    const g2 = scaled(v128.load(from, 32), negative, positive);
    const g3 = scaled(v128.load(from, 48), negative, positive);
    v128.store(grad, g0);
    v128.store(grad, g1, 16);
    v128.store(grad, g2, 32);
    v128.store(grad, g3, 48);
  }
  const end4 = grad + ((<usize>(classes & 12)) << 2);
  for (; grad < end4; grad += 16, from += 16) v128.store(grad, scaled(v128.load(from), negative, positive));
  const rest = classes & 3;
  if (rest) storeTail(grad, scaled(loadTail(from, rest), negative, positive), rest);
}

// @ts-ignore: decorator
@inline
export function negativeFactor(row: Row): v128 {
  return v128.load32_splat(changetype<usize>(row) + offsetof<Row>("negative"));
}

// @ts-ignore: decorator
@inline
export function positiveFactor(row: Row): v128 {
  return v128.load32_splat(changetype<usize>(row) + offsetof<Row>("positive"));
}

/** e times `negative`, or times `positive` where e is below 0. */
// @ts-ignore: decorator
@inline
export function scaled(e: v128, negative: v128, positive: v128): v128 {
  const below = v128.shr<i32>(e, 31);
  const factor = ASC_FEATURE_RELAXED_SIMD
    ? v128.relaxed_laneselect<i32>(positive, negative, below)
    : v128.xor(negative, v128.and(v128.xor(negative, positive), below));
  return v128.mul<f32>(e, factor);
}
