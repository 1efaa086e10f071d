import type { Batch, DecisionCounts, LabelledScores, Results } from "./engine.js";
import { LossError } from "./error.js";
import type { LossEngine } from "./load.js";
import type { KernelLoss } from "./loss.js";
import type { Call } from "./validate.js";

/**
 * An engine that goes on after a fault within it, by a trap or a stack that was too small, which leave it in the middle of its
 * work: it is discarded, and the next work gets a new one. Batches stay valid. Where an engine has memory of its own, that
 * is discarded too: the arrays of older batches lie elsewhere from then on, and are copied.
 */
export class RecoveringEngine<E extends LossEngine = LossEngine> implements LossEngine {
  readonly variant: E["variant"];
  readonly #make: () => E;
  /** None while it works: only one that has come through is given back. */
  #engine: E | undefined;

  constructor(make: () => E) {
    this.#make = make;
    this.#engine = make();
    this.variant = this.#engine.variant;
  }

  attempt<Result>(work: (engine: E) => Result): Result {
    const engine = this.#take();
    try {
      const result = work(engine);
      this.#engine = engine;
      return result;
    } catch (error) {
      throw this.#after(error, engine);
    }
  }

  /** An attempt too, but without a function that is made for it and called, which would take a small call 3 % longer. */
  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    const engine = this.#take();
    try {
      const sum = engine.run(definition, call, results);
      this.#engine = engine;
      return sum;
    } catch (error) {
      throw this.#after(error, engine);
    }
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.attempt((engine) => engine.allocate(rows, classes, isSoft));
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.attempt((engine) => engine.countDecisions(scores, threshold));
  }

  #take(): E {
    const engine = this.#engine ?? this.#make();
    this.#engine = undefined;
    return engine;
  }

  /** Keeps an engine that has refused a call in words of its own: nothing is amiss with it. */
  #after(error: unknown, engine: E): unknown {
    if (error instanceof LossError) this.#engine = engine;
    return error;
  }
}
