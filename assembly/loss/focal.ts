import { lossOfFastTerms } from "../driver/fastTerms";
import { magnitude } from "../driver/range";
import { lossOfTerms } from "../driver/terms";
import { exp, expMinus } from "../math/exp";
import { isSimple } from "../math/power";
import { focalLimit, focalTerm, GREATEST_EXPONENT } from "../math/sigmoid";
import { focalSlope64, one64, part, sigmoidPower, softplus64 } from "../math/sigmoid64";

let gamma: f64 = 0;
/** The same, if it is a simple one. */
let exponent: i32 = 0;
/** The factors of positive and of negative classes. */
let positive: f64 = 0;
let negative: f64 = 0;

/** e^z in float32: there are two ways, and no loop is to choose between them. */
interface Exponential {
  of(z: v128): v128;
}


@unmanaged
class Plain {

  @inline
  of(z: v128): v128 {
    return exp(z);
  }
}

/** Hardly more than rounded. */
@unmanaged
class Sharp {

  @inline
  of(z: v128): v128 {
    const zero = f32x4.splat(0);
    return expMinus(z, zero, zero, zero, zero, false);
  }
}

/** σ(z)^γ·log(1 + e^z), with z = s for negative and -s for positive classes, times the factor of its side. */
@unmanaged
class Focal<E extends Exponential> {

  @inline
  isPositive(t: v128): v128 {
    return v128.eq<f64>(t, one64());
  }


  @inline
  z(s: v128, t: v128): v128 {
    return v128.bitselect(v128.neg<f64>(s), s, this.isPositive(t));
  }


  @inline
  factor(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    const side = v128.bitselect(f64x2.splat(positive), f64x2.splat(negative), this.isPositive(t));
    return v128.mul<f64>(side, sigmoidPower(this.z(s, t), e, inverse, rest, gamma));
  }


  @inline
  surprise(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    return softplus64(this.z(s, t), rest);
  }


  @inline
  value(s: v128, t: v128, w: v128, rest: v128, factor: v128, surprise: v128): v128 {
    return part(factor, surprise);
  }


  @inline
  slope(s: v128, t: v128, w: v128, e: v128, inverse: v128, rest: v128, factor: v128, surprise: v128): v128 {
    const slope = v128.mul<f64>(factor, focalSlope64(this.z(s, t), e, inverse, rest, gamma));
    return v128.bitselect(v128.neg<f64>(slope), slope, this.isPositive(t));
  }


  @inline
  limit(): f32 {
    return focalLimit(gamma);
  }


  @inline
  prepare(s: v128, sign: v128, hasPositive: bool): v128 {
    return changetype<E>(0).of(v128.xor(s, sign));
  }


  @inline
  seen(s: v128, signed: v128): v128 {
    return magnitude(s);
  }


  @inline
  finish(e: v128, sign: v128, hasPositive: bool, factors: v128, slopes: usize): v128 {
    let value = focalTerm(e, f32x4.splat(<f32>gamma), exponent, slopes);
    let scale = factors;
    if (positive != 1 || negative != 1) {
      const isPositive = v128.shr<i32>(sign, 31);
      const side = v128.bitselect(f32x4.splat(<f32>positive), f32x4.splat(<f32>negative), isPositive);
      scale = v128.mul<f32>(scale, side);
      value = v128.mul<f32>(value, side);
    }
    if (slopes) v128.store(slopes, v128.mul<f32>(v128.xor(v128.load(slopes), sign), scale));
    return value;
  }
}

/** Factors below this, 2^-10, would leave values of float32 that are no normal numbers. */
// @ts-ignore: decorator
@inline const SMALLEST_FACTOR: f64 = 0.0009765625;

// @ts-ignore: decorator
@inline
function isFastFactor(factor: f64): bool {
  return factor == 0 || factor >= SMALLEST_FACTOR;
}

export function focal(focus: f64, positiveFactor: f64, negativeFactor: f64): f64 {
  gamma = focus;
  exponent = <i32>focus;
  positive = positiveFactor;
  negative = negativeFactor;
  // The fourth power has four times the error of its base: more than the bound leaves.
  const isFast = isSimple(gamma) && gamma <= 3 && isFastFactor(positive) && isFastFactor(negative);
  if (!isFast) return lossOfTerms<Focal<Plain>>(false);
  return exponent > GREATEST_EXPONENT ? lossOfFastTerms<Focal<Sharp>>() : lossOfFastTerms<Focal<Plain>>();
}
