import { sigmoid, softplus } from "../math/scalar";

/** log(1 + a·b): every negative class against every positive one. See loss/zlpr.ts for the terms. */
@unmanaged
export class Pairs {

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
  loss(alpha: f64, beta: f64, both: f64): f64 {
    return softplus(both);
  }


  @inline
  lossAlpha(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(both);
  }


  @inline
  lossBeta(alpha: f64, beta: f64, both: f64): f64 {
    return sigmoid(both);
  }


  @inline
  isProduct(): bool {
    return true;
  }
}
