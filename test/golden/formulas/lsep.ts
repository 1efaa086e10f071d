import { Decimal } from "decimal.js";
import { cases as common, scattered } from "../cases.ts";
import { type ExactRow, exactly, exp, sigmoid, softplus, sum, ZERO } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/** log Σ e^z, and its gradient as a function of one z. */
function logSumExp(z: Decimal[]): { value: Decimal; softmax(x: Decimal): Decimal } {
  const m = Decimal.max(...z);
  const total = sum(z.map((x) => exp(x.minus(m))));
  return { value: m.plus(total.ln()), softmax: (x) => exp(x.minus(m)).div(total) };
}

/** log(1 + Σ_N e^(γ(s + m))·Σ_P e^(-γs)), 0 if one of the sides has no classes */
export function row(scores: Decimal[], targets: Decimal[], { scale = 1, margin = 0 }: OwnOptions): ExactRow {
  const isPositive = targets.map((t) => !t.isZero());
  if (isPositive.every(Boolean) || !isPositive.some(Boolean)) {
    return { loss: ZERO, grad: scores.map(() => ZERO) };
  }
  const gamma = exactly(scale);
  const z = scores.map((s, i) => (isPositive[i] ? s.neg() : s.plus(exactly(margin))).times(gamma));
  const negatives = logSumExp(z.filter((_, i) => !isPositive[i]));
  const positives = logSumExp(z.filter((_, i) => isPositive[i]));
  const x = negatives.value.plus(positives.value);
  const slope = sigmoid(x).times(gamma);
  return {
    loss: softplus(x),
    grad: z.map((zi, i) =>
      isPositive[i] ? positives.softmax(zi).times(slope).neg() : negatives.softmax(zi).times(slope),
    ),
  };
}

const own: Case[] = (
  [
    [1, 0.25],
    [1, -45],
    [0.1, 0],
    [16, 0.3],
    [256, -0.25],
  ] as const
).flatMap(([scale, margin], index) =>
  [1, 10, 100].map((spread) => ({
    name: `scale ${scale}, margin ${margin}, spread ${spread}`,
    reason: "γ·s is not rounded, and the margin may be beyond the fast path",
    ...scattered({ classes: 19, spread, seed: 1100 + index }),
    options: { scale, margin },
  })),
);

export const cases: Case[] = [...common, ...own];
