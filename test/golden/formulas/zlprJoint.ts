import type { Decimal } from "decimal.js";
import { cases as common, scattered } from "../cases.ts";
import { type ExactRow, ONE, optionOf, side } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";
import { rowThresholds } from "./zlpr.ts";

/** log(1 + Σ_N e^(s - s₀) + Σ_P e^(s₀ - s)) with the threshold s₀ */
export function row(scores: Decimal[], targets: Decimal[], { threshold = 0 }: OwnOptions): ExactRow {
  const isPositive = targets.map((t) => !t.isZero());
  const z = scores.map((s) => s.minus(optionOf(threshold, 0)));
  const both = side(
    z.map((x, i) => (isPositive[i] ? x.neg() : x)),
    z.map(() => ONE),
  );
  return {
    loss: both.value,
    grad: both.slopes.map((slope, i) => (isPositive[i] ? slope.neg() : slope)),
  };
}

const thresholds: Case[] = [0.1, -40.01, 50].map((threshold, index) => ({
  name: `threshold ${threshold}`,
  reason: "within the fast path, and beyond it on both sides",
  ...scattered({ classes: 18, spread: 20, seed: 990 + index, center: threshold / 2 }),
  options: { threshold },
}));

export const cases: Case[] = [...common, ...thresholds, ...rowThresholds];
