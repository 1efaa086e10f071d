import { beyondRest, exp, powerOf, restOf } from "./exp";
import { highPair, narrowed } from "./lanes";
import { log1p } from "./log1p";
import { multiplyAdd64 } from "./multiplyAdd";
import { simplePower } from "./power";
import { inverse64 } from "./sigmoid64";

/* The terms of losses of one score and one label in four float32 lanes. sigmoid64.ts is for scores of any size. */

// @ts-ignore: decorator
@lazy const ONE = memory.data<f32>([1.0]);

// @ts-ignore: decorator
@inline
export function one32(): v128 {
  return v128.load32_splat(ONE);
}

/** The greatest γ whose power float32 can take of σ without a loss of more than a few digits in the last place. */
// @ts-ignore: decorator
@inline const GREATEST_GAMMA: f64 = 2;

/** Up to this |z|, the focal term and its slope are normal numbers. */
// @ts-ignore: decorator
@inline
export function focalLimit(gamma: f64): f32 {
  return <f32>(80 / (gamma + 1));
}

/** Leaves e^z at `parts`; for high powers also σ(z) and 1 - σ(z), by float64, since the power makes much of their errors. */
// @ts-ignore: decorator
@inline
export function prepareFocal(z: v128, gamma: f64, parts: usize): void {
  if (gamma <= GREATEST_GAMMA) {
    v128.store(parts, exp(z));
    return;
  }
  const power = powerOf(z);
  const r = restOf(z);
  const beyond = beyondRest(r);
  const power0 = f64x2.promote_low_f32x4(power);
  const power1 = highPair(power);
  const rest0 = v128.add<f64>(f64x2.promote_low_f32x4(r), f64x2.promote_low_f32x4(beyond));
  const rest1 = v128.add<f64>(highPair(r), highPair(beyond));
  const e0 = multiplyAdd64(power0, rest0, power0);
  const e1 = multiplyAdd64(power1, rest1, power1);
  const inverse0 = inverse64(e0);
  const inverse1 = inverse64(e1);
  v128.store(parts, narrowed(e0, e1));
  v128.store(parts, narrowed(v128.mul<f64>(e0, inverse0), v128.mul<f64>(e1, inverse1)), 16);
  v128.store(parts, narrowed(inverse0, inverse1), 32);
}

/** σ(z)^γ·log(1 + e^z) from what was left at `parts`, for a simple γ. Stores its slope, if that is to go anywhere. */
// @ts-ignore: decorator
@inline
export function focalTerm(gamma: f64, exponent: i32, parts: usize, slopes: usize): v128 {
  const e = v128.load(parts);
  let q: v128;
  let others: v128;
  if (gamma <= GREATEST_GAMMA) {
    others = v128.div<f32>(one32(), v128.add<f32>(one32(), e));
    q = v128.mul<f32>(e, others);
  } else {
    q = v128.load(parts, 16);
    others = v128.load(parts, 32);
  }
  const surprise = log1p(e);
  const term = simplePower<f32>(q, exponent);
  if (slopes) {
    const slope = v128.mul<f32>(v128.mul<f32>(f32x4.splat(<f32>gamma), others), surprise);
    v128.store(slopes, v128.mul<f32>(term, v128.add<f32>(slope, q)));
  }
  return v128.mul<f32>(term, surprise);
}
