import type { Decimal } from "decimal.js";
import { cases as common, scattered, softCases } from "../cases.ts";
import { type ExactRow, ONE, optionOf, side } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/**
 * log(e^s₀ + Σ (1 - t)·e^s) + log(e^-s₀ + Σ t·e^-s) with the threshold s₀, written as
 * log(1 + Σ (1 - t)·e^(s - s₀)) + log(1 + Σ t·e^(s₀ - s)), which is the same. Targets t of 0 and 1 make it sums over the
 * negative and over the positive classes.
 */
export function row(scores: Decimal[], targets: Decimal[], { threshold = 0 }: OwnOptions): ExactRow {
  const z = scores.map((s) => s.minus(optionOf(threshold, 0)));
  const negatives = side(
    z,
    targets.map((t) => ONE.minus(t)),
  );
  const positives = side(
    z.map((x) => x.neg()),
    targets,
  );
  return {
    loss: negatives.value.plus(positives.value),
    grad: negatives.slopes.map((slope, i) => slope.minus(positives.slopes[i]!)),
    gradTerms: negatives.slopes.map((slope, i) => slope.plus(positives.slopes[i]!)),
  };
}

const THRESHOLDS: [number, string][] = [
  [0.5, "a threshold that float32 has, above 0"],
  [-3, "a threshold below 0"],
  [0.1, "a threshold that only float64 has"],
  [39.99, "the largest threshold of the fast path"],
  [-40.01, "the smallest threshold beyond the fast path"],
  [50, "beyond the fast path, where scores around 0 give a tiny and a large side"],
  [1000, "e^threshold overflows even float64"],
];

const thresholds: Case[] = THRESHOLDS.flatMap(([threshold, reason], index) => [
  ...[5, 18].map((classes) => ({
    name: `threshold ${threshold}, ${classes} scores around it`,
    reason,
    ...scattered({ classes, spread: 5, seed: 900 + index, center: threshold }),
    options: { threshold },
  })),
  {
    name: `threshold ${threshold}, scores around 0`,
    reason: `${reason}; the scores do not know of it`,
    ...scattered({ classes: 7, spread: 5, seed: 950 + index }),
    options: { threshold },
  },
  {
    name: `threshold ${threshold}, scores far and near`,
    reason: `${reason}; large scores`,
    ...scattered({ classes: 11, spread: 120, seed: 970 + index, center: threshold }),
    options: { threshold },
  },
]);

/** Cases for every loss that takes a threshold for each row. */
export const rowThresholds: Case[] = [0.5, -3, 50].flatMap((threshold, index) =>
  [1, 10, 100].map((spread) => ({
    name: `threshold [${threshold}], spread ${spread}`,
    reason: "a threshold for each row, which has a gradient",
    ...scattered({ classes: 13, spread, seed: 1200 + index, center: threshold }),
    options: { threshold: [threshold] },
  })),
);

const softThresholds: Case[] = softCases
  .filter(({ name }) => /^size (7|17), /.test(name))
  .flatMap((row) =>
    [1.5, [-50]].map((threshold) => ({
      ...row,
      name: `${row.name}, threshold ${JSON.stringify(threshold)}`,
      options: { threshold },
    })),
  );

const farApart: Case = {
  name: "5 positives at 30, 995 negatives at -5",
  reason: "e^-30 and e^30 are 26 digits apart: no sum may hold both",
  scores: Array.from({ length: 1000 }, (_, i) => (i % 211 === 3 ? 30 : -5)),
  labels: Array.from({ length: 1000 }, (_, i) => Number(i % 211 === 3)),
};

export const cases: Case[] = [
  ...common,
  ...softCases,
  ...thresholds,
  ...rowThresholds,
  ...softThresholds,
  farApart,
];
