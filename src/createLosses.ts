import { count, describe, MAX_CLASSES, record } from "./engine/checks.js";
import { definitionOf } from "./engine/definitions.js";
import type { Batch } from "./engine/engine.js";
import { LossError } from "./engine/error.js";
import { bestEngine, engineFor, engineOf, isModule, type LossEngine } from "./engine/load.js";
import { lossOn } from "./engine/loss.js";
import * as registry from "./losses/index.js";
import type { Variant } from "./types.js";

/** What `createLosses` may be told. */
export interface CreateLossesOptions {
  /** Default: the best that this engine runs. */
  variant?: Variant;
  /** A compiled `zlpr/kernels.wasm` or `zlpr/kernels-relaxed.wasm`, for hosts that forbid compiling from bytes. */
  module?: WebAssembly.Module;
}

/** Every loss by its name. */
export type LossesByName = typeof registry;

/** Every loss as a method, bound to an instance of its own. */
export interface Losses extends LossesByName {
  /** Which build of the kernels it is. */
  readonly variant: Variant;
  /**
   * Takes memory for a batch: its arrays are used where they lie, without a copy. Its labels are bytes, multi-hot, unless
   * `{ labels: "soft" }` asks for float32.
   */
  allocate(rows: number, classes: number, options?: { labels?: "multi-hot" | undefined }): Batch;
  /** Takes memory for a batch with soft labels. */
  allocate(rows: number, classes: number, options: { labels: "soft" }): Batch<Float32Array>;
}

/** A variant that was asked for; an error for what is none. */
export function variantOf(value: unknown): Variant | undefined {
  if (value === undefined) return undefined;
  if (value !== "relaxed" && value !== "simd" && value !== "js") {
    throw new LossError("RANGE", {
      argument: "options.variant",
      expected: '"relaxed", "simd" or "js"',
      received: describe(value),
    });
  }
  return value;
}

function chooseEngine(options: CreateLossesOptions): LossEngine {
  const { variant, module } = options;
  if (module !== undefined) {
    if (!isModule(module)) {
      throw new LossError("TYPE", {
        argument: "options.module",
        expected: "a WebAssembly.Module",
        received: describe(module),
      });
    }
    const engine = engineOf(module, "options.module");
    if (variant !== undefined && variant !== engine.variant) {
      throw new LossError("RANGE", {
        argument: "options.variant",
        expected: `"${engine.variant}", as the module is`,
        received: describe(variant),
      });
    }
    return engine;
  }
  const asked = variantOf(variant);
  return asked === undefined ? bestEngine() : engineFor(asked);
}

/** Every loss as a method of an engine. */
export function lossesOn(engine: LossEngine): Losses {
  const methods = Object.entries(registry).map(([name, loss]) => [
    name,
    lossOn(() => engine, definitionOf(loss)),
  ]);
  return {
    ...(Object.fromEntries(methods) as LossesByName),
    variant: engine.variant,
    allocate(rows: number, classes: number, options: { labels?: string | undefined } = {}) {
      count(classes, "classes", 1, MAX_CLASSES);
      count(rows, "rows", 0, Math.floor(MAX_CLASSES / classes));
      const { labels = "multi-hot" } = record(options, "options", ["labels"]);
      if (labels !== "multi-hot" && labels !== "soft") {
        throw new LossError(typeof labels === "string" ? "RANGE" : "TYPE", {
          argument: "options.labels",
          expected: '"multi-hot" or "soft"',
          received: describe(labels),
        });
      }
      return engine.allocate(rows, classes, labels === "soft") as Batch<never>;
    },
  };
}

/**
 * Makes an instance with memory of its own, and every loss as a method of it.
 *
 * @throws LossError `UNSUPPORTED` or `CSP_BLOCKED` if the variant asked for cannot run here.
 * @category Instances and loading
 * @example
 * const losses = createLosses();
 * const batch = losses.allocate(1, 3);
 * batch.logits.set([2, -1, 0.5]);
 * batch.labels.set([1, 0, 0]);
 * losses.zlpr(batch.logits, batch.labels, { classes: 3, out: { grad: batch.grad } }); // loss 1.2310…
 * batch.free();
 */
export function createLosses(options: CreateLossesOptions = {}): Losses {
  return lossesOn(chooseEngine(record(options, "options", ["variant", "module"])));
}
