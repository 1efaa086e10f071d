import { lossOfPoints } from "../driver/points";
import { lossOfTerms } from "../driver/terms";
import { one64, part, sigmoid64, softplus64 } from "../math/sigmoid64";

let smoothing: f64 = 0;

/** w·t·log(1 + e^-s) + (1 - t)·log(1 + e^s), where t is moved towards ½ by the smoothing. */
@unmanaged
class SigmoidCrossEntropy {
  /** y, the target after smoothing. */
  @inline
  factor(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    return v128.add<f64>(v128.mul<f64>(t, f64x2.splat(1 - smoothing)), f64x2.splat(smoothing / 2));
  }

  /** 1 - y, with the digits of a small smoothing: it is what smoothing makes of 1 - t. */
  @inline
  surprise(s: v128, t: v128, e: v128, inverse: v128, rest: v128): v128 {
    return this.factor(s, v128.sub<f64>(one64(), t), e, inverse, rest);
  }


  @inline
  value(s: v128, t: v128, w: v128, rest: v128, factor: v128, surprise: v128): v128 {
    return v128.add<f64>(
      part(v128.mul<f64>(w, factor), softplus64(v128.neg<f64>(s), rest)),
      part(surprise, softplus64(s, rest)),
    );
  }


  @inline
  slope(s: v128, t: v128, w: v128, e: v128, inverse: v128, rest: v128, factor: v128, surprise: v128): v128 {
    return v128.sub<f64>(
      v128.mul<f64>(surprise, sigmoid64(s, e, inverse)),
      v128.mul<f64>(v128.mul<f64>(w, factor), sigmoid64(v128.neg<f64>(s), e, inverse)),
    );
  }
}

export function sigmoidCrossEntropy(labelSmoothing: f64, isSoft: bool): f64 {
  smoothing = labelSmoothing;
  if (isSoft || labelSmoothing != 0) return lossOfTerms<SigmoidCrossEntropy>(isSoft);
  return lossOfPoints<SigmoidCrossEntropy>();
}
