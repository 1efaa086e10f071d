import { describedBy } from "../engine/definitions.js";
import type { KernelLoss, LossDefinition } from "../engine/loss.js";

/**
 * What stands for `defaultLoss` in the script of a thread (scripts/generate.mjs), which calls no loss but works by their
 * definitions: so the script has neither binaries nor checks.
 */
export function defaultLoss<Own extends object, L>(
  definition: LossDefinition<Own>,
  kernel: Omit<KernelLoss<Own>, keyof LossDefinition<Own>>,
): L {
  return describedBy({ ...definition, ...kernel }, () => {}) as L;
}
