import type { Decimal } from "decimal.js";
import { type ExactRow, sigmoid, softplus, sum } from "../exact.ts";

/** Σ_N log(1 + e^s) + Σ_P log(1 + e^-s); σ(s) for negative classes, -σ(-s) = σ(s) - 1 for positive ones. */
export function row(scores: Decimal[], isPositive: boolean[]): ExactRow {
  return {
    loss: sum(scores.map((s, i) => softplus(isPositive[i] ? s.neg() : s))),
    grad: scores.map((s, i) => (isPositive[i] ? sigmoid(s.neg()).neg() : sigmoid(s))),
  };
}
