import type { LossDefinition } from "../engine/loss.js";
import { finite } from "../engine/options.js";
import type { LsepOptions } from "../losses/lsep.js";
import type { Loss } from "../types.js";
import { reference } from "./loss.js";
import { sigmoid, softplus } from "./math.js";
import { formulaOfSides } from "./sums.js";

const row = formulaOfSides<Required<LsepOptions>>({
  loss: (_alpha, _beta, both) => softplus(both),
  lossAlpha: (_alpha, _beta, both) => sigmoid(both),
  lossBeta: (_alpha, _beta, both) => sigmoid(both),
});

/** log(1 + Σ_N e^(γ(s + m)) · Σ_P e^(-γs)), 0 where one of the sides has no classes */
export const definition: LossDefinition<Required<LsepOptions>> = {
  name: "lsep",
  labels: ["multi-hot"],
  options: { scale: finite(1, { least: Number.MIN_VALUE }), margin: finite(0) },
  bounds: { loss: 16, grad: 16 },
  row(scores, targets, options, grad) {
    if (targets.every((t) => t === targets[0])) {
      grad.fill(0);
      return 0;
    }
    return row(scores, targets, options, grad);
  },
};

/**
 * `lsep` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const lsep: Loss<LsepOptions> = /* @__PURE__ */ reference(definition);
