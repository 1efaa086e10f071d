import { lossOfSums } from "../driver/sums";
import { logAddExp, share, sigmoid, softplus } from "../math/scalar";

/** log(1 + a + b): both sides compete in one softmax. See zlpr.ts for the terms. */
@unmanaged
class ZlprJoint {

  @inline
  x(a: v128, b: v128): v128 {
    return v128.add<f64>(a, b);
  }


  @inline
  xa(a: v128, b: v128): v128 {
    return f64x2.splat(1);
  }


  @inline
  xb(a: v128, b: v128): v128 {
    return f64x2.splat(1);
  }


  @inline
  loss(alpha: f64, beta: f64, both: f64): f64 {
    return softplus(logAddExp(alpha, beta));
  }


  @inline
  lossAlpha(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(logAddExp(alpha, beta)) * share(alpha, beta);
  }


  @inline
  lossBeta(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(logAddExp(alpha, beta)) * share(beta, alpha);
  }


  @inline
  isProduct(): bool {
    return false;
  }


  @inline
  needsBothSides(): bool {
    return false;
  }


  @inline
  hasOnePositive(): bool {
    return false;
  }
}

export function zlprJoint(): f64 {
  return lossOfSums<ZlprJoint>(1, 0);
}
