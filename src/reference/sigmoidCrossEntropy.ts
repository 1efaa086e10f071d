import type { LossDefinition } from "../engine/loss.js";
import type { Loss } from "../types.js";
import { reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";

/** Σ_N log(1 + e^s) + Σ_P log(1 + e^-s) */
export const definition: LossDefinition<object> = {
  labels: ["multi-hot"],
  options: {},
  bounds: { loss: 2, grad: 4 },
  row(scores, targets, _, grad) {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const s = scores[i] as number;
      loss += targets[i] ? softplus(-s) : softplus(s);
      grad[i] = targets[i] ? -sigmoid(-s) : sigmoid(s);
    }
    return loss;
  },
};

/** `sigmoidCrossEntropy` in plain float64: see the loss of this name in `zlpr` for arguments and results. */
export const sigmoidCrossEntropy: Loss = /* @__PURE__ */ reference(definition);
