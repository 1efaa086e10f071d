/** log(1 + eˣ) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1/(1 + e⁻ˣ), by exponentials of negative numbers only. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** log(eˣ + eʸ) */
export function logAddExp(x: number, y: number): number {
  const max = Math.max(x, y);
  return Math.abs(max) === Infinity ? max : max + Math.log1p(Math.exp(-Math.abs(x - y)));
}

/** eˣ/(eˣ + eʸ) */
export function share(x: number, y: number): number {
  return x === -Infinity ? 0 : sigmoid(x - y);
}
