/** Whether x^γ is a few multiplications. */
// @ts-ignore: decorator
@inline
export function isSimple(gamma: f64): bool {
  return gamma == 0 || gamma == 1 || gamma == 2 || gamma == 3 || gamma == 4;
}

/** x^γ for a simple γ, in lanes of T. */
// @ts-ignore: decorator
@inline
export function simplePower<T>(x: v128, gamma: i32): v128 {
  const square = v128.mul<T>(x, x);
  if (gamma == 2) return square;
  if (gamma == 4) return v128.mul<T>(square, square);
  if (gamma == 3) return v128.mul<T>(square, x);
  return gamma == 1 ? x : v128.splat<T>(<T>1);
}
