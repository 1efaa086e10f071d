import type { Batch, DecisionCounts, LabelledScores, Results } from "./engine.js";
import { LossError } from "./error.js";
import type { LossEngine } from "./load.js";
import type { KernelLoss } from "./loss.js";
import type { Call } from "./validate.js";

/**
 * Something that is discarded when it fails within its work, by a trap, or a stack that was too small, which leave it in the
 * middle of it: then the next work gets a new one.
 */
export class Recovering<T> {
  readonly #make: () => T;
  /** None while it works: only one that has come through is given back. */
  #current: T | undefined;

  constructor(make: () => T) {
    this.#make = make;
    this.#current = make();
  }

  attempt<Result>(work: (current: T) => Result): Result {
    const current = this.#current ?? this.#make();
    this.#current = undefined;
    try {
      const result = work(current);
      this.#current = current;
      return result;
    } catch (error) {
      // It has refused the call in words of its own: nothing is amiss with it.
      if (error instanceof LossError) this.#current = current;
      throw error;
    }
  }
}

/**
 * An engine that goes on after a fault within it: the instance is discarded with its memory. Batches of the old memory stay
 * valid, but their arrays lie elsewhere from then on, and are copied.
 */
export class RecoveringEngine implements LossEngine {
  readonly variant: LossEngine["variant"];
  readonly #engine: Recovering<LossEngine>;

  constructor(make: () => LossEngine) {
    this.#engine = new Recovering(make);
    this.variant = this.#engine.attempt(({ variant }) => variant);
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.#engine.attempt((engine) => engine.allocate(rows, classes, isSoft));
  }

  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    return this.#engine.attempt((engine) => engine.run(definition, call, results));
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.#engine.attempt((engine) => engine.countDecisions(scores, threshold));
  }
}
