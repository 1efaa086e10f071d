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

/**
 * The sum of numbers ≥ 0, by the sum of those beside a greatest one: `without(x)`, the sum less one of its terms, keeps
 * its digits for the greatest too, beside which the others may be tiny.
 */
export function sumBesidesGreatest(terms: Float64Array): {
  sum: number;
  others: number;
  without(term: number): number;
} {
  const greatest = terms.reduce((most, term) => Math.max(most, term), 0);
  let others = 0;
  let count = 0;
  for (const term of terms) {
    if (term === greatest) count++;
    else others += term;
  }
  others += Math.max(count - 1, 0) * greatest;
  const sum = greatest + others;
  return { sum, others, without: (term) => (term === greatest ? others : sum - term) };
}
