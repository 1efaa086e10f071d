import { describe, fail, flag, isFloat32Array, MAX_CLASSES, record } from "../engine/checks.js";
import type { LossDefinition } from "../engine/loss.js";
import type { OptionCheck } from "../engine/options.js";
import { reductionOf } from "../engine/validate.js";
import type { Reduction } from "../types.js";
import type { Numbers, PerBatch } from "./numbers.js";

/** How a loss is computed: by the kernels of this package, or by operations of TensorFlow.js. */
export type Via = "kernel" | "composed";

/** The options of a loss, checked as far as they can be without a batch. */
export interface Settings {
  /** As they were given. */
  own: Record<string, unknown>;
  reduction: Reduction;
  rowWeights: Numbers | PerBatch | undefined;
  mask: Numbers | PerBatch | undefined;
  warn: boolean;
  /** Default: by the backend. */
  via: Via | undefined;
}

const COMMON = ["reduction", "rowWeights", "mask", "warn", "via"];

function viaOf(value: unknown): Via | undefined {
  if (value !== undefined && value !== "kernel" && value !== "composed") {
    const code = typeof value === "string" ? "RANGE" : "TYPE";
    fail(code, "options.via", '"kernel" or "composed"', describe(value));
  }
  return value;
}

/** The loss's own options with their defaults, checked for such a batch. */
export function ownValues<Own>(
  { options }: LossDefinition<Own>,
  given: Readonly<Record<string, unknown>>,
  rows: number,
  classes: number,
): Own {
  const entries = Object.entries(options).map(([name, check]) => [
    name,
    (check as OptionCheck<unknown>)(given[name], `options.${name}`, { rows, classes, given }),
  ]);
  return Object.fromEntries(entries) as Own;
}

/** Checks options before there is a batch. */
export function readOptions(definition: LossDefinition<object>, value: unknown): Settings {
  const names = Object.keys(definition.options);
  const given = record(value, "options", [...COMMON, ...names]);
  const own = Object.fromEntries(names.map((name) => [name, given[name]]));
  if (own.threshold !== undefined && typeof own.threshold !== "number") {
    // One a row would be for one batch only, and get no gradient.
    fail("TYPE", "options.threshold", "a number", describe(own.threshold));
  }
  // The number of classes is not known yet: an array for them has the right length.
  const arrays = Object.values(own).filter(isFloat32Array);
  ownValues(definition, own, 0, arrays[0]?.length ?? MAX_CLASSES);
  return {
    own,
    reduction: reductionOf(given.reduction),
    rowWeights: given.rowWeights as Settings["rowWeights"],
    mask: given.mask as Settings["mask"],
    warn: flag(given.warn, "options.warn", true),
    via: viaOf(given.via),
  };
}
