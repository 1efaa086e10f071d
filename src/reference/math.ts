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

/** log(w·eᶻ), -∞ for a weight of 0 whatever z is. */
export function weighted(w: number, z: number): number {
  if (w === 0) return -Infinity;
  return w === 1 ? z : z + Math.log(w);
}

/**
 * log Σ eᶻ; z is replaced by the softmax.
 *
 * The greatest exponent is taken out, so that nothing overflows. An infinite z has all of the softmax, several of them
 * have shares that are not defined; one of -∞ counts for nothing.
 */
export function logSumExp(z: Float64Array): number {
  let max = -Infinity;
  for (const x of z) max = Math.max(max, x);
  if (max === -Infinity) {
    z.fill(0);
    return max;
  }
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const e = z[i] === max ? 1 : Math.exp((z[i] as number) - max);
    z[i] = e;
    sum += e;
  }
  for (let i = 0; i < z.length; i++) {
    if (z[i] !== 0) z[i] = max === Infinity && sum > 1 ? NaN : (z[i] as number) / sum;
  }
  return max + Math.log(sum);
}
