import type { Loss, LossOptions } from "../types.js";
import type { Engine, Results } from "./engine.js";
import type { Kernels } from "./load.js";
import { type OptionChecks, type OptionValues, validate } from "./validate.js";

/** What the plain JavaScript form of a loss is called with. */
export interface JsArguments {
  logits: Float32Array;
  labels: Uint8Array;
  grad: Float32Array | undefined;
  losses: Float32Array | undefined;
  weights: Float32Array | undefined;
  rows: number;
  classes: number;
  factor: number;
}

/** All that sets one loss apart from the others. */
export interface LossDefinition<Own> {
  /** Checks for its own options. */
  options: OptionChecks<Own>;
  /** Calls its Wasm kernel on the call that was set; returns sum + Σ weight·loss. */
  kernel(kernels: Kernels, own: OptionValues<Own>): number;
  /** Computes it in plain JavaScript; returns Σ weight·loss. */
  js(args: JsArguments, own: OptionValues<Own>): number;
}

/** The way of every call: validate, compute, return. */
export function runLoss<Own>(
  engine: () => Engine,
  definition: LossDefinition<Own>,
  logits: unknown,
  labels: unknown,
  options: unknown,
): { loss: number | Float32Array; grad?: Float32Array } {
  const call = validate<Own>(logits, labels, options, definition.options);
  const { rows, classes, reduction, gradient, out } = call;
  const results: Results = {
    loss: reduction === "none" ? (out.loss ?? new Float32Array(rows)) : undefined,
    grad: gradient ? (out.grad ?? new Float32Array(rows * classes)) : undefined,
  };
  const sum = engine().run(definition, call, results);
  const loss = results.loss ?? sum * call.factor;
  return results.grad ? { loss, grad: results.grad } : { loss };
}

/** A loss as a function, run by an engine that is looked up at every call. */
export function lossOn<Own>(engine: () => Engine, definition: LossDefinition<Own>): Loss<Own> {
  const loss = (logits: Float32Array, labels: Uint8Array, options: Own & LossOptions) =>
    runLoss(engine, definition, logits, labels, options);
  return loss as Loss<Own>;
}
