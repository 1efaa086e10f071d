import type { Decimal } from "decimal.js";
import { cases as common, scattered } from "../cases.ts";
import { type ExactRow, exactly, ONE, sigmoid, softplus, sum } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/** σ(z)^γ·log(1 + e^z) and its derivative. */
export function focalTerm(z: Decimal, gamma: Decimal): { value: Decimal; slope: Decimal } {
  const power = sigmoid(z).pow(gamma);
  const surprise = softplus(z);
  return {
    value: power.times(surprise),
    slope: power.times(gamma.times(sigmoid(z.neg())).times(surprise).plus(sigmoid(z))),
  };
}

/** Σ_N (1 - α)·p^γ·(-log(1 - p)) + Σ_P α·(1 - p)^γ·(-log p) with p = σ(s); without α both factors are 1 */
export function row(scores: Decimal[], targets: Decimal[], { gamma = 2, alpha }: OwnOptions): ExactRow {
  const positive = alpha === undefined ? ONE : exactly(alpha);
  const negative = alpha === undefined ? ONE : ONE.minus(positive);
  const terms = scores.map((s, i) => {
    const isPositive = !targets[i]!.isZero();
    const { value, slope } = focalTerm(isPositive ? s.neg() : s, exactly(gamma));
    return isPositive
      ? { value: value.times(positive), slope: slope.times(positive).neg() }
      : { value: value.times(negative), slope: slope.times(negative) };
  });
  return { loss: sum(terms.map(({ value }) => value)), grad: terms.map(({ slope }) => slope) };
}

const OPTIONS: [OwnOptions, string][] = [
  [{ gamma: 0 }, "no focus: sigmoidCrossEntropy"],
  [{ gamma: 0, alpha: 0.25 }, "sides of different weight alone"],
  [{ gamma: 1 }, "the power is its base"],
  [{ gamma: 3 }, "an odd power"],
  [{ gamma: 0.5 }, "a root"],
  [{ gamma: 2.7, alpha: 0.25 }, "a fractional power"],
  [{ gamma: 40, alpha: 0.9 }, "a power that leaves nothing of most classes"],
  [{ alpha: 0 }, "positive classes do not count"],
  [{ alpha: 1 }, "negative classes do not count"],
];

const own: Case[] = OPTIONS.flatMap(([options, reason], index) =>
  [1, 10, 30, 100].map((spread) => ({
    name: `${JSON.stringify(options)}, spread ${spread}`,
    reason,
    ...scattered({ classes: 19, spread, seed: 1400 + index }),
    options,
  })),
);

export const cases: Case[] = [...common, ...own];
