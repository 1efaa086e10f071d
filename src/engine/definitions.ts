import type { KernelLoss } from "./loss.js";

const definitions = new WeakMap<object, unknown>();

/** Notes down what a loss is made of. */
export function describedBy<L extends object>(definition: unknown, loss: L): L {
  definitions.set(loss, definition);
  return loss;
}

/** What a loss is made of. */
export function definitionOf(loss: object): KernelLoss<object> {
  return definitions.get(loss) as KernelLoss<object>;
}
