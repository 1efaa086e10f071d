import { defaultEngine } from "../engine/default.js";
import { type LossDefinition, lossOn } from "../engine/loss.js";
import { finite } from "../engine/validate.js";
import { lossOfSums } from "../js/sums.js";
import { sigmoid, softplus } from "../reference/math.js";
import type { Loss } from "../types.js";

/** The options that only `zlpr` has. */
export interface ZlprOptions {
  /** The score s₀ above which a class is predicted, default 0. */
  threshold?: number;
}

export const definition: LossDefinition<ZlprOptions> = {
  options: { threshold: finite(0) },
  kernel: (kernels, { threshold }) => kernels.zlpr(threshold),
  js: (args, { threshold }) =>
    lossOfSums(
      args,
      {
        x: (a, b) => a + b + a * b,
        xa: (_, b) => 1 + b,
        xb: (a) => 1 + a,
        loss: (alpha, beta) => softplus(alpha) + softplus(beta),
        lossAlpha: (alpha) => sigmoid(alpha),
        lossBeta: (_, beta) => sigmoid(beta),
      },
      -threshold,
      threshold,
    ),
};

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
 * The scores are raw: no sigmoid or softmax before it. Predict the classes with s > s₀. The scores are not calibrated
 * probabilities: how far from s₀ the best score lies depends on the other classes of the row.
 *
 * Loss within 2 ULP of the exact value, gradient within 4 ULP. A side with no classes counts 0. A score of -∞ takes a
 * negative class out; a NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes]: 1 for the positive classes, 0 for the others
 * @param options `classes`, and the optional `threshold`, `reduction`, `rowWeights`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = zlpr(logits, labels, { classes: 3 });
 * // loss 1.2310…, grad [-0.1192…, 0.1219…, 0.5465…]
 *
 * @see Su et al., ZLPR: A Novel Loss for Multi-label Classification, arXiv:2208.02955
 */
export const zlpr: Loss<ZlprOptions> = /* @__PURE__ */ lossOn(defaultEngine, definition);
