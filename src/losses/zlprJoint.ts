import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/zlprJoint.js";
import type { LossWithThreshold } from "../types.js";

/**
 * The joint form of `zlpr`: negative and positive classes compete with each other in one softmax, and with a threshold.
 *
 * Of a row with scores s, negative classes N and positive classes P:
 *
 *     L = log D,  D = 1 + Σ_{i∈N} e^(s_i - s₀) + Σ_{j∈P} e^(s₀ - s_j)
 *
 *     ∂L/∂s_i = e^(s_i - s₀)/D       ∂L/∂s_j = -e^(s₀ - s_j)/D
 *
 * The scores are raw: no sigmoid or softmax before it. Predict the classes with s > s₀. Where `zlpr` pushes the worst class
 * of each side, this pushes the worst of all: the gradients of a row add up to less than 1 in magnitude.
 *
 * Loss within 2 ULP of the exact value, gradient within 4 ULP. A score of -∞ takes a negative class out; a NaN makes
 * its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse
 * @param options `classes`, and the optional `threshold` (a number, or float32 [rows]; default 0), `reduction`,
 *   `rowWeights`, `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]; with a threshold a row also
 *   `thresholdGrad` [rows]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = zlprJoint(logits, labels, { classes: 3 });
 * // loss 1.1480…, grad [-0.0429…, 0.1167…, 0.5230…]
 *
 * @see Su Jianlin, Scientific Spaces 7359 (2020), in the comments
 */
export const zlprJoint: LossWithThreshold = /* @__PURE__ */ defaultLoss(definition, {
  kernel: (kernels) => kernels.zlprJoint(),
});
