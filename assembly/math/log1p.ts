import { multiplyAdd } from "./multiplyAdd";

/*
 * log(1 + x) in four float32 lanes.
 *
 *   u = 1 + x rounded, c = x - (u - 1) what the rounding lost
 *   u = 2ᵏ·m,  √½ ≤ m < √2
 *   f = (m - 1) + c·2⁻ᵏ                                   (so that (1 + x) = 2ᵏ·(1 + f) to the last digits of f)
 *   log(1 + f) = f + f²·q(f),  q of degree 8             (least squares, scripts/minimax.py; relative error 2^-27.7)
 *   log(1 + x) = k·ln 2 + log(1 + f)
 */

// @ts-ignore: decorator
@lazy
const CONSTANTS = memory.data<f32>([
  0.6931471805599453, // ln 2
  0.7071067811865476, // √½: its bits are subtracted from those of u
  1.0,
  -0.49999988079071045,
  0.3333333730697632,
  -0.2500160336494446,
  0.2000124156475067,
  -0.1660807728767395,
  0.14195196330547333,
  -0.13264402747154236,
  0.12829405069351196,
  -0.07479701936244965,
]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** log(1 + x) for 0 ≤ x < 2^126. At most 1.6 ULP. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const one = constant(2);
  const u = v128.add<f32>(one, x);
  const lost = v128.sub<f32>(x, v128.sub<f32>(u, one));
  const k = v128.shr<i32>(v128.sub<i32>(u, constant(1)), 23);
  const power = v128.shl<i32>(k, 23);
  const m = v128.sub<i32>(u, power);
  const f = multiplyAdd(lost, v128.sub<i32>(one, power), v128.sub<f32>(m, one));
  // Pairs of coefficients first, so that not every step waits for the one before.
  const f2 = v128.mul<f32>(f, f);
  const q01 = multiplyAdd(constant(4), f, constant(3));
  const q23 = multiplyAdd(constant(6), f, constant(5));
  const q45 = multiplyAdd(constant(8), f, constant(7));
  const q678 = multiplyAdd(constant(11), f2, multiplyAdd(constant(10), f, constant(9)));
  const low = multiplyAdd(q23, f2, q01);
  const high = multiplyAdd(q678, f2, q45);
  const log = multiplyAdd(f2, multiplyAdd(high, v128.mul<f32>(f2, f2), low), f);
  return multiplyAdd(f32x4.convert_i32x4_s(k), constant(0), log);
}
