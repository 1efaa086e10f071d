import { lossOfTerms } from "../driver/terms";
import { beyondRest, powerOf, restOf } from "../math/exp";
import { expMinusOne64 } from "../math/exp64";
import { highPair, lostBySubtraction, narrowed } from "../math/lanes";
import { log1p } from "../math/log1p";
import { log1p64 } from "../math/log1p64";
import { multiplyAdd, multiplyAdd64 } from "../math/multiplyAdd";
import { isSimple, simplePower } from "../math/power";
import { focalLimit, focalTerm, one32, prepareFocal } from "../math/sigmoid";
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

let gammaPositive: f64 = 0;
let gammaNegative: f64 = 0;
let margin: f64 = 0;
/** The score of the margin, log(m/(1 - m)). */
let edge: f64 = 0;
/** The exponents, if they are simple ones. */
let exponentPositive: i32 = 0;
let exponentNegative: i32 = 0;
/** What the loops in float32 need of them. */
@unmanaged
class Fast {
  /** The edge as the sum of two float32. */
  edgeHigh: f32;
  edgeLow: f32;
  margin: f32;
  gamma: f32;
  /** m, m/(1 - m) and 1/(1 - m) */
  margin64: f64;
  odds: f64;
  inverseKept: f64;
}

// @ts-ignore: decorator
@lazy const FAST = memory.data(offsetof<Fast>(), 8);

/** Margins whose edge is moderate too. */
// @ts-ignore: decorator
@inline const SMALLEST_MARGIN: f64 = 1e-30;

/*
 * The term of negative classes in float32, with q = p - m, p = σ(s). Near the edge, where p = m, the difference would lose
 * its digits: with d = s - log(m/(1 - m)) and f = e^d - 1, which has them,
 *
 *   a = 1 + e^s = (m·f + 1)/(1 - m),  q = m·f/a,  b = a·(1 - q) = 1 + m·a,  q/(1 - q) = m·f/b
 *
 * The power of q makes much of its error: so e^d comes without those of its last two additions.
 */

/** Leaves m·f and a at `parts`. */
// @ts-ignore: decorator
@inline
function prepareMargin(s: v128, parts: usize): void {
  const high = v128.load32_splat(FAST + offsetof<Fast>("edgeHigh"));
  const d = v128.sub<f32>(s, high);
  // The edge has digits beyond float32, and the subtraction loses some.
  const low = v128.sub<f32>(
    lostBySubtraction(s, high, d),
    v128.load32_splat(FAST + offsetof<Fast>("edgeLow")),
  );
  const power = powerOf(d);
  const r = restOf(d);
  const beyond = v128.add<f32>(beyondRest(v128.add<f32>(r, low)), low);
  const f0 = minusOne(
    f64x2.promote_low_f32x4(power),
    v128.add<f64>(f64x2.promote_low_f32x4(r), f64x2.promote_low_f32x4(beyond)),
  );
  const f1 = minusOne(highPair(power), v128.add<f64>(highPair(r), highPair(beyond)));
  const m = v128.load64_splat(FAST + offsetof<Fast>("margin64"));
  const odds = v128.load64_splat(FAST + offsetof<Fast>("odds"));
  const inverseKept = v128.load64_splat(FAST + offsetof<Fast>("inverseKept"));
  v128.store(parts, narrowed(v128.mul<f64>(m, f0), v128.mul<f64>(m, f1)));
  const a0 = multiplyAdd64(odds, f0, inverseKept);
  const a1 = multiplyAdd64(odds, f1, inverseKept);
  v128.store(parts, narrowed(a0, a1), 16);
}

/** q^γ·(-log(1 - q)) from them; stores its slope, if that is to go anywhere. */
// @ts-ignore: decorator
@inline
function marginTerm(parts: usize, slopes: usize): v128 {
  const mf = v128.load(parts);
  const isBelow = v128.shr<i32>(mf, 31);
  // Most negative classes of a trained model are below the edge, and do not count.
  if (v128.all_true<i32>(isBelow)) {
    const zero = f32x4.splat(0);
    if (slopes) v128.store(slopes, zero);
    return zero;
  }
  const one = one32();
  const m = v128.load32_splat(FAST + offsetof<Fast>("margin"));
  const a = v128.load(parts, 16);
  const b = multiplyAdd(m, a, one);
  const inverse = v128.div<f32>(one, a);
  const y = v128.div<f32>(mf, b);
  const q = v128.div<f32>(mf, a);
  const surprise = log1p(y);
  const lower = v128.andnot(simplePower<f32>(q, exponentNegative - 1), isBelow);
  if (slopes) {
    // ∂q/∂s = p·(1 - p)
    const slope = v128.mul<f32>(v128.mul<f32>(v128.add<f32>(q, m), inverse), lower);
    const gamma = v128.load32_splat(FAST + offsetof<Fast>("gamma"));
    v128.store(slopes, v128.mul<f32>(slope, multiplyAdd(gamma, surprise, y)));
  }
  return v128.mul<f32>(v128.mul<f32>(lower, q), surprise);
}

/** 2ⁿ·(1 + rest) - 1 */
// @ts-ignore: decorator
@inline
function minusOne(power: v128, rest: v128): v128 {
  return multiplyAdd64(power, rest, v128.sub<f64>(power, one64()));
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
    return log1p64(v128.div<f64>(this.q(s, e, inverse), others), others);
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
  isFast(): bool {
    const isMargin = margin == 0 || (margin >= SMALLEST_MARGIN && margin <= 0.999);
    return isMargin && isSimple(gammaPositive) && isSimple(gammaNegative) && gammaNegative > 0;
  }


  @inline
  limit(): f32 {
    return focalLimit(max(gammaPositive, gammaNegative));
  }


  @inline
  prepare(s: v128, sign: v128, parts: usize): void {
    if (margin == 0) prepareFocal(s, gammaNegative, parts);
    else prepareMargin(s, parts);
  }


  @inline
  fast(s: v128, sign: v128, parts: usize, factors: v128, slopes: usize): v128 {
    let value =
      margin == 0 ? focalTerm(gammaNegative, exponentNegative, parts, slopes) : marginTerm(parts, slopes);
    let slope = slopes ? v128.load(slopes) : value;
    if (v128.any_true(sign)) {
      const isPositive = v128.shr<i32>(sign, 31);
      prepareFocal(v128.neg<f32>(s), gammaPositive, parts);
      const positive = focalTerm(gammaPositive, exponentPositive, parts, slopes);
      value = v128.bitselect(positive, value, isPositive);
      if (slopes) slope = v128.bitselect(v128.neg<f32>(v128.load(slopes)), slope, isPositive);
    }
    if (slopes) v128.store(slopes, v128.mul<f32>(slope, factors));
    return value;
  }
}

export function asymmetric(positive: f64, negative: f64, probabilityMargin: f64): f64 {
  gammaPositive = positive;
  gammaNegative = negative;
  margin = probabilityMargin;
  exponentPositive = <i32>positive;
  exponentNegative = <i32>negative;
  const fast = changetype<Fast>(FAST);
  edge = NativeMath.log(margin) - NativeMath.log1p(-margin);
  fast.edgeHigh = <f32>edge;
  fast.edgeLow = <f32>(edge - <f64>fast.edgeHigh);
  fast.margin = <f32>margin;
  fast.gamma = <f32>gammaNegative;
  fast.margin64 = margin;
  fast.odds = margin / (1 - margin);
  fast.inverseKept = 1 / (1 - margin);
  return lossOfTerms<Asymmetric>(false);
}
