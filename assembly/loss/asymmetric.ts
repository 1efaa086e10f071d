import { lossOfTerms } from "../driver/terms";
import { exp, powerOf, restOf } from "../math/exp";
import { log1p } from "../math/log1p";
import { log1p64 } from "../math/log1p64";
import { multiplyAdd } from "../math/multiplyAdd";
import { isSimple, simplePower } from "../math/power";
import { focalLimit, focalSlope, inverseOnePlus, one32 } from "../math/sigmoid";
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
/** The score of the margin, log(m/(1 - m)), as the sum of two float32. */
let edgeHigh: f32 = 0;
let edgeLow: f32 = 0;

/** Margins whose edge is moderate too. */
// @ts-ignore: decorator
@inline const SMALLEST_MARGIN: f64 = 1e-30;

/** A focal term in float32, σ(z)^γ·log(1 + e^z); stores its slope. */
// @ts-ignore: decorator
@inline
function focalFast(z: v128, gamma: f64, slopes: usize): v128 {
  const e = exp(z);
  const others = inverseOnePlus(e);
  const q = v128.mul<f32>(e, others);
  const surprise = log1p(e);
  const power = simplePower<f32>(q, <i32>gamma);
  if (slopes) v128.store(slopes, v128.mul<f32>(power, focalSlope(others, q, surprise, gamma)));
  return v128.mul<f32>(power, surprise);
}

/**
 * The term of negative classes in float32, with q = p - m, p = σ(s); stores its slope. Near the edge, where p = m, the
 * difference would lose its digits: with d = s - log(m/(1 - m)), q = m·(e^d - 1)/(1 + e^s), and e^d - 1 has them.
 */
// @ts-ignore: decorator
@inline
function marginFast(s: v128, slopes: usize): v128 {
  const one = one32();
  const zero = f32x4.splat(0);
  const m = f32x4.splat(<f32>margin);
  const high = f32x4.splat(edgeHigh);
  const d = v128.sub<f32>(s, high);
  // What the subtraction lost, and what the edge has beyond float32.
  const back = v128.sub<f32>(s, d);
  const lost = v128.add<f32>(v128.sub<f32>(back, high), v128.sub<f32>(s, v128.add<f32>(d, back)));
  const power = powerOf(d);
  const rest = restOf(d, v128.sub<f32>(lost, f32x4.splat(edgeLow)));
  const eMinusOne = multiplyAdd(power, rest, v128.sub<f32>(power, one));
  const e = v128.mul<f32>(multiplyAdd(power, rest, power), f32x4.splat(<f32>(margin / (1 - margin))));
  // With a = 1 + e^s: p = e^s/a, 1 - q = b/a, by one division for both.
  const a = v128.add<f32>(one, e);
  const b = v128.add<f32>(one, v128.mul<f32>(m, a));
  const inverse = v128.div<f32>(one, v128.mul<f32>(a, b));
  const inverseA = v128.mul<f32>(inverse, b);
  const inverseB = v128.mul<f32>(inverse, a);
  const q = v128.mul<f32>(v128.mul<f32>(m, v128.pmax<f32>(eMinusOne, zero)), inverseA);
  const y = v128.mul<f32>(v128.mul<f32>(q, a), inverseB);
  const surprise = log1p(y);
  const lower = simplePower<f32>(q, <i32>gammaNegative - 1);
  if (slopes) {
    const slope = v128.mul<f32>(v128.mul<f32>(e, inverseA), v128.mul<f32>(inverseA, lower));
    const both = v128.add<f32>(v128.mul<f32>(f32x4.splat(<f32>gammaNegative), surprise), y);
    v128.store(slopes, v128.mul<f32>(slope, both));
  }
  return v128.mul<f32>(v128.mul<f32>(lower, q), surprise);
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

  /** p - m */
  @inline
  q(s: v128, e: v128, inverse: v128): v128 {
    return v128.sub<f64>(sigmoid64(s, e, inverse), f64x2.splat(margin));
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
  fast(s: v128, sign: v128, hasPositive: bool, factors: v128, slopes: usize): v128 {
    const isPositive = v128.shr<i32>(sign, 31);
    let value = margin == 0 ? focalFast(s, gammaNegative, slopes) : marginFast(s, slopes);
    let slope = slopes ? v128.load(slopes) : value;
    if (hasPositive) {
      const positive = focalFast(v128.neg<f32>(s), gammaPositive, slopes);
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
  const edge = NativeMath.log(margin) - NativeMath.log1p(-margin);
  edgeHigh = <f32>edge;
  edgeLow = <f32>(edge - <f64>edgeHigh);
  return lossOfTerms<Asymmetric>(false);
}
