import { lossOfTerms } from "../driver/terms";
import { log1p } from "../math/log1p";
import {
  focalSlope,
  isSimple,
  log64,
  one64,
  part,
  powerByLog,
  sigmoid64,
  sigmoidPower,
  simplePower,
  softplus64,
  zero64,
} from "../math/sigmoid64";

let gammaPositive: f64 = 0;
let gammaNegative: f64 = 0;
let margin: f64 = 0;

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
      ? simplePower(q, gammaNegative)
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
    return log1p(v128.div<f64>(this.q(s, e, inverse), others), others);
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
    if (margin == 0) return focalSlope(s, e, inverse, rest, gammaNegative);
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
        v128.neg<f64>(focalSlope(v128.neg<f64>(s), e, inverse, rest, gammaPositive)),
        this.negativeSlope(s, e, inverse, rest, surprise),
        this.isPositive(t),
      ),
    );
  }
}

export function asymmetric(positive: f64, negative: f64, probabilityMargin: f64): f64 {
  gammaPositive = positive;
  gammaNegative = negative;
  margin = probabilityMargin;
  return lossOfTerms<Asymmetric>(false);
}
