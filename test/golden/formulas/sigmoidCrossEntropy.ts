import type { Decimal } from "decimal.js";
import { cases as common, scattered, softCases } from "../cases.ts";
import { type ExactRow, exactly, ONE, optionOf, sigmoid, softplus, sum } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/** Σ w·y·log(1 + e^-s) + (1 - y)·log(1 + e^s) with y = t·(1 - ε) + ε/2; (1 - y)·σ(s) - w·y·σ(-s) */
export function row(
  scores: Decimal[],
  targets: Decimal[],
  { positiveWeights = 1, labelSmoothing = 0 }: OwnOptions,
): ExactRow {
  const smoothing = exactly(labelSmoothing);
  const y = targets.map((t) => t.times(ONE.minus(smoothing)).plus(smoothing.div(2)));
  const positive = y.map((yi, i) => yi.times(optionOf(positiveWeights, i)));
  const negative = y.map((yi) => ONE.minus(yi));
  const rises = scores.map((s, i) => negative[i]!.times(sigmoid(s)));
  const falls = scores.map((s, i) => positive[i]!.times(sigmoid(s.neg())));
  return {
    loss: sum(
      scores.flatMap((s, i) => [positive[i]!.times(softplus(s.neg())), negative[i]!.times(softplus(s))]),
    ),
    grad: rises.map((rise, i) => rise.minus(falls[i]!)),
    gradTerms: rises.map((rise, i) => rise.plus(falls[i]!)),
  };
}

/** A weight for each of `classes` classes, 0 among them. */
function weights(classes: number): number[] {
  return Array.from({ length: classes }, (_, i) => Math.fround([0.3, 1, 7.7, 0, 1e-20, 1e20][i % 6]!));
}

const OPTIONS: [OwnOptions, string][] = [
  [{ positiveWeights: 3.7 }, "a weight for all"],
  [{ positiveWeights: 0 }, "positive classes do not count"],
  [{ positiveWeights: weights(19) }, "a weight a class"],
  [{ labelSmoothing: 0.1 }, "every class is on both sides"],
  [{ labelSmoothing: 0.01 }, "1 - y is small for positive classes"],
  [{ labelSmoothing: 1 }, "every target is ½"],
  [{ positiveWeights: weights(19), labelSmoothing: 0.3 }, "weights and smoothing"],
];

const own: Case[] = OPTIONS.flatMap(([options, reason], index) =>
  [1, 10, 100].flatMap((spread) => {
    const row: Case = {
      name: `${JSON.stringify(options)}, spread ${spread}`,
      reason,
      ...scattered({ classes: 19, spread, seed: 1300 + index }),
      options,
    };
    const labels = row.labels.map((label, i) => Math.fround(Math.abs(label - (i % 4) / 10)));
    return [row, { ...row, name: `${row.name}, soft`, labels, isSoft: true }];
  }),
);

export const cases: Case[] = [...common, ...softCases, ...own];
