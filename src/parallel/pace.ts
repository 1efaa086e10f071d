import type { KernelLoss } from "../engine/loss.js";

/** Of how many scores on the time of a call is measured: of fewer, it is mostly that of the call itself. */
const LEAST_SCORES = 2 ** 12;

/** Of a loss that was not called yet, milliseconds for a score: those of the fastest. */
const UNKNOWN = 1e-6;

/** How much of the mean a new measurement is. */
const SHARE = 0.25;

/** How long the losses take on this machine, as calls of one thread show. */
export class Paces {
  /** Milliseconds for a score. */
  readonly #paces = new Map<KernelLoss<object>, number>();

  /** Milliseconds that a call will take one thread. */
  expected(definition: KernelLoss<object>, scores: number): number {
    return scores * (this.#paces.get(definition) ?? UNKNOWN);
  }

  /** Does a call, and notes down how long it takes. */
  measure(definition: KernelLoss<object>, scores: number, work: () => number): number {
    if (scores < LEAST_SCORES) return work();
    const began = performance.now();
    const result = work();
    const pace = (performance.now() - began) / scores;
    const before = this.#paces.get(definition) ?? pace;
    this.#paces.set(definition, before + SHARE * (pace - before));
    return result;
  }
}
