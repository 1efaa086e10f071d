import { Decimal } from "decimal.js";

/** The smallest float32 is 1.4e-45: with 150 digits, 1 + x keeps more than 100 of an x of that size. */
Decimal.set({ precision: 150 });

/**
 * The exact results of a row. Where a result is a difference, the terms are what float64 has to round: the sum of their
 * magnitudes, by which its error is to be measured. They are the magnitudes of the results themselves where not given.
 */
export interface ExactRow {
  loss: Decimal;
  grad: Decimal[];
  lossTerms?: Decimal;
  gradTerms?: Decimal[];
}

export const ZERO = new Decimal(0);
export const ONE = new Decimal(1);

/** A float32 or float64 with every digit that it has; `new Decimal(x)` would take the few that JavaScript prints. */
export function exactly(x: number): Decimal {
  if (x === 0) return ZERO;
  // Powers of 2 that make a whole number of it, as two factors: one alone could be Infinity.
  const powers = Math.max(0, 56 - Math.floor(Math.log2(Math.abs(x))));
  const half = Math.floor(powers / 2);
  const whole = BigInt(x * 2 ** half * 2 ** (powers - half));
  return new Decimal(whole.toString()).div(new Decimal(2).pow(powers));
}

/** e^x: 0 below 10^(-9·10^15), Infinity above 10^(9·10^15). */
export function exp(x: Decimal): Decimal {
  return x.exp();
}

/** log(1 + x) for x ≥ 0. */
export function log1p(x: Decimal): Decimal {
  if (x.gt("1e-20")) return x.plus(1).ln();
  // 1 + x would lose digits of a small x; what the series leaves out is less than x³ of the result.
  return x.minus(x.pow(2).div(2)).plus(x.pow(3).div(3));
}

/** Σ x */
export function sum(terms: Decimal[]): Decimal {
  return terms.reduce((total, term) => total.plus(term), ZERO);
}

/** log(1 + e^x) */
export function softplus(x: Decimal): Decimal {
  // e^x of a large x is beyond even the range of Decimal.
  return x.gt(0) ? x.plus(log1p(exp(x.neg()))) : log1p(exp(x));
}

/** 1/(1 + e^-x) */
export function sigmoid(x: Decimal): Decimal {
  return ONE.div(exp(x.neg()).plus(1));
}

/** log(1 + Σ w·e^z), and its gradient w·e^z/(1 + Σ w·e^z). */
export function side(z: Decimal[], weights: Decimal[]): { value: Decimal; slopes: Decimal[] } {
  // e^z of a large z is beyond even the range of Decimal: all terms are divided by e^m.
  const m = Decimal.max(0, ...z.filter((_, i) => !weights[i]!.isZero()));
  const terms = z.map((x, i) => (weights[i]!.isZero() ? ZERO : weights[i]!.times(exp(x.minus(m)))));
  const others = sum(terms);
  const total = exp(m.neg()).plus(others);
  return {
    value: m.isZero() ? log1p(others) : m.plus(total.ln()),
    slopes: terms.map((term) => term.div(total)),
  };
}

/** The option of a class, or of all. */
export function optionOf(option: number | number[], index: number): Decimal {
  return exactly(typeof option === "number" ? option : option[index]!);
}
