import type { KernelLoss, LossDefinition } from "./loss.js";

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

/** The same of any value; undefined if it is something else. */
export function knownDefinition(value: unknown): LossDefinition<object> | undefined {
  return typeof value === "function" ? (definitions.get(value) as LossDefinition<object>) : undefined;
}
