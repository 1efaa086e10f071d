import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/zlpr.js";
import type { LossWithThreshold, MultiHot, Soft } from "../types.js";

/**
 * Zero-bounded log-sum-exp and pairwise rank-based loss: pushes the scores of all positive classes above a threshold,
 * and those of all negative classes below it.
 *
 * Of a row with scores s, negative classes N and positive classes P:
 *
 *     L = log(1 + Σ_{i∈N} e^(s_i - s₀)) + log(1 + Σ_{j∈P} e^(s₀ - s_j))
 *
 *     ∂L/∂s_i =  e^(s_i - s₀)/(1 + Σ_N e^(s - s₀))       ∂L/∂s_j = -e^(s₀ - s_j)/(1 + Σ_P e^(s₀ - s))
 *
 * With soft labels t, every class is on both sides: Σ (1 - t_i)·e^(s_i - s₀) and Σ t_i·e^(s₀ - s_i) take the place of the
 * two sums, and the gradient of a class is the sum of both its terms. That is least where s - s₀ = ½·log(t/(1 - t)).
 *
 * The scores are raw: no sigmoid or softmax before it. Predict the classes with s > s₀. The scores are not calibrated
 * probabilities: how far from s₀ the best score lies depends on the other classes of the row.
 *
 * Loss within 2 ULP of the exact value, gradient within 4 ULP, of soft labels where its two terms do not cancel by more than
 * 10⁵. A side with no classes counts 0. A score of -∞ takes a negative class out; a NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse; or float32
 *   [rows, classes] from 0 to 1
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
 * const { loss, grad } = zlpr(logits, labels, { classes: 3 });
 * // loss 1.2310…, grad [-0.1192…, 0.1219…, 0.5465…]
 *
 * @see Su et al., ZLPR: A Novel Loss for Multi-label Classification, arXiv:2208.02955
 */
export const zlpr: LossWithThreshold<object, MultiHot | Soft> = /* @__PURE__ */ defaultLoss(definition, {
  scratch: (_, __, shape) => (shape.isSoft ? 16 * (shape.classes + 4) : 0),
  kernel: (kernels, _, isSoft) => (isSoft ? kernels.zlprSoft(false) : kernels.zlpr()),
});
