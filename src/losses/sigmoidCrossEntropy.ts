import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/sigmoidCrossEntropy.js";
import type { Loss, MultiHot, Soft } from "../types.js";

/** The options that only `sigmoidCrossEntropy` has. */
export interface SigmoidCrossEntropyOptions {
  /** What the loss of a positive class is multiplied by: one number, or one a class; at least 0, default 1. */
  positiveWeights?: number | Float32Array;
  /** By how much of the way all targets are moved to ½, from 0 to 1, default 0. */
  labelSmoothing?: number;
}

/**
 * Binary cross-entropy of a sigmoid for each class, added up: the usual baseline of multi-label classification.
 *
 * Of a row with scores s, negative classes N and positive classes P:
 *
 *     L = Σ_{i∈N} log(1 + e^(s_i)) + Σ_{j∈P} log(1 + e^(-s_j))
 *
 *     ∂L/∂s_i = σ(s_i)       ∂L/∂s_j = σ(s_j) - 1
 *
 * With targets t from 0 to 1, weights w of the positive side and smoothing ε it is, with y = t·(1 - ε) + ε/2,
 *
 *     L = Σ w_i·y_i·log(1 + e^(-s_i)) + (1 - y_i)·log(1 + e^(s_i))
 *
 *     ∂L/∂s_i = (1 - y_i)·σ(s_i) - w_i·y_i·σ(-s_i)
 *
 * The sum over the classes, not their mean. The scores are raw: the sigmoid is in the loss.
 *
 * Loss within 2 ULP of the exact value, gradient within 4 ULP. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse; or float32
 *   [rows, classes] from 0 to 1
 * @param options `classes`, and the optional `positiveWeights`, `labelSmoothing`, `reduction`, `rowWeights`, `mask`,
 *   `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = sigmoidCrossEntropy(logits, labels, { classes: 3 });
 * // loss 1.4142…, grad [-0.1192…, 0.2689…, 0.6224…]
 *
 * @see Su Jianlin, Scientific Spaces 7359 (2020), "n binary classifications"
 */
export const sigmoidCrossEntropy: Loss<SigmoidCrossEntropyOptions, MultiHot | Soft> =
  /* @__PURE__ */ defaultLoss(definition, {
    kernel: (kernels, { labelSmoothing }, isSoft) => kernels.sigmoidCrossEntropy(labelSmoothing, isSoft),
  });
