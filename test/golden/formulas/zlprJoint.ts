import type { Decimal } from "decimal.js";
import { scattered } from "../cases.ts";
import { type ExactRow, exactly, side } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/** log(1 + Σ_N e^(s - t) + Σ_P e^(t - s)) with the threshold t */
export function row(scores: Decimal[], isPositive: boolean[], { threshold = 0 }: OwnOptions): ExactRow {
  const t = exactly(threshold);
  const z = scores.map((s, i) => (isPositive[i] ? t.minus(s) : s.minus(t)));
  const both = side(z);
  return {
    loss: both.value,
    grad: z.map((x, i) => (isPositive[i] ? both.slope(x).neg() : both.slope(x))),
  };
}

/** Cases of this loss alone. */
export const cases: Case[] = [0.1, -40.01, 50].map((threshold, index) => ({
  name: `threshold ${threshold}`,
  reason: "within the fast path, and beyond it on both sides",
  ...scattered({ classes: 18, spread: 20, seed: 990 + index, center: threshold / 2 }),
  options: { threshold },
}));
