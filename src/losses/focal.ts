import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/focal.js";
import type { Loss } from "../types.js";

/** The options that only `focal` has. */
export interface FocalOptions {
  /** How much less weight a class gets the better it is predicted, γ ≥ 0, default 2. */
  gamma?: number;
  /** The share of the positive classes, from 0 to 1: they are multiplied by α, the others by 1 - α. Default: neither. */
  alpha?: number;
}

/**
 * Focal loss: binary cross-entropy that gives a class less weight the better it is predicted.
 *
 * Of a row with scores s and p = σ(s), negative classes N and positive classes P:
 *
 *     L = Σ_{i∈N} (1 - α)·p_i^γ·(-log(1 - p_i)) + Σ_{j∈P} α·(1 - p_j)^γ·(-log p_j)
 *
 *     ∂L/∂s_i = (1 - α)·p_i^γ·(p_i - γ·(1 - p_i)·log(1 - p_i))
 *     ∂L/∂s_j = -α·(1 - p_j)^γ·(1 - p_j - γ·p_j·log p_j)
 *
 * The sum over the classes, not their mean. The scores are raw: the sigmoid is in the loss. With γ = 0 it is
 * `sigmoidCrossEntropy`.
 *
 * Loss and gradient within 16 ULP of the exact value. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse
 * @param options `classes`, and the optional `gamma`, `alpha`, `reduction`, `rowWeights`, `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = focal(logits, labels, { classes: 3 });
 * // loss 0.4018…, grad [-0.0048…, 0.0525…, 0.5261…]
 *
 * @see Lin et al., Focal Loss for Dense Object Detection, arXiv:1708.02002
 */
export const focal: Loss<FocalOptions> = /* @__PURE__ */ defaultLoss(definition, {
  kernel: (kernels, { gamma, alpha }) =>
    kernels.focal(gamma, alpha ?? 1, alpha === undefined ? 1 : 1 - alpha),
});
