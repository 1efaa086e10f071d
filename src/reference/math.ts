/** log(1 + eˣ) */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1/(1 + e⁻ˣ), by exponentials of negative numbers only. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/**
 * log(1 + Σ eᶻ), and its gradient: the softmax of all z and a zero.
 *
 * The greatest exponent is taken out, so that nothing overflows. An infinite z has all of the softmax, several of them
 * have shares that are not defined; one of -∞ counts for nothing.
 */
export function logOnePlusSumExp(z: number[]): { value: number; softmax: number[] } {
  const max = z.reduce((a, b) => Math.max(a, b), 0);
  if (max === Infinity) {
    const share = z.filter((x) => x === Infinity).length === 1 ? 1 : NaN;
    return { value: Infinity, softmax: z.map((x) => (x === Infinity ? share : 0)) };
  }
  const exps = z.map((x) => Math.exp(x - max));
  const sum = exps.reduce((total, e) => total + e, 0);
  const value = max === 0 ? Math.log1p(sum) : max + Math.log(Math.exp(-max) + sum);
  const total = Math.exp(-max) + sum;
  return { value, softmax: exps.map((e) => e / total) };
}
