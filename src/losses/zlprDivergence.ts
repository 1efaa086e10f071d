import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/zlprDivergence.js";
import type { Loss, Soft } from "../types.js";

/**
 * `zlpr` for soft labels, minus the least value that it can have for them: 0 where the scores are s = ½·log(t/(1 - t)).
 *
 * Of a row with scores s and labels t from 0 to 1:
 *
 *     L = log(1 + Σ (1 - t_i)·e^(s_i)) + log(1 + Σ t_i·e^(-s_i)) - 2·log(1 + Σ √(t_i(1 - t_i)))
 *
 *     ∂L/∂s_i = (1 - t_i)·e^(s_i)/(1 + Σ (1 - t)·e^s) - t_i·e^(-s_i)/(1 + Σ t·e^(-s))
 *
 * The gradient is that of soft `zlpr`. The value tells how far a model is from the labels, which that of soft `zlpr`, never 0,
 * does not: for distillation, with the teacher's σ(2s) as labels, or for regularising by the model's own predictions.
 *
 * Gradient within 16 ULP of the exact value where its two terms do not cancel by more than 10⁵; the loss within 16 ULP of
 * the soft loss. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels float32 [rows, classes], from 0 to 1
 * @param options `classes`, and the optional `reduction`, `rowWeights`, `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Float32Array([0.9, 0, 0.5]);
 * const { loss, grad } = zlprDivergence(logits, labels, { classes: 3 });
 * // loss 0.2540…, grad [0.1666…, 0.1255…, 0.0684…]
 *
 * @see Su Jianlin, Scientific Spaces 9064 (2022)
 */
export const zlprDivergence: Loss<object, Soft> = /* @__PURE__ */ defaultLoss(definition, {
  scratch: (_, __, { classes }) => 16 * (classes + 4),
  kernel: (kernels) => kernels.zlprDivergence(),
});
