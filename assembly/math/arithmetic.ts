import { log1p64 } from "./log1p64";
import { multiplyAdd64 } from "./multiplyAdd";
import { softplus } from "./scalar";
import { expOfNegative, inverse64, one64, zero64 } from "./sigmoid64";

/*
 * Two ways to hold numbers ≥ 0 in float64 lanes, for sums of products that may be beyond float64: what is written with one
 * of them runs with the other.
 */

/** How numbers are held. */
export interface Arithmetic {
  /** Whether a number is held as the float64 that it is, so that it can be subtracted too. */
  isLinear(): bool;
  zero(): v128;
  one(): v128;
  add(x: v128, y: v128): v128;
  multiply(x: v128, y: v128): v128;
  /** x·y + z */
  multiplyAdd(x: v128, y: v128, z: v128): v128;
  /** e^x of x ≤ 0 */
  fromLog(x: v128): v128;
  /** What a number from 0 to 1 is, as a float64. */
  share(x: v128): v128;
  /** log(1 + x), as a float64; both lanes of x are the same. */
  logOnePlus(x: v128): f64;
  /** 1/(1 + x); both lanes of x are the same. */
  inverseOnePlus(x: v128): v128;
}

/** As they are. */
@unmanaged
export class Linear {

  @inline
  isLinear(): bool {
    return true;
  }


  @inline
  zero(): v128 {
    return zero64();
  }


  @inline
  one(): v128 {
    return one64();
  }


  @inline
  add(x: v128, y: v128): v128 {
    return v128.add<f64>(x, y);
  }


  @inline
  multiply(x: v128, y: v128): v128 {
    return v128.mul<f64>(x, y);
  }


  @inline
  multiplyAdd(x: v128, y: v128, z: v128): v128 {
    return multiplyAdd64(x, y, z);
  }


  @inline
  fromLog(x: v128): v128 {
    return expOfNegative(x);
  }


  @inline
  share(x: v128): v128 {
    return x;
  }


  @inline
  logOnePlus(x: v128): f64 {
    return NativeMath.log1p(f64x2.extract_lane(x, 0));
  }


  @inline
  inverseOnePlus(x: v128): v128 {
    return inverse64(x);
  }
}

/** log(e^x + e^y) */
function logSum(x: v128, y: v128): v128 {
  const most = v128.pmax<f64>(x, y);
  const e = expOfNegative(v128.sub<f64>(v128.pmin<f64>(x, y), most));
  const sum = v128.add<f64>(most, log1p64(e));
  // Twice -∞ has no difference.
  return v128.bitselect(most, sum, v128.eq<f64>(most, f64x2.splat(-Infinity)));
}

/** By their logarithms. */
@unmanaged
export class Logarithmic {

  @inline
  isLinear(): bool {
    return false;
  }


  @inline
  zero(): v128 {
    return f64x2.splat(-Infinity);
  }


  @inline
  one(): v128 {
    return zero64();
  }


  @inline
  add(x: v128, y: v128): v128 {
    return logSum(x, y);
  }


  @inline
  multiply(x: v128, y: v128): v128 {
    return v128.add<f64>(x, y);
  }


  @inline
  multiplyAdd(x: v128, y: v128, z: v128): v128 {
    return logSum(v128.add<f64>(x, y), z);
  }


  @inline
  fromLog(x: v128): v128 {
    return x;
  }


  @inline
  share(x: v128): v128 {
    return expOfNegative(v128.pmin<f64>(x, zero64()));
  }


  @inline
  logOnePlus(x: v128): f64 {
    return softplus(f64x2.extract_lane(x, 0));
  }


  @inline
  inverseOnePlus(x: v128): v128 {
    return f64x2.splat(-softplus(f64x2.extract_lane(x, 0)));
  }
}
