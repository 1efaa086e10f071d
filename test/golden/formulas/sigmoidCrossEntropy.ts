import { Decimal } from "decimal.js";
import { type ExactRow, exp, log1p, sum } from "../exact.ts";

/** log(1 + e^x) */
function softplus(x: Decimal): Decimal {
  // e^x of a large x is beyond even the range of Decimal.
  return x.gt(0) ? x.plus(log1p(exp(x.neg()))) : log1p(exp(x));
}

/** 1/(1 + e^-x) */
function sigmoid(x: Decimal): Decimal {
  return new Decimal(1).div(exp(x.neg()).plus(1));
}

/** Σ_N log(1 + e^s) + Σ_P log(1 + e^-s); σ(s) for negative classes, -σ(-s) = σ(s) - 1 for positive ones. */
export function row(scores: Decimal[], isPositive: boolean[]): ExactRow {
  return {
    loss: sum(scores.map((s, i) => softplus(isPositive[i] ? s.neg() : s))),
    grad: scores.map((s, i) => (isPositive[i] ? sigmoid(s.neg()).neg() : sigmoid(s))),
  };
}
