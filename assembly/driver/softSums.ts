import { exp64, shortConstant, shortExp64With } from "../math/exp64";
import { highMask, highPair, lowMask, narrowed } from "../math/lanes";
import { log1p64 } from "../math/log1p64";
import { currentCall } from "./call";
import { fill, lossOfRows, thresholdOf } from "./rows";
import { LossOfSums } from "./sums";
import { isLarge, magnitude } from "./range";
import { loadTail, storeTail, tailLanes, widen } from "./vectors";
import { distance } from "./thread";

/*
 * Losses of sums for soft labels t: a = Σ (1 - t)·e^(s - s₀), b = Σ t·e^(s₀ - s). Every class is in both sums, and its
 * gradient is the difference of two terms, so all of it is computed in float64.
 */

/** Scores and thresholds up to this magnitude need no shift: e^300·e^300·10^14 is still a float64. */
// @ts-ignore: decorator
@inline const MODERATE: f32 = 300;

/** Divergences below it are the difference of numbers so close that their least digits show. */
// @ts-ignore: decorator
@inline const NEAR: f64 = 1;

/** Sides whose slopes differ by less than this part of them, 2^-14, are close. */
// @ts-ignore: decorator
@inline const CLOSE_SLOPES: f64 = 0.00006103515625;

let isDivergence: bool = false;

/** The sums of a row. */
@unmanaged
class SoftSums {
  /** Σ (1 - t)·e^s */
  a: f64;
  /** Σ t·e^-s */
  b: f64;
  /** Σ √(t(1 - t)): what both are in the optimum of a divergence. */
  c: f64;
  /** What the terms of a and of b are multiplied by for the gradient. */
  factorA: f64;
  factorB: f64;
  /** ∂loss/∂threshold is the difference of these. */
  slopeA: f64;
  slopeB: f64;
}

// @ts-ignore: decorator
@lazy const SUMS = memory.data(offsetof<SoftSums>(), 8);

// @ts-ignore: decorator
@inline
function currentSums(): SoftSums {
  return changetype<SoftSums>(ASC_FEATURE_THREADS ? SUMS + distance : SUMS);
}

// @ts-ignore: decorator
@lazy const ONE = memory.data<f64>([1.0]);
// @ts-ignore: decorator
@lazy const ONE32 = memory.data<f32>([1.0]);

/** The last classes of a row, filled up to four. */
// @ts-ignore: decorator
@lazy const LAST_LOGITS = memory.data(16, 16);
// @ts-ignore: decorator
@lazy const LAST_TARGETS = memory.data(16, 16);

/**
 * Writes e^s of each class to `scratch`, float64, the first two of four classes and the last two side by side, and 32 bytes
 * more for what comes of them. With all digits, or with 39 bits.
 */
// @ts-ignore: decorator
@inline
function takeExponentials(
  logits: usize,
  targets: usize,
  scratch: usize,
  classes: i32,
  isShort: bool,
  takesRoots: bool,
  sums: SoftSums,
): v128 {
  const one32 = v128.load32_splat(ONE32);
  let c = f64x2.splat(0);
  const log2e = shortConstant(0);
  const round = shortConstant(1);
  const minusLn2 = shortConstant(2);
  const c0 = shortConstant(3);
  const c1 = shortConstant(4);
  const c2 = shortConstant(5);
  const c3 = shortConstant(6);
  const c4 = shortConstant(7);
  const c5 = shortConstant(8);
  const c6 = shortConstant(9);
  let peak = i32x4.splat(0);
  let end = logits + ((<usize>(classes & ~3)) << 2);
  let rest = classes & 3;
  while (true) {
    for (; logits < end; logits += 16, scratch += 64) {
      const s = v128.load(logits);
      peak = v128.max<u32>(peak, magnitude(s));
      if (takesRoots) {
        const t = v128.load(targets);
        c = v128.add<f64>(c, widen(v128.sqrt<f32>(v128.mul<f32>(t, v128.sub<f32>(one32, t)))));
        targets += 16;
      }
      const s0 = f64x2.promote_low_f32x4(s);
      const s1 = highPair(s);
      if (isShort) {
        v128.store(scratch, shortExp64With(s0, log2e, round, minusLn2, c0, c1, c2, c3, c4, c5, c6));
        v128.store(scratch, shortExp64With(s1, log2e, round, minusLn2, c0, c1, c2, c3, c4, c5, c6), 16);
      } else {
        v128.store(scratch, exp64(s0));
        v128.store(scratch, exp64(s1), 16);
      }
    }
    if (!rest) break;
    v128.store(ASC_FEATURE_THREADS ? LAST_LOGITS + distance : LAST_LOGITS, loadTail(logits, rest));
    logits = ASC_FEATURE_THREADS ? LAST_LOGITS + distance : LAST_LOGITS;
    if (takesRoots) {
      v128.store(ASC_FEATURE_THREADS ? LAST_TARGETS + distance : LAST_TARGETS, loadTail(targets, rest));
      targets = ASC_FEATURE_THREADS ? LAST_TARGETS + distance : LAST_TARGETS;
    }
    end = logits + 16;
    rest = 0;
  }
  if (takesRoots) sums.c = f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1);
  return peak;
}

/** Turns the exponentials into the terms of each class, those of a first, and sums them up. */
function sumTerms(targets: usize, scratch: usize, classes: i32, sums: SoftSums): void {
  let one0 = v128.load64_splat(ONE);
  let one1 = one0;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let end = targets + ((<usize>(classes & ~3)) << 2);
  let rest = classes & 3;
  while (true) {
    for (; targets < end; targets += 16, scratch += 64) {
      const t = v128.load(targets);
      const t0 = f64x2.promote_low_f32x4(t);
      const t1 = highPair(t);
      const e0 = v128.load(scratch);
      const e1 = v128.load(scratch, 16);
      const a0 = v128.mul<f64>(v128.sub<f64>(one0, t0), e0);
      const a1 = v128.mul<f64>(v128.sub<f64>(one1, t1), e1);
      const b0 = v128.div<f64>(t0, e0);
      const b1 = v128.div<f64>(t1, e1);
      a = v128.add<f64>(a, v128.add<f64>(a0, a1));
      b = v128.add<f64>(b, v128.add<f64>(b0, b1));
      v128.store(scratch, a0);
      v128.store(scratch, a1, 16);
      v128.store(scratch, b0, 32);
      v128.store(scratch, b1, 48);
    }
    if (!rest) break;
    // What fills up the last four classes has neither 1 - t nor t.
    v128.store(ASC_FEATURE_THREADS ? LAST_TARGETS + distance : LAST_TARGETS, loadTail(targets, rest));
    one0 = v128.and(one0, lowMask(tailLanes(rest)));
    one1 = v128.and(one1, highMask(tailLanes(rest)));
    targets = ASC_FEATURE_THREADS ? LAST_TARGETS + distance : LAST_TARGETS;
    end = targets + 16;
    rest = 0;
  }
  sums.a = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  sums.b = f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1);
}

function sumShortTerms(logits: usize, targets: usize, scratch: usize, classes: i32): bool {
  const sums = currentSums();
  const peak = isDivergence
    ? takeExponentials(logits, targets, scratch, classes, true, true, sums)
    : takeExponentials(logits, targets, scratch, classes, true, false, sums);
  sumTerms(targets, scratch, classes, sums);
  return !isLarge(peak, MODERATE);
}

function sumExactTerms(logits: usize, targets: usize, scratch: usize, classes: i32): void {
  const sums = currentSums();
  takeExponentials(logits, targets, scratch, classes, false, false, sums);
  sumTerms(targets, scratch, classes, sums);
}

/**
 * Numbers that differ by a 2^14th of them are further apart than this in the upper halves of their bits. Their difference
 * has lost 14 of the digits that `shortExp64` gave them.
 */
// @ts-ignore: decorator
@inline const CLOSE: i32 = 129;

/** Writes the gradient of each class from its terms. Whether the two terms of any class are close. */
function writeTerms(grad: usize, scratch: usize, classes: i32, sums: SoftSums): bool {
  const factorA = f64x2.splat(sums.factorA);
  const factorB = f64x2.splat(sums.factorB);
  const close = i32x4.splat(CLOSE);
  let least = i32x4.splat(-1);
  const end = grad + ((<usize>(classes & ~3)) << 2);
  const rest = classes & 3;
  while (true) {
    const isTail = grad >= end;
    if (isTail && !rest) break;
    const a0 = v128.mul<f64>(v128.load(scratch), factorA);
    const a1 = v128.mul<f64>(v128.load(scratch, 16), factorA);
    const b0 = v128.mul<f64>(v128.load(scratch, 32), factorB);
    const b1 = v128.mul<f64>(v128.load(scratch, 48), factorB);
    const g = narrowed(v128.sub<f64>(a0, b0), v128.sub<f64>(a1, b1));
    const apart = v128.sub<i32>(v128.shuffle<i32>(a0, a1, 1, 3, 5, 7), v128.shuffle<i32>(b0, b1, 1, 3, 5, 7));
    const distance = v128.add<i32>(apart, close);
    if (isTail) {
      storeTail(grad, g, rest);
      least = v128.min<u32>(least, v128.or(distance, v128.not(tailLanes(rest))));
      break;
    }
    v128.store(grad, g);
    least = v128.min<u32>(least, distance);
    grad += 16;
    scratch += 64;
  }
  return v128.any_true(v128.lt<u32>(least, i32x4.splat(2 * CLOSE)));
}

/** (1 + x)/(1 + c)² - 1, which is not below 0. */
// @ts-ignore: decorator
@inline
function excessOver(x: f64, c: f64): f64 {
  return max(x - c * (2 + c), 0.0) / ((1 + c) * (1 + c));
}

/** Σ √(t(1 - t)), with more digits than float32 has. */
function sumRoots(targets: usize, classes: i32): f64 {
  let c = f64x2.splat(0);
  for (let index = 0; index < classes; index += 4, targets += 16) {
    const t = classes - index >= 4 ? v128.load(targets) : loadTail(targets, classes - index);
    c = v128.add<f64>(c, v128.add<f64>(rootOf(f64x2.promote_low_f32x4(t)), rootOf(highPair(t))));
  }
  return f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1);
}

/** √(t(1 - t)) */
// @ts-ignore: decorator
@inline
function rootOf(t: v128): v128 {
  return v128.sqrt<f64>(v128.mul<f64>(t, v128.sub<f64>(v128.load64_splat(ONE), t)));
}

/** Σ of the terms and their factors of a row with moderate scores; returns x, of which its loss is log(1 + x). */
// @ts-ignore: decorator
@inline
function takeFactors<L extends LossOfSums>(factor: f64, threshold: f64): f64 {
  const lossOf = changetype<L>(0);
  const sums = currentSums();
  const shiftA = threshold == 0 ? 1.0 : NativeMath.exp(-threshold);
  const shiftB = threshold == 0 ? 1.0 : NativeMath.exp(threshold);
  const a = f64x2.splat(sums.a * shiftA);
  const b = f64x2.splat(sums.b * shiftB);
  const x = f64x2.extract_lane(lossOf.x(a, b), 0);
  const common = factor / (1 + x);
  const slopeA = f64x2.extract_lane(lossOf.xa(a, b), 0) * common;
  const slopeB = f64x2.extract_lane(lossOf.xb(a, b), 0) * common;
  sums.slopeA = slopeA * f64x2.extract_lane(a, 0);
  sums.slopeB = slopeB * f64x2.extract_lane(b, 0);
  sums.factorA = slopeA * shiftA;
  sums.factorB = slopeB * shiftB;
  return x;
}

/** log(1 + x) */
// @ts-ignore: decorator
@inline
function logOnePlus(x: f64): f64 {
  return f64x2.extract_lane(log1p64(f64x2.splat(x)), 0);
}

/**
 * A row of moderate scores whose terms are taken with few digits first, and again with all of them where a difference has
 * lost too many: that of the two terms of a class, or of the two sides' slopes. The loss does not: what an exponential lacks
 * is as if its score lay beside itself, and where a divergence is close to 0, it is level.
 */
// @ts-ignore: decorator
@inline
function moderateRow<L extends LossOfSums>(
  logits: usize,
  targets: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  threshold: f64,
): f64 {
  const call = currentCall();
  const scratch = call.scratch;
  const sums = currentSums();
  const x = takeFactors<L>(factor, threshold);
  let excess = isDivergence ? excessOver(x, sums.c) : x;
  if (isDivergence && excess < NEAR) excess = excessOver(x, sumRoots(targets, classes));
  const loss = logOnePlus(excess);
  let isExact = false;
  if (call.thresholdGrads && abs(sums.slopeB - sums.slopeA) < sums.slopeA * CLOSE_SLOPES) {
    sumExactTerms(logits, targets, scratch, classes);
    takeFactors<L>(factor, threshold);
    isExact = true;
  }
  if (grad) {
    // The scores may lie where the gradient goes, and may be needed again.
    const target = grad == logits ? scratch : grad;
    if (writeTerms(target, scratch, classes, sums) && !isExact) {
      sumExactTerms(logits, targets, scratch, classes);
      takeFactors<L>(factor, threshold);
      writeTerms(target, scratch, classes, sums);
    }
    if (target != grad) memory.copy(grad, target, (<usize>classes) << 2);
  }
  return loss;
}

/** A row of scores of any size, class by class. */
function carefulRow<L extends LossOfSums>(
  logits: usize,
  targets: usize,
  grad: usize,
  classes: i32,
  factor: f64,
  threshold: f64,
  isDivergence: bool,
): f64 {
  const lossOf = changetype<L>(0);
  const sums = currentSums();
  let maxA = -Infinity;
  let maxB = -Infinity;
  let c: f64 = 0;
  for (let i = 0; i < classes; i++) {
    const s = <f64>load<f32>(logits + ((<usize>i) << 2));
    const t = <f64>load<f32>(targets + ((<usize>i) << 2));
    if (isNaN(s)) {
      if (grad) fill(grad, classes, NaN);
      sums.slopeA = NaN;
      return NaN;
    }
    if (t < 1) maxA = max(maxA, s);
    if (t > 0) maxB = max(maxB, -s);
    c += NativeMath.sqrt(t * (1 - t));
  }
  let a: f64 = 0;
  let b: f64 = 0;
  for (let i = 0; i < classes; i++) {
    const s = <f64>load<f32>(logits + ((<usize>i) << 2));
    const t = <f64>load<f32>(targets + ((<usize>i) << 2));
    a += term(1 - t, s, maxA);
    b += term(t, -s, maxB);
  }
  const alpha = maxA - threshold + NativeMath.log(a);
  const beta = maxB + threshold + NativeMath.log(b);
  const slopeA = a > 0 ? lossOf.lossAlpha(alpha, beta, alpha + beta) * factor : 0;
  const slopeB = b > 0 ? lossOf.lossBeta(alpha, beta, alpha + beta) * factor : 0;
  sums.slopeA = slopeA;
  sums.slopeB = slopeB;
  if (grad) {
    const shareA = maxA == Infinity && isShared(logits, targets, classes, Infinity) ? NaN : slopeA / a;
    const shareB = maxB == Infinity && isShared(logits, targets, classes, -Infinity) ? NaN : slopeB / b;
    for (let i = 0; i < classes; i++) {
      const s = <f64>load<f32>(logits + ((<usize>i) << 2));
      const t = <f64>load<f32>(targets + ((<usize>i) << 2));
      const termA = term(1 - t, s, maxA);
      const termB = term(t, -s, maxB);
      const g = (termA > 0 ? termA * shareA : 0) - (termB > 0 ? termB * shareB : 0);
      store<f32>(grad + ((<usize>i) << 2), <f32>g);
    }
  }
  const loss = lossOf.loss(alpha, beta, alpha + beta);
  return isDivergence ? max(loss - 2 * NativeMath.log1p(c), 0.0) : loss;
}

/** w·e^(z - max), where an infinite max counts its own infinite z as w and all others as 0. */
function term(w: f64, z: f64, max: f64): f64 {
  if (w == 0) return 0;
  return z == max ? (z == -Infinity ? 0 : w) : w * NativeMath.exp(z - max);
}

/** Whether several classes of a side have this infinite score. */
function isShared(logits: usize, targets: usize, classes: i32, score: f32): bool {
  let count = 0;
  for (let i = 0; i < classes; i++) {
    const t = load<f32>(targets + ((<usize>i) << 2));
    if (load<f32>(logits + ((<usize>i) << 2)) == score && (score > 0 ? t < 1 : t > 0)) count++;
  }
  return count > 1;
}


@unmanaged
class RowOfSoftSums<L extends LossOfSums> {

  @inline
  row(logits: usize, targets: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    const call = currentCall();
    const threshold = thresholdOf(call.thresholds, index);
    const isModerate = abs(threshold) <= MODERATE && sumShortTerms(logits, targets, call.scratch, classes);
    return isModerate
      ? moderateRow<L>(logits, targets, grad, classes, factor, threshold)
      : carefulRow<L>(logits, targets, grad, classes, factor, threshold, isDivergence);
  }


  @inline
  slope(): f64 {
    const sums = currentSums();
    return sums.slopeB - sums.slopeA;
  }
}

/**
 * Loss and gradient of the current call's rows, whose labels are soft. A divergence is the loss minus the least value that
 * it can have for the row's labels.
 */
export function lossOfSoftSums<L extends LossOfSums>(takesLeast: bool): f64 {
  isDivergence = takesLeast;
  return lossOfRows<RowOfSoftSums<L>>(true);
}
