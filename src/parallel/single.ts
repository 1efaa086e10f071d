import type { Batch, DecisionCounts, LabelledScores, Results } from "../engine/engine.js";
import type { LossEngine } from "../engine/load.js";
import type { KernelLoss } from "../engine/loss.js";
import type { Call } from "../engine/validate.js";
import { ended, type ThreadedEngine } from "./threaded.js";

/** Where there are no threads: an engine with memory of its own, which does at once what could be done later. */
export class SingleEngine implements ThreadedEngine {
  readonly threads = 1;
  readonly ready = Promise.resolve();
  readonly #engine: LossEngine;
  #isEnded = false;

  constructor(engine: LossEngine) {
    this.#engine = engine;
  }

  get variant(): LossEngine["variant"] {
    return this.#engine.variant;
  }

  get #live(): LossEngine {
    if (this.#isEnded) throw ended();
    return this.#engine;
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.#live.allocate(rows, classes, isSoft);
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.#live.countDecisions(scores, threshold);
  }

  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    return this.#live.run(definition, call, results);
  }

  runLater(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    return this.run(definition, call, results);
  }

  async terminate(): Promise<void> {
    this.#isEnded = true;
  }
}
