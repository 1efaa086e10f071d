import { Decimal } from "decimal.js";

/** The smallest float32 is 1.4e-45: with 150 digits, 1 + x keeps more than 100 of an x of that size. */
Decimal.set({ precision: 150 });

/** The exact results of a row. */
export interface ExactRow {
  loss: Decimal;
  grad: Decimal[];
}

/** A float32 or float64 with every digit that it has; `new Decimal(x)` would take the few that JavaScript prints. */
export function exactly(x: number): Decimal {
  if (x === 0) return new Decimal(0);
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
  return terms.reduce((total, term) => total.plus(term), new Decimal(0));
}

/** log(1 + e^x) */
export function softplus(x: Decimal): Decimal {
  // e^x of a large x is beyond even the range of Decimal.
  return x.gt(0) ? x.plus(log1p(exp(x.neg()))) : log1p(exp(x));
}

/** 1/(1 + e^-x) */
export function sigmoid(x: Decimal): Decimal {
  return new Decimal(1).div(exp(x.neg()).plus(1));
}

/** log(1 + Σ e^z), and its gradient as a function of one z: e^z/(1 + Σ e^z). */
export function side(z: Decimal[]): { value: Decimal; slope(x: Decimal): Decimal } {
  // e^z of a large z is beyond even the range of Decimal: all terms are divided by e^m.
  const m = Decimal.max(0, ...z);
  const others = sum(z.map((x) => exp(x.minus(m))));
  const total = exp(m.neg()).plus(others);
  return {
    value: m.isZero() ? log1p(others) : m.plus(total.ln()),
    slope: (x) => exp(x.minus(m)).div(total),
  };
}
