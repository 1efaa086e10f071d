import type { LossDefinition } from "../engine/loss.js";
import { finite } from "../engine/options.js";
import type { AsymmetricOptions } from "../losses/asymmetric.js";
import type { Loss } from "../types.js";
import { focalTerm } from "./focal.js";
import { reference } from "./loss.js";
import { sigmoid } from "./math.js";

/** q^γ·(-log(1 - q)) with q = max(σ(s) - m, 0), and its slope. */
function negativeTerm(s: number, gamma: number, margin: number): { value: number; slope: number } {
  if (margin === 0) return focalTerm(s, gamma);
  const d = s - Math.log(margin / (1 - margin));
  // σ(s) - m, near the edge or below it in a form that keeps the digits.
  const q = d <= 1 ? margin * Math.expm1(d) * sigmoid(-s) : sigmoid(s) - margin;
  if (q <= 0) return { value: 0, slope: 0 };
  const rest = sigmoid(-s) + margin;
  // q^γ by log q, from 1 - q with its digits, so that a great γ does not multiply the rounding of q.
  const power = gamma === 0 ? 1 : Math.exp(-gamma * Math.log1p(rest / q));
  const surprise = Math.log1p(q / rest);
  return {
    value: power * surprise,
    slope: sigmoid(s) * sigmoid(-s) * power * ((gamma * surprise) / q + 1 / rest),
  };
}

/** Σ_N q^γ₋·(-log(1 - q)) + Σ_P (1 - p)^γ₊·(-log p), with p = σ(s) and q = max(p - m, 0) */
export const definition: LossDefinition<Required<AsymmetricOptions>> = {
  name: "asymmetric",
  labels: ["multi-hot"],
  options: {
    gammaPositive: finite(1, { least: 0 }),
    gammaNegative: finite(4, { least: 0 }),
    margin: finite(0.05, { least: 0, most: 1 }),
  },
  bounds: { loss: 16, grad: 16 },
  row(scores, targets, { gammaPositive, gammaNegative, margin }, grad) {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const s = scores[i] as number;
      const isPositive = targets[i] === 1;
      const { value, slope } = isPositive
        ? focalTerm(-s, gammaPositive)
        : negativeTerm(s, gammaNegative, margin);
      loss += value;
      grad[i] = isPositive ? -slope : slope;
    }
    return loss;
  },
};

/**
 * `asymmetric` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const asymmetric: Loss<AsymmetricOptions> = /* @__PURE__ */ reference(definition);
