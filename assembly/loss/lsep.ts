import { lossOfSums } from "../driver/sums";
import { sigmoid, softplus } from "../math/scalar";

/** log(1 + a·b): every negative class against every positive one. See zlpr.ts for the terms. */
@unmanaged
class Lsep {

  @inline
  x(a: v128, b: v128): v128 {
    return v128.mul<f64>(a, b);
  }


  @inline
  xa(a: v128, b: v128): v128 {
    return b;
  }


  @inline
  xb(a: v128, b: v128): v128 {
    return a;
  }


  @inline
  loss(alpha: f64, beta: f64): f64 {
    return softplus(alpha + beta);
  }


  @inline
  lossAlpha(alpha: f64, beta: f64): f64 {
    return sigmoid(alpha + beta);
  }


  @inline
  lossBeta(alpha: f64, beta: f64): f64 {
    return sigmoid(alpha + beta);
  }


  @inline
  needsBothSides(): bool {
    return true;
  }
}

export function lsep(scale: f64, margin: f64): f64 {
  return lossOfSums<Lsep>(scale, scale * margin);
}
