import type { LossDefinition } from "../engine/loss.js";
import type { Loss, Soft } from "../types.js";
import { reference } from "./loss.js";
import { definition as zlpr } from "./zlpr.js";

/** log(1 + Σ (1 - t)·e^s) + log(1 + Σ t·e^-s) - 2·log(1 + Σ √(t(1 - t))) */
export const definition: LossDefinition<object> = {
  name: "zlprDivergence",
  labels: ["soft"],
  options: {},
  bounds: { loss: 16, grad: 16 },
  row(scores, targets, _, grad) {
    const loss = zlpr.row(scores, targets, { threshold: 0 }, grad);
    const least = 2 * Math.log1p(targets.reduce((sum, t) => sum + Math.sqrt(t * (1 - t)), 0));
    return Math.max(loss - least, 0);
  },
};

/**
 * `zlprDivergence` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const zlprDivergence: Loss<object, Soft> = /* @__PURE__ */ reference(definition);
