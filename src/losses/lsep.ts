import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/lsep.js";
import type { Loss } from "../types.js";

/** The options that only `lsep` has. */
export interface LsepOptions {
  /** What the scores are multiplied by, γ > 0, default 1. */
  scale?: number;
  /** By how much the positive scores should exceed the negative ones, default 0. */
  margin?: number;
}

/**
 * Log-sum-exp pairwise loss: pushes the scores of all positive classes above those of all negative classes, by a margin.
 *
 * Of a row with scores s, negative classes N and positive classes P:
 *
 *     L = log(1 + e^x),  x = log Σ_{i∈N} e^(γ(s_i + m)) + log Σ_{j∈P} e^(-γ·s_j)
 *
 *     ∂L/∂s_i = γ·σ(x)·softmax_N(γs)_i       ∂L/∂s_j = -γ·σ(x)·softmax_P(-γs)_j
 *
 * It is the unified loss of pair similarity with which the way from softmax to `zlpr` begins: without a threshold, it ranks
 * the classes, and says nothing about how many of them to predict. With one positive class, γ = 1 and m = 0 it is
 * softmax with cross-entropy. Where all classes are positive, or none, it is 0.
 *
 * Loss and gradient within 16 ULP of the exact value. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse
 * @param options `classes`, and the optional `scale`, `margin`, `reduction`, `rowWeights`, `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = lsep(logits, labels, { classes: 3 });
 * // loss 0.2413…, grad [-0.2144…, 0.0391…, 0.1752…]
 *
 * @see Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization, arXiv:2002.10857, equation 1
 */
export const lsep: Loss<LsepOptions> = /* @__PURE__ */ defaultLoss(definition, {
  kernel: (kernels, { scale, margin }) => kernels.lsep(scale, margin),
});
