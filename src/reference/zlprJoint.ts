import type { LossDefinition } from "../engine/loss.js";
import { threshold } from "../engine/options.js";
import type { LossWithThreshold } from "../types.js";
import { reference } from "./loss.js";
import { logAddExp, share, sigmoid, softplus } from "./math.js";
import { formulaOfSides } from "./sums.js";

/** log(1 + Σ_N e^(s - s₀) + Σ_P e^(s₀ - s)) */
export const definition: LossDefinition<{ threshold: number | Float32Array }> = {
  name: "zlprJoint",
  labels: ["multi-hot"],
  options: { threshold },
  bounds: { loss: 2, grad: 4 },
  row: formulaOfSides({
    loss: (alpha, beta) => softplus(logAddExp(alpha, beta)),
    lossAlpha: (alpha, beta) => sigmoid(logAddExp(alpha, beta)) * share(alpha, beta),
    lossBeta: (alpha, beta) => sigmoid(logAddExp(alpha, beta)) * share(beta, alpha),
  }),
};

/**
 * `zlprJoint` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const zlprJoint: LossWithThreshold = /* @__PURE__ */ reference(definition);
