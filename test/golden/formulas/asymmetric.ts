import { Decimal } from "decimal.js";
import { cases as common, scattered } from "../cases.ts";
import { type ExactRow, exactly, log1p, ONE, sigmoid, sum, ZERO } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";
import { focalTerm } from "./focal.ts";

interface Term {
  value: Decimal;
  slope: Decimal;
  /** By how much more than its own a rounding error of p counts: q may be a small difference of p and the margin. */
  magnified: Decimal;
}

/** q^γ·(-log(1 - q)) with q = max(σ(s) - m, 0), and its derivative, 0 where q is 0. */
function negativeTerm(s: Decimal, gamma: Decimal, margin: Decimal): Term {
  if (margin.isZero()) return { ...focalTerm(s, gamma), magnified: ONE };
  const p = sigmoid(s);
  const q = Decimal.max(0, p.minus(margin));
  if (q.isZero()) return { value: ZERO, slope: ZERO, magnified: ONE };
  const rest = sigmoid(s.neg()).plus(margin);
  const surprise = log1p(q.div(rest));
  const slope = gamma.times(surprise).div(q).plus(ONE.div(rest));
  return {
    value: q.pow(gamma).times(surprise),
    slope: p.times(sigmoid(s.neg())).times(q.pow(gamma)).times(slope),
    magnified: p.plus(margin).div(q).times(gamma.plus(1)),
  };
}

/** Σ_N q^γ₋·(-log(1 - q)) + Σ_P (1 - p)^γ₊·(-log p), with p = σ(s) and q = max(p - m, 0) */
export function row(
  scores: Decimal[],
  targets: Decimal[],
  { gammaPositive = 1, gammaNegative = 4, margin = 0.05 }: OwnOptions,
): ExactRow {
  const terms = scores.map((s, i): Term => {
    if (targets[i]!.isZero()) return negativeTerm(s, exactly(gammaNegative), exactly(margin));
    const { value, slope } = focalTerm(s.neg(), exactly(gammaPositive));
    return { value, slope: slope.neg(), magnified: ONE };
  });
  return {
    loss: sum(terms.map(({ value }) => value)),
    grad: terms.map(({ slope }) => slope),
    lossTerms: sum(terms.map(({ value, magnified }) => value.times(magnified))),
    gradTerms: terms.map(({ slope, magnified }) => slope.abs().times(magnified)),
  };
}

const OPTIONS: [OwnOptions, string][] = [
  [{ margin: 0 }, "no margin: focal with an exponent a side"],
  [{ gammaPositive: 0, gammaNegative: 0, margin: 0 }, "sigmoidCrossEntropy"],
  [{ gammaPositive: 0, gammaNegative: 0 }, "the margin alone"],
  [{ gammaPositive: 2.5, gammaNegative: 1.3, margin: 0.2 }, "fractional powers"],
  [{ gammaPositive: 3, gammaNegative: 0.5, margin: 0.01 }, "a root, whose slope is steep beside the margin"],
  [{ gammaNegative: 1, margin: 0.5 }, "negative classes count above 0"],
  [{ gammaNegative: 2, margin: 1 }, "negative classes do not count"],
  [{ gammaNegative: 2, margin: 1e-10 }, "a margin that most negative scores are above"],
];

const own: Case[] = OPTIONS.flatMap(([options, reason], index) =>
  [1, 10, 30, 100].map((spread) => ({
    name: `${JSON.stringify(options)}, spread ${spread}`,
    reason,
    ...scattered({ classes: 19, spread, seed: 1500 + index }),
    options,
  })),
);

/** The score whose probability is the margin. */
function edge(margin: number): Decimal {
  return exactly(margin)
    .div(ONE.minus(exactly(margin)))
    .ln();
}

const beside: Case[] = [0.05, 0.2, 0.5].flatMap((margin) =>
  [2 ** -4, 2 ** -8, 2 ** -12, 2 ** -16, 2 ** -20].map((distance) => ({
    name: `${distance} beside the margin ${margin}`,
    reason: "p - m is small, and 0 on the other side",
    scores: [distance, -distance, 2 * distance].map((offset) =>
      Math.fround(Number(edge(margin).plus(offset))),
    ),
    labels: [0, 0, 0],
    options: { margin },
  })),
);

export const cases: Case[] = [...common, ...own, ...beside];
