import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/asymmetric.js";
import type { Loss } from "../types.js";

/** The options that only `asymmetric` has. */
export interface AsymmetricOptions {
  /** How much less weight a positive class gets the better it is predicted, γ₊ ≥ 0, default 1. */
  gammaPositive?: number;
  /** The same of the negative classes, γ₋ ≥ 0, default 4. */
  gammaNegative?: number;
  /** A probability up to which a negative class does not count at all, m from 0 to 1, default 0.05. */
  margin?: number;
}

/**
 * Asymmetric loss: focal loss with an exponent of its own for each side, which drops the negative classes that are right.
 *
 * Of a row with scores s, p = σ(s) and q = max(p - m, 0), negative classes N and positive classes P:
 *
 *     L = Σ_{i∈N} q_i^γ₋·(-log(1 - q_i)) + Σ_{j∈P} (1 - p_j)^γ₊·(-log p_j)
 *
 *     ∂L/∂s_i = p_i·(1 - p_i)·q_i^γ₋·(1/(1 - q_i) - γ₋·log(1 - q_i)/q_i), and 0 where q_i is 0
 *     ∂L/∂s_j = -(1 - p_j)^γ₊·(1 - p_j - γ₊·p_j·log p_j)
 *
 * The sum over the classes, not their mean. The scores are raw: the sigmoid is in the loss. The gradient is the true one,
 * through the weights as well.
 *
 * Loss and gradient within 16 ULP of the exact value. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse
 * @param options `classes`, and the optional `gammaPositive`, `gammaNegative`, `margin`, `reduction`, `rowWeights`,
 *   `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = asymmetric(logits, labels, { classes: 3 });
 * // loss 0.1069…, grad [-0.0275…, 0.0026…, 0.2088…]
 *
 * @see Ben-Baruch et al., Asymmetric Loss For Multi-Label Classification, arXiv:2009.14119
 */
export const asymmetric: Loss<AsymmetricOptions> = /* @__PURE__ */ defaultLoss(definition, {
  kernel: (kernels, { gammaPositive, gammaNegative, margin }) =>
    kernels.asymmetric(gammaPositive, gammaNegative, margin),
});
