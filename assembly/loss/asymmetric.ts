import { lossOfFastTerms } from "../driver/fastTerms";
import { magnitude } from "../driver/range";
import { lossOfTerms } from "../driver/terms";
import { expMinus } from "../math/exp";
import { expMinusOne64 } from "../math/exp64";
import { highPair, narrowed } from "../math/lanes";
import { logOfRatio } from "../math/log1p";
import { log1p64 } from "../math/log1p64";
import { multiplyAdd, multiplyAdd64 } from "../math/multiplyAdd";
import { isSimple, simplePower } from "../math/power";
import { focalLimit, one32 } from "../math/sigmoid";
import {
  focalSlope64,
  log64,
  one64,
  part,
  powerByLog,
  sigmoid64,
  sigmoidPower,
  softplus64,
  zero64,
} from "../math/sigmoid64";
import { distance } from "../driver/thread";

let gammaPositive: f64 = 0;
let gammaNegative: f64 = 0;
let margin: f64 = 0;
/** The score of the margin, log(m/(1 - m)). */
let edge: f64 = 0;
/** The exponents, if they are simple ones. */
let exponentPositive: i32 = 0;
let exponentNegative: i32 = 0;
/** What the fast path needs of them, see below. */
@unmanaged
class Fast {
  /** c: 1/m, or 1 without a margin. */
  inverse64: f64;
  /** 1 - m */
  others64: f64;
  /** 1, or 0 without a margin. */
  one64: f64;
  /** The edge, negated, as the sum of three float32: see `expMinus`. */
  high: f32;
  middle: f32;
  low: f32;
  one: f32;
  inverse: f32;
  /** m and 1 - m. */
  margin: f32;
  others: f32;
  gammaPositive: f32;
  gammaNegative: f32;
  /** An f between 0 and this is too small. */
  least: f32;
}

// @ts-ignore: decorator
@lazy const FAST = memory.data(offsetof<Fast>(), 8);

/** Beyond these margins, float32 would not take all of the numbers below for moderate scores and factors. */
// @ts-ignore: decorator
@inline const SMALLEST_MARGIN: f64 = 1e-7;
// @ts-ignore: decorator
@inline const GREATEST_MARGIN: f64 = 0.999;

/*
 * The term of negative classes in float32, with q = p - m, p = σ(s). Near the edge, where p = m, the difference would lose
 * its digits: with d = s - log(m/(1 - m)), f = e^d - 1, which has them, and c = 1/m,
 *
 *   a = f + c,  b = m·f + c,  a - b = (1 - m)·f
 *   q = (1 - m)·f/a,  1 - q = b/a,  q/(1 - q) = (a - b)/b,  1 - p = (1 - m)·c/a
 *
 * Of q, a fourth power has four times the errors of c, of a and of the quotient. In float32 these are together more than
 * the bound leaves, for margins that round badly: q and its powers are made in float64, of f. Below the edge, f is taken to
 * be 0, and so are value and slope. With f = e^s, m = 0 and c = 1 these are the formulas without a margin, and so, with the
 * score -s, for positive classes.
 */

// @ts-ignore: decorator
@inline
function constant(offset: usize): v128 {
  return v128.load32_splat((ASC_FEATURE_THREADS ? FAST + distance : FAST) + offset);
}

// @ts-ignore: decorator
@inline
function constant64(offset: usize): v128 {
  return v128.load64_splat((ASC_FEATURE_THREADS ? FAST + distance : FAST) + offset);
}

/** 0 where a class is positive. */
// @ts-ignore: decorator
@inline
function ofNegative(x: v128, isPositive: v128, hasPositive: bool): v128 {
  return hasPositive ? v128.andnot(x, isPositive) : x;
}

// @ts-ignore: decorator
@inline
function ofSide(positive: v128, negative: v128, isPositive: v128, hasPositive: bool): v128 {
  if (!hasPositive) return negative;
  return ASC_FEATURE_RELAXED_SIMD
    ? v128.relaxed_laneselect<i32>(positive, negative, isPositive)
    : v128.bitselect(positive, negative, isPositive);
}

/** q/f = (1 - m)/a of two negative classes. */
// @ts-ignore: decorator
@inline
function shareOf(f: v128): v128 {
  const a = v128.add<f64>(f, constant64(offsetof<Fast>("inverse64")));
  return v128.div<f64>(constant64(offsetof<Fast>("others64")), a);
}

/** ∂q/∂s = p·(1 - p), times q^(γ - 1): c·p = c·q + 1. */
// @ts-ignore: decorator
@inline
function outerOf(q: v128, lower: v128, share: v128): v128 {
  const p = multiplyAdd64(q, constant64(offsetof<Fast>("inverse64")), constant64(offsetof<Fast>("one64")));
  return v128.mul<f64>(v128.mul<f64>(lower, p), share);
}

/**
 * Positive classes: (1 - p)^γ₊·(-log p), which is a focal term. Negative ones: q^γ₋·(-log(1 - q)) with q = max(p - m, 0),
 * a focal term as well where m is 0.
 */
@unmanaged
class Asymmetric {

  @inline
  isPositive(t: v128): v128 {
    return v128.eq<f64>(t, one64());
  }

  /** p - m; near the edge, or below it, as m·(e^d - 1)/(1 + e^s), which keeps the digits. */
  @inline
  q(s: v128, e: v128, inverse: v128): v128 {
    const one = one64();
    const m = f64x2.splat(margin);
    const d = v128.sub<f64>(s, f64x2.splat(edge));
    const within = v128.pmax<f64>(f64x2.splat(-700), v128.pmin<f64>(one, d));
    const near = v128.mul<f64>(
      v128.mul<f64>(m, expMinusOne64(within)),
      sigmoid64(v128.neg<f64>(s), e, inverse),
    );
    const far = v128.sub<f64>(sigmoid64(s, e, inverse), m);
    return v128.bitselect(near, far, v128.le<f64>(d, one));
  }

  /** 1 - q */
  @inline
  others(s: v128, e: v128, inverse: v128): v128 {
    return v128.add<f64>(sigmoid64(v128.neg<f64>(s), e, inverse), f64x2.splat(margin));
  }


  @inline
  negativeFactor(s: v128, e: v128, inverse: v128, rest: v128): v128 {
    if (margin == 0) return sigmoidPower(s, e, inverse, rest, gammaNegative);
    const q = this.q(s, e, inverse);
    const power = isSimple(gammaNegative)
      ? simplePower<f64>(q, <i32>gammaNegative)
      : powerByLog(log64(q, this.others(s, e, inverse)), gammaNegative);
    return v128.andnot(power, v128.le<f64>(q, zero64()));
  }


  @inline
  factor(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    return v128.bitselect(
      sigmoidPower(v128.neg<f64>(s), e, inverse, rest, gammaPositive),
      this.negativeFactor(s, e, inverse, rest),
      this.isPositive(t),
    );
  }

  /** -log(1 - q) of negative classes. */
  @inline
  negativeSurprise(s: v128, e: v128, inverse: v128, rest: v128): v128 {
    if (margin == 0) return softplus64(s, rest);
    const others = this.others(s, e, inverse);
    return log1p64(v128.div<f64>(this.q(s, e, inverse), others));
  }


  @inline
  surprise(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    return v128.bitselect(
      softplus64(v128.neg<f64>(s), rest),
      this.negativeSurprise(s, e, inverse, rest),
      this.isPositive(t),
    );
  }


  @inline
  value(s: v128, t: v128, w: v128, rest: v128, factor: v128, surprise: v128): v128 {
    return part(factor, surprise);
  }

  /** Of negative classes, divided by the factor. */
  @inline
  negativeSlope(s: v128, e: v128, inverse: v128, rest: v128, surprise: v128): v128 {
    if (margin == 0) return focalSlope64(s, e, inverse, rest, gammaNegative);
    // e/(1 + e)² = p(1 - p) = ∂p/∂s
    return v128.mul<f64>(
      v128.mul<f64>(v128.mul<f64>(e, inverse), inverse),
      v128.add<f64>(
        v128.div<f64>(v128.mul<f64>(f64x2.splat(gammaNegative), surprise), this.q(s, e, inverse)),
        v128.div<f64>(one64(), this.others(s, e, inverse)),
      ),
    );
  }


  @inline
  slope(s: v128, t: v128, w: v128, e: v128, inverse: v128, rest: v128, factor: v128, surprise: v128): v128 {
    return part(
      factor,
      v128.bitselect(
        v128.neg<f64>(focalSlope64(v128.neg<f64>(s), e, inverse, rest, gammaPositive)),
        this.negativeSlope(s, e, inverse, rest, surprise),
        this.isPositive(t),
      ),
    );
  }


  @inline
  limit(): f32 {
    return focalLimit(max(gammaPositive, gammaNegative));
  }


  @inline
  prepare(s: v128, sign: v128, hasPositive: bool): v128 {
    const isPositive = v128.shr<i32>(sign, 31);
    const f = expMinus(
      hasPositive ? v128.xor(s, sign) : s,
      ofNegative(constant(offsetof<Fast>("high")), isPositive, hasPositive),
      ofNegative(constant(offsetof<Fast>("middle")), isPositive, hasPositive),
      ofNegative(constant(offsetof<Fast>("low")), isPositive, hasPositive),
      ofNegative(constant(offsetof<Fast>("one")), isPositive, hasPositive),
      true,
    );
    return v128.pmax<f32>(f, f32x4.splat(0));
  }


  @inline
  seen(s: v128, signed: v128): v128 {
    // As unsigned integers: 0 lies beyond all others when 1 is taken from it, and so do positive classes by their signs.
    const isSmall = v128.le<u32>(v128.sub<i32>(signed, i32x4.splat(1)), constant(offsetof<Fast>("least")));
    return v128.or(magnitude(s), isSmall);
  }


  @inline
  finish(f: v128, sign: v128, hasPositive: bool, factors: v128, slopes: usize): v128 {
    const isPositive = v128.shr<i32>(sign, 31);
    const c = ofSide(one32(), constant(offsetof<Fast>("inverse")), isPositive, hasPositive);
    const m = ofNegative(constant(offsetof<Fast>("margin")), isPositive, hasPositive);
    const others = ofSide(one32(), constant(offsetof<Fast>("others")), isPositive, hasPositive);
    const a = v128.add<f32>(f, c);
    const b = multiplyAdd(f, m, c);
    const difference = v128.mul<f32>(f, others);
    const surprise = logOfRatio(a, b, difference);
    // Positive classes have their powers in float32: c and 1 - m are 1 there, and γ is at most 3.
    const f0 = f64x2.promote_low_f32x4(f);
    const f1 = highPair(f);
    const share0 = shareOf(f0);
    const share1 = shareOf(f1);
    const q0 = v128.mul<f64>(f0, share0);
    const q1 = v128.mul<f64>(f1, share1);
    const lower0 = simplePower<f64>(q0, exponentNegative - 1);
    const lower1 = simplePower<f64>(q1, exponentNegative - 1);
    let power = narrowed(v128.mul<f64>(lower0, q0), v128.mul<f64>(lower1, q1));
    if (hasPositive) {
      power = ofSide(simplePower<f32>(v128.div<f32>(f, a), exponentPositive), power, isPositive, true);
    }
    if (slopes) {
      let outer = narrowed(outerOf(q0, lower0, share0), outerOf(q1, lower1, share1));
      if (hasPositive) outer = ofSide(v128.div<f32>(power, a), outer, isPositive, true);
      const gamma = ofSide(
        constant(offsetof<Fast>("gammaPositive")),
        constant(offsetof<Fast>("gammaNegative")),
        isPositive,
        hasPositive,
      );
      const inner = multiplyAdd(gamma, surprise, v128.div<f32>(difference, b));
      const slope = v128.mul<f32>(v128.mul<f32>(outer, factors), inner);
      v128.store(slopes, hasPositive ? v128.xor(slope, sign) : slope);
    }
    return v128.mul<f32>(power, surprise);
  }
}

/** Whether there is a form in float32, for these options. */
function isFast(): bool {
  const isMargin = margin == 0 || (margin >= SMALLEST_MARGIN && margin <= GREATEST_MARGIN);
  // A fourth power is more than the bound leaves without the margin, where float32 has the least digits.
  const isPositiveFast = isSimple(gammaPositive) && gammaPositive <= 3;
  return isMargin && isPositiveFast && isSimple(gammaNegative) && gammaNegative > 0;
}

export function asymmetric(positive: f64, negative: f64, probabilityMargin: f64): f64 {
  gammaPositive = positive;
  gammaNegative = negative;
  margin = probabilityMargin;
  exponentPositive = <i32>positive;
  exponentNegative = <i32>negative;
  const fast = changetype<Fast>(ASC_FEATURE_THREADS ? FAST + distance : FAST);
  const logOthers = NativeMath.log1p(-margin);
  edge = NativeMath.log(margin) - logOthers;
  const shift = margin == 0 ? 0 : -edge;
  // A multiple of 2^-9, as LN2_HIGH is.
  const high = nearest(shift * 512) / 512;
  fast.high = <f32>high;
  fast.middle = <f32>(shift - high);
  fast.low = <f32>(shift - high - <f64>fast.middle);
  fast.one = margin == 0 ? 0 : 1;
  fast.one64 = <f64>fast.one;
  const inverse = margin == 0 ? 1 : 1 / margin;
  fast.inverse64 = inverse;
  fast.inverse = <f32>inverse;
  fast.margin = <f32>margin;
  fast.others = <f32>(1 - margin);
  fast.others64 = 1 - margin;
  fast.gammaPositive = <f32>gammaPositive;
  fast.gammaNegative = <f32>gammaNegative;
  // 2·2^(-126/(γ + 1)), for a q from which on q^(γ + 1) is a normal number, over m·(1 - m), what q/f is near the edge.
  const leastQ = NativeMath.exp((1 - 126 / (gammaNegative + 1)) * Math.LN2);
  fast.least = margin == 0 ? 0 : <f32>((leastQ * inverse) / (1 - margin));
  return isFast() ? lossOfFastTerms<Asymmetric>() : lossOfTerms<Asymmetric>(false);
}
