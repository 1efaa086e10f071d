import type { LossDefinition } from "../engine/loss.js";
import { finite, int32 } from "../engine/options.js";
import type { SoftmaxCrossEntropyOptions } from "../losses/softmaxCrossEntropy.js";
import type { ClassIndices, Loss, MultiHot, Soft } from "../types.js";
import { reference } from "./loss.js";
import { sumBesidesGreatest } from "./math.js";

/**
 * Σ y·(LSE(s) - s), with y = t·(1 - ε) + ε/n, written as Y·log(1 + R) + Σ y·(m - s) with the greatest score m,
 * R = Σ e^(s - m) over the classes beside it and Y = Σ y: no term is negative, so none cancels.
 */
export const definition: LossDefinition<Required<SoftmaxCrossEntropyOptions>> = {
  name: "softmaxCrossEntropy",
  labels: ["index", "multi-hot", "soft"],
  options: { labelSmoothing: finite(0, { least: 0, most: 1 }), ignoreIndex: int32(-1) },
  bounds: { loss: 2, grad: 4 },
  wrongCount: (positives) => (positives === 1 ? undefined : "one positive class"),
  row(scores, targets, { labelSmoothing }, grad) {
    const y = targets.map((t) => t * (1 - labelSmoothing) + labelSmoothing / targets.length);
    const greatest = scores.reduce((m, s) => Math.max(m, s), -Infinity);
    const gaps = scores.map((s) => (s === greatest ? 0 : greatest - s));
    const e = gaps.map((gap) => Math.exp(-gap));
    const mass = sumBesidesGreatest(y);
    const total = sumBesidesGreatest(e);
    // Several infinite scores share the softmax in no definite way.
    const isShared = greatest === Infinity && total.others > 0;
    if (
      greatest === -Infinity ||
      (isShared && scores.some((s, i) => s === Infinity && (y[i] as number) > 0))
    ) {
      grad.fill(NaN);
      return NaN;
    }
    if (isShared) {
      scores.forEach((s, i) => {
        grad[i] = s === Infinity ? NaN : 0 - (y[i] as number);
      });
      return mass.sum > 0 ? Infinity : 0;
    }
    let loss = mass.sum * Math.log1p(total.others);
    for (let i = 0; i < scores.length; i++) {
      const yi = y[i] as number;
      if (yi > 0) loss += yi * (gaps[i] as number);
      // softmax·Y - y as softmax·(Y - y) - y·(1 - softmax): the two differ, their own parts do not cancel.
      grad[i] = ((e[i] as number) * mass.without(yi) - yi * total.without(e[i] as number)) / total.sum;
    }
    return loss;
  },
};

/**
 * `softmaxCrossEntropy` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const softmaxCrossEntropy: Loss<SoftmaxCrossEntropyOptions, ClassIndices | MultiHot | Soft> =
  /* @__PURE__ */ reference(definition);
