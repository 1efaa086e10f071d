import type { Loss } from "../types.js";
import { type RowFormula, reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";

/** Σ_N log(1 + e^s) + Σ_P log(1 + e^-s) */
export const sigmoidCrossEntropyRow: RowFormula<unknown> = (scores, isPositive) => {
  const terms = scores.map((s, i) => softplus(isPositive[i] ? -s : s));
  return {
    loss: terms.reduce((sum, term) => sum + term, 0),
    grad: scores.map((s, i) => (isPositive[i] ? -sigmoid(-s) : sigmoid(s))),
  };
};

/** `sigmoidCrossEntropy` in plain float64: see the loss of this name in `zlpr` for arguments and results. */
export const sigmoidCrossEntropy: Loss<unknown> = /* @__PURE__ */ reference(sigmoidCrossEntropyRow, {});
