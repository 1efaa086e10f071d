import type { KernelLoss } from "../engine/loss.js";

/** Of fewer scores, the time of a call is mostly that of the call itself: it is not measured. */
export const LEAST_SCORES = 2 ** 12;

/** Of a loss that was not measured yet, milliseconds for a score: those of the fastest. */
const UNKNOWN = 1e-6;

/** A machine may become slower: so much, from one measurement to the next. */
const SLOWER = 1.1;

/** One in so many calls is done by one thread, to measure it, where it might be shared out or not. */
const PERIOD = 32;

/** Calls that would take so many times what is worth sharing are not measured any more. */
const CLEAR = 2;

interface Pace {
  /** Milliseconds for a score, the least of what was measured. */
  perScore: number;
  calls: number;
}

/** How long the losses take one thread on this machine, and so whether to share a call out. */
export class Paces {
  readonly #paces = new Map<KernelLoss<object>, Pace>();

  /** Whether a call will take one thread so many milliseconds. */
  isWorth(definition: KernelLoss<object>, scores: number, least: number): boolean {
    const pace = this.#paces.get(definition);
    if (!pace) return scores * UNKNOWN >= least;
    const expected = scores * pace.perScore;
    const isDue = pace.calls++ % PERIOD === 0 && expected < CLEAR * least;
    return expected >= least && !isDue;
  }

  /** Does a call by one thread, and notes down how long it takes. */
  measure(definition: KernelLoss<object>, scores: number, work: () => number): number {
    const began = performance.now();
    const result = work();
    const perScore = (performance.now() - began) / scores;
    const pace = this.#paces.get(definition);
    if (pace) pace.perScore = Math.min(perScore, SLOWER * pace.perScore);
    else this.#paces.set(definition, { perScore, calls: 1 });
    return result;
  }
}
