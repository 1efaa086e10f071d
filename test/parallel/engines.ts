import { binaries } from "../../build/threadBinaries.ts";
import { script } from "../../build/worker.ts";
import type { WasmVariant } from "../../src/engine/binaries.ts";
import { compile } from "../../src/engine/compile.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import { lossLaterOn, lossOn } from "../../src/engine/loss.ts";
import * as registry from "../../src/losses/index.ts";
import { ParallelEngine, type ParallelParts } from "../../src/parallel/engine.ts";
import type { AnyLoss, LossName } from "../support/losses.ts";

/** An engine that shares out every call that has more than one row. */
export function sharingEngine(
  variant: WasmVariant,
  threads: number,
  parts: Partial<ParallelParts> = {},
): ParallelEngine {
  return new ParallelEngine({
    variant,
    threads,
    module: compile(binaries, variant, "options.variant"),
    script: { text: script, url: undefined },
    cores: 1,
    mayWait: true,
    crossover: { scores: 0, awake: 0, asleep: 0, later: 0, held: 0 },
    lostAfter: 10_000,
    ...parts,
  });
}

/** A loss of it, at once and later. */
export function lossesOf(engine: ParallelEngine, name: LossName) {
  const definition = definitionOf(registry[name]);
  return {
    now: lossOn<AnyLoss, typeof definition>(() => engine, definition),
    later: lossLaterOn<(...given: Parameters<AnyLoss>) => Promise<ReturnType<AnyLoss>>, typeof definition>(
      engine,
      definition,
    ),
  };
}
