import type { LossDefinition } from "../engine/loss.js";
import { finite, optional } from "../engine/options.js";
import type { FocalOptions } from "../losses/focal.js";
import type { Loss } from "../types.js";
import { reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";

/** σ(z)^γ·log(1 + e^z) and its slope. */
export function focalTerm(z: number, gamma: number): { value: number; slope: number } {
  const q = sigmoid(z);
  // q^γ by log q = -log(1 + e^-z), so that a great γ does not multiply the rounding of q.
  const power = gamma === 0 ? 1 : Math.exp(-gamma * softplus(-z));
  const surprise = softplus(z);
  const others = sigmoid(-z);
  return {
    value: power * surprise,
    slope: power * (gamma * (others === 0 ? 0 : others * surprise) + q),
  };
}

/** Σ_N (1 - α)·σ(s)^γ·log(1 + e^s) + Σ_P α·σ(-s)^γ·log(1 + e^-s); without α, both factors are 1 */
export const definition: LossDefinition<{ gamma: number; alpha: number | undefined }> = {
  name: "focal",
  labels: ["multi-hot"],
  options: { gamma: finite(2, { least: 0 }), alpha: optional(finite(0, { least: 0, most: 1 })) },
  bounds: { loss: 16, grad: 16 },
  row(scores, targets, { gamma, alpha }, grad) {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const isPositive = targets[i] === 1;
      const s = scores[i] as number;
      const { value, slope } = focalTerm(isPositive ? -s : s, gamma);
      const factor = alpha === undefined ? 1 : isPositive ? alpha : 1 - alpha;
      if (factor > 0) loss += factor * value;
      grad[i] = isPositive ? -factor * slope : factor * slope;
    }
    return loss;
  },
};

/**
 * `focal` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const focal: Loss<FocalOptions> = /* @__PURE__ */ reference(definition);
