import type { Decimal } from "decimal.js";
import { scattered } from "../cases.ts";
import { type ExactRow, exactly, side } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/**
 * log(e^t + Σ_N e^s) + log(e^-t + Σ_P e^-s) with the threshold t, written as
 * log(1 + Σ_N e^(s - t)) + log(1 + Σ_P e^(t - s)), which is the same.
 */
export function row(scores: Decimal[], isPositive: boolean[], { threshold = 0 }: OwnOptions): ExactRow {
  const t = exactly(threshold);
  const negatives = side(scores.filter((_, i) => !isPositive[i]).map((s) => s.minus(t)));
  const positives = side(scores.filter((_, i) => isPositive[i]).map((s) => t.minus(s)));
  return {
    loss: negatives.value.plus(positives.value),
    grad: scores.map((s, i) =>
      isPositive[i] ? positives.slope(t.minus(s)).neg() : negatives.slope(s.minus(t)),
    ),
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

/** Cases of this loss alone. */
export const cases: Case[] = THRESHOLDS.flatMap(([threshold, reason], index) => [
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
