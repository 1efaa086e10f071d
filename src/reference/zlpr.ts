import { finite } from "../engine/validate.js";
import type { ZlprOptions } from "../losses/zlpr.js";
import type { Loss } from "../types.js";
import { type RowFormula, reference } from "./loss.js";
import { logOnePlusSumExp } from "./math.js";

/** log(1 + Σ_N e^(s - s₀)) + log(1 + Σ_P e^(s₀ - s)) */
export const zlprRow: RowFormula<ZlprOptions> = (scores, isPositive, { threshold }) => {
  const negatives = logOnePlusSumExp(scores.map((s, i) => (isPositive[i] ? -Infinity : s - threshold)));
  const positives = logOnePlusSumExp(scores.map((s, i) => (isPositive[i] ? threshold - s : -Infinity)));
  return {
    loss: negatives.value + positives.value,
    grad: scores.map((_, i) => (negatives.softmax[i] as number) - (positives.softmax[i] as number)),
  };
};

/** `zlpr` in plain float64: see the loss of this name in `zlpr` for arguments and results. */
export const zlpr: Loss<ZlprOptions> = /* @__PURE__ */ reference(zlprRow, {
  threshold: finite(0),
});
