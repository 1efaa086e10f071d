import { lossOfPoints } from "../driver/points";

/**
 * Σ log(1 + e^z) over all classes, with z = s for negative and -s for positive classes.
 *
 * A loss of points adds up one term a class, each a function of z alone. The driver (driver/points.ts) takes
 * e = e^-|z| ≤ 1, adds log(1 + e^z) = max(z, 0) + log(1 + e), and gives each class the slope at z as its gradient.
 */
@unmanaged
class SigmoidCrossEntropy {
  /** ∂/∂z log(1 + e^z) = σ(z), in four float32 lanes, from z and e, multiplied by scale; `scaled` is scale·e. */
  @inline
  slope(z: v128, e: v128, scaled: v128, scale: v128): v128 {
    const isNegative = v128.shr<i32>(z, 31);
    return v128.div<f32>(v128.bitselect(scaled, scale, isNegative), v128.add<f32>(f32x4.splat(1), e));
  }
}

export function sigmoidCrossEntropy(): f64 {
  return lossOfPoints<SigmoidCrossEntropy>();
}
