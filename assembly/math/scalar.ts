/** log(1 + eˣ), in float64. */
export function softplus(x: f64): f64 {
  return max(x, 0.0) + NativeMath.log1p(NativeMath.exp(-abs(x)));
}

/** 1/(1 + e⁻ˣ), in float64, accurate for x → -∞ too. */
export function sigmoid(x: f64): f64 {
  const e = NativeMath.exp(-abs(x));
  return (x >= 0.0 ? 1.0 : e) / (1.0 + e);
}
