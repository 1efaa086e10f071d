import type { LossDefinition } from "../engine/loss.js";
import { finite, positiveWeights } from "../engine/options.js";
import type { SigmoidCrossEntropyOptions } from "../losses/sigmoidCrossEntropy.js";
import type { Loss, MultiHot, Soft } from "../types.js";
import { reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";

/** Σ w·y·log(1 + e^-s) + (1 - y)·log(1 + e^s), with y = t·(1 - ε) + ε/2 */
export const definition: LossDefinition<Required<SigmoidCrossEntropyOptions>> = {
  name: "sigmoidCrossEntropy",
  labels: ["multi-hot", "soft"],
  options: { positiveWeights, labelSmoothing: finite(0, { least: 0, most: 1 }) },
  bounds: { loss: 2, grad: 4 },
  row(scores, targets, { positiveWeights, labelSmoothing }, grad) {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const s = scores[i] as number;
      const t = targets[i] as number;
      const y = t * (1 - labelSmoothing) + labelSmoothing / 2;
      const positive = (positiveWeights[i] as number) * y;
      // 1 - y, which would lose the digits of a small smoothing.
      const negative = (1 - t) * (1 - labelSmoothing) + labelSmoothing / 2;
      // A side that does not count is 0, even where its logarithm is infinite.
      if (positive > 0) loss += positive * softplus(-s);
      if (negative > 0) loss += negative * softplus(s);
      grad[i] = negative * sigmoid(s) - positive * sigmoid(-s);
    }
    return loss;
  },
};

/**
 * `sigmoidCrossEntropy` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const sigmoidCrossEntropy: Loss<SigmoidCrossEntropyOptions, MultiHot | Soft> =
  /* @__PURE__ */ reference(definition);
