import type { LossDefinition } from "../engine/loss.js";
import { threshold } from "../engine/options.js";
import type { LossWithThreshold, MultiHot, Soft } from "../types.js";
import { reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";
import { formulaOfSides } from "./sums.js";

/** log(1 + Σ (1 - t)·e^(s - s₀)) + log(1 + Σ t·e^(s₀ - s)) */
export const definition: LossDefinition<{ threshold: number | Float32Array }> = {
  name: "zlpr",
  labels: ["multi-hot", "soft"],
  options: { threshold },
  bounds: { loss: 2, grad: 4 },
  row: formulaOfSides({
    loss: (alpha, beta) => softplus(alpha) + softplus(beta),
    lossAlpha: (alpha) => sigmoid(alpha),
    lossBeta: (_, beta) => sigmoid(beta),
  }),
};

/**
 * `zlpr` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const zlpr: LossWithThreshold<object, MultiHot | Soft> = /* @__PURE__ */ reference(definition);
