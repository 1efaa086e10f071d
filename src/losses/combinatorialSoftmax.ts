import { defaultLoss } from "../engine/default.js";
import { definition } from "../reference/combinatorialSoftmax.js";
import type { Loss, LossWithThreshold } from "../types.js";

/** The options that only `combinatorialSoftmax` has. */
export interface CombinatorialSoftmaxOptions {
  /** The greatest number of positive classes that a row may have: the padded form. Default: the row's own number, exactly. */
  maxLabels?: number;
}

/** `combinatorialSoftmax`: a threshold needs `maxLabels`; one for each row also gives `thresholdGrad`. */
export type CombinatorialSoftmax = LossWithThreshold<Required<CombinatorialSoftmaxOptions>> &
  Loss<CombinatorialSoftmaxOptions>;

/**
 * Softmax with cross-entropy over all subsets of classes, from which the way to `zlpr` sets out: "choose k of n" as a
 * choice of 1 of all subsets of k classes.
 *
 * Of a row with scores s, n classes and positive classes P, k of them, with e_k(x) the sum of the products of k different
 * ones of the x:
 *
 *     L = log e_k(e^s) - Σ_{j∈P} s_j
 *
 *     ∂L/∂s_i = π_i - [i∈P],  π_i the probability that a subset of k classes, drawn in proportion to e^(Σ s), has class i
 *
 * With `maxLabels` K, the padded form: subsets of at most K classes, of scores z = s - s₀ against a threshold s₀,
 *
 *     L = log Σ_{j=0..K} e_j(e^z) - Σ_{j∈P} z_j
 *
 * With k = 1 it is softmax cross-entropy; padded with K = n it is `sigmoidCrossEntropy` of z. The first form ranks: it does
 * not say how many classes to predict, but `topK` may. Time and memory grow as n·min(k, n - k).
 *
 * Loss and gradient within 16 ULP of the exact value. A row without positive classes, or with positive ones only, has a
 * loss of 0 in the first form. A NaN makes its own row NaN.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes], 1 for the positive classes and 0 for the others; or sparse
 * @param options `classes`, and the optional `maxLabels`, `threshold` (with `maxLabels`: a number, or float32 [rows];
 *   default 0), `reduction`, `rowWeights`, `mask`, `gradient`, `out`
 * @returns `loss`, the reduced loss in nats; `grad`, its gradient [rows, classes]; with a threshold a row also
 *   `thresholdGrad` [rows]
 * @throws LossError for arguments of the wrong type, shape or range; `RANGE` for a row of more than `maxLabels` positives
 *
 * @category Losses
 * @example
 * const logits = new Float32Array([2, -1, 0.5]);
 * const labels = new Uint8Array([1, 0, 0]);
 * const { loss, grad } = combinatorialSoftmax(logits, labels, { classes: 3 });
 * // loss 0.2413…, grad [-0.2144…, 0.0391…, 0.1752…]
 *
 * @see Su Jianlin, Scientific Spaces 7359 (2020), "combined softmax"
 */
export const combinatorialSoftmax: CombinatorialSoftmax = /* @__PURE__ */ defaultLoss(definition, {
  scratch: (kernels, { maxLabels }, { classes, positives, gradient }) =>
    kernels.combinatorialSoftmaxScratch(classes, maxLabels ?? positives, maxLabels !== undefined, gradient),
  kernel: (kernels, { maxLabels }) => kernels.combinatorialSoftmax(maxLabels ?? -1),
});
