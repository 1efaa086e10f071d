import { Linear } from "./arithmetic";
import { multiplyAdd64 } from "./multiplyAdd";
import { one64, zero64 } from "./sigmoid64";
import { clear, coefficient, multiplyLanes } from "./symmetric";

/*
 * Elementary symmetric polynomials of few degrees, as `symmetric.ts` has them: all coefficients stay in registers, and take
 * in one weight at a time.
 */

/** The greatest degree. */
// @ts-ignore: decorator
@inline export const FEW = 12;

/** How many coefficients there are: an even number up to `FEW`. */
interface Degree {
  degree(): i32;
}


@unmanaged
class Four {

  @inline
  degree(): i32 {
    return 4;
  }
}


@unmanaged
class Six {

  @inline
  degree(): i32 {
    return 6;
  }
}


@unmanaged
class Eight {

  @inline
  degree(): i32 {
    return 8;
  }
}


@unmanaged
class Ten {

  @inline
  degree(): i32 {
    return 10;
  }
}


@unmanaged
class Twelve {

  @inline
  degree(): i32 {
    return 12;
  }
}

/** Takes all weights from `weights` to `end`, float32, into the polynomials of two lanes, a line. */
function takeIn<D extends Degree>(weights: usize, end: usize, line: usize): void {
  const degree = changetype<D>(0).degree();
  let e1 = zero64();
  let e2 = e1;
  let e3 = e1;
  let e4 = e1;
  let e5 = e1;
  let e6 = e1;
  let e7 = e1;
  let e8 = e1;
  let e9 = e1;
  let e10 = e1;
  let e11 = e1;
  let e12 = e1;
  for (; weights < end; weights += 8) {
    const w = f64x2.promote_low_f32x4(v128.load64_zero(weights));
    if (degree > 10) {
      e12 = multiplyAdd64(w, e11, e12);
      e11 = multiplyAdd64(w, e10, e11);
    }
    if (degree > 8) {
      e10 = multiplyAdd64(w, e9, e10);
      e9 = multiplyAdd64(w, e8, e9);
    }
    if (degree > 6) {
      e8 = multiplyAdd64(w, e7, e8);
      e7 = multiplyAdd64(w, e6, e7);
    }
    if (degree > 4) {
      e6 = multiplyAdd64(w, e5, e6);
      e5 = multiplyAdd64(w, e4, e5);
    }
    e4 = multiplyAdd64(w, e3, e4);
    e3 = multiplyAdd64(w, e2, e3);
    e2 = multiplyAdd64(w, e1, e2);
    e1 = v128.add<f64>(w, e1);
  }
  v128.store(line, one64());
  v128.store(coefficient(line, 1), e1);
  v128.store(coefficient(line, 2), e2);
  v128.store(coefficient(line, 3), e3);
  v128.store(coefficient(line, 4), e4);
  if (degree > 4) {
    v128.store(coefficient(line, 5), e5);
    v128.store(coefficient(line, 6), e6);
  }
  if (degree > 6) {
    v128.store(coefficient(line, 7), e7);
    v128.store(coefficient(line, 8), e8);
  }
  if (degree > 8) {
    v128.store(coefficient(line, 9), e9);
    v128.store(coefficient(line, 10), e10);
  }
  if (degree > 10) {
    v128.store(coefficient(line, 11), e11);
    v128.store(coefficient(line, 12), e12);
  }
}

/** `polynomial` of groups of float32 weights, of degree `FEW` at most, with one line to work on. */
export function polynomialOfFew(weights: usize, groups: i32, line: usize, degree: i32, result: usize): void {
  const end = weights + ((<usize>groups) << 5);
  clear<Linear>(line, degree);
  if (degree <= 4) takeIn<Four>(weights, end, line);
  else if (degree <= 6) takeIn<Six>(weights, end, line);
  else if (degree <= 8) takeIn<Eight>(weights, end, line);
  else if (degree <= 10) takeIn<Ten>(weights, end, line);
  else takeIn<Twelve>(weights, end, line);
  multiplyLanes<Linear>(line, degree, degree, result);
}
