import type { Batch, DecisionCounts, LabelledScores, Results } from "./engine.js";
import { LossError } from "./error.js";
import type { LossEngine } from "./load.js";
import type { KernelLoss } from "./loss.js";
import type { Call } from "./validate.js";

/**
 * An engine that goes on after a fault within it: a trap, or a stack that was too small, which leave an instance in the
 * middle of its work. It is discarded with its memory, and the next call gets a new one. Batches of the old memory stay
 * valid, but their arrays lie elsewhere from then on, and are copied.
 */
export class RecoveringEngine implements LossEngine {
  readonly variant: LossEngine["variant"];
  readonly #make: () => LossEngine;
  /** None while it works: only one that has come through is given back. */
  #engine: LossEngine | undefined;

  constructor(make: () => LossEngine) {
    this.#make = make;
    this.#engine = make();
    this.variant = this.#engine.variant;
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.#attempt((engine) => engine.allocate(rows, classes, isSoft));
  }

  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    return this.#attempt((engine) => engine.run(definition, call, results));
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.#attempt((engine) => engine.countDecisions(scores, threshold));
  }

  #attempt<T>(work: (engine: LossEngine) => T): T {
    const engine = this.#engine ?? this.#make();
    this.#engine = undefined;
    try {
      const result = work(engine);
      this.#engine = engine;
      return result;
    } catch (error) {
      // It has refused the call in words of its own: nothing is amiss with it.
      if (error instanceof LossError) this.#engine = engine;
      throw error;
    }
  }
}
