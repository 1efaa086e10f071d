import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/softmaxCrossEntropy.js";
import type { ClassIndices, Loss, MultiHot, Soft } from "../types.js";

/** The options that only `softmaxCrossEntropy` has. */
export interface SoftmaxCrossEntropyOptions {
  /** By how much of the way the targets are moved to the uniform distribution, from 0 to 1, default 0. */
  labelSmoothing?: number;
  /** With class indices as labels: the index of rows that count for nothing, default -1. */
  ignoreIndex?: number;
}

/**
 * Cross-entropy of a softmax: "choose 1 of n", which all other losses here generalise or replace.
 *
 * Of a row with scores s and the positive class t:
 *
 *     L = log Σ e^(s_i) - s_t
 *
 *     ∂L/∂s_i = softmax(s)_i - [i = t]
 *
 * With targets y instead, soft labels or smoothed ones, y·(1 - ε) + ε/n:
 *
 *     L = Σ y_i·(log Σ e^s - s_i)       ∂L/∂s_i = softmax(s)_i·Σy - y_i
 *
 * Soft labels need not add up to 1. The scores are raw: the softmax is in the loss.
 *
 * Loss within 2 ULP of the exact value, gradient within 4 ULP. The gradient of soft and smoothed targets is a difference
 * of two terms: where they nearly cancel it has what float64 leaves, up to an error of 2⁻⁴⁹ of the greater one.
 *
 * Scores that are all -∞, and a NaN, make their row NaN. Several scores of +∞ share the softmax in no definite way: their
 * gradients are NaN, and so is the row if one of them is positive.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels int32 [rows], a class index a row; or uint8 [rows, classes] or sparse with one positive class a row; or
 *   float32 [rows, classes] from 0 to 1
 * @param options `classes`, and the optional `labelSmoothing`, `ignoreIndex`, `reduction`, `rowWeights`, `mask`,
 *   `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range; `RANGE` for a row without exactly one positive class
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Int32Array([0]);
 * const { loss, grad } = softmaxCrossEntropy(logits, labels, { classes: 3 });
 * // loss 0.2413…, grad [-0.2144…, 0.0391…, 0.1752…]
 *
 * @see Su Jianlin, Scientific Spaces 7359 (2020), equation 1
 */
export const softmaxCrossEntropy: Loss<SoftmaxCrossEntropyOptions, ClassIndices | MultiHot | Soft> =
  /* @__PURE__ */ defaultLoss(definition, {
    scratch: (_, { labelSmoothing }, { classes, isSoft }) =>
      isSoft || labelSmoothing !== 0 ? 8 * (classes + 1) : 0,
    takesIndices: (kernels, { labelSmoothing }, classes) =>
      labelSmoothing === 0 && classes <= kernels.MOST_OF_INDICES.value,
    kernel: (kernels, { labelSmoothing }, isSoft) =>
      isSoft || labelSmoothing !== 0
        ? kernels.softmaxOfDistribution(labelSmoothing, isSoft)
        : kernels.softmaxCrossEntropy(),
  });
