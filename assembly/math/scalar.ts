/** log(1 + eˣ), in float64. */
export function softplus(x: f64): f64 {
  return max(x, 0.0) + NativeMath.log1p(NativeMath.exp(-abs(x)));
}

/** 1/(1 + e⁻ˣ), in float64, accurate for x → -∞ too. */
export function sigmoid(x: f64): f64 {
  const e = NativeMath.exp(-abs(x));
  return (x >= 0.0 ? 1.0 : e) / (1.0 + e);
}

/** log(eˣ + eʸ), in float64. */
export function logAddExp(x: f64, y: f64): f64 {
  const most = max(x, y);
  if (most == -Infinity || most == Infinity) return most;
  return most + NativeMath.log1p(NativeMath.exp(-abs(x - y)));
}

/** eˣ/(eˣ + eʸ), in float64; an infinite x against a finite y has all of it. */
export function share(x: f64, y: f64): f64 {
  return x == -Infinity ? 0.0 : sigmoid(x - y);
}
