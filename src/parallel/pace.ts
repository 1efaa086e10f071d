import type { KernelLoss } from "../engine/loss.js";

/** Of a loss that was not measured yet, milliseconds for a score: those of the fastest. */
const UNKNOWN = 1e-6;

/** A machine may become slower: so much, from one measurement to the next. */
const SLOWER = 1.1;

/** Milliseconds that are measured at least, of several calls together if need be: a browser's clock may stand still for shorter ones. */
const SHORTEST = 0.1;

/** One in so many calls is measured, where not each of them is. */
const PERIOD = 32;

/** Calls that would take so many times what is worth sharing, or so much less, are clear. */
const CLEAR = 2;

/** How a call is done: by all threads, or by one, which may be measured. */
export type Way = "all" | "one" | "measured";

interface Pace {
  /** Milliseconds for a score, the least of what was measured. */
  perScore: number;
  calls: number;
}

/** Calls that were measured and are too short to tell by themselves. */
interface Short {
  milliseconds: number;
  scores: number;
}

/** How long the losses take one thread on this machine, and so whether to share a call out. */
export class Paces {
  readonly #paces = new Map<KernelLoss<object>, Pace>();
  readonly #short = new Map<KernelLoss<object>, Short>();

  /** How many milliseconds a call will take one thread, at least; undefined of a loss that was not measured yet. */
  expected(definition: KernelLoss<object>, scores: number): number | undefined {
    const pace = this.#paces.get(definition);
    return pace && scores * pace.perScore;
  }

  /** How to do a call that is for all threads if it takes one of them so many milliseconds. */
  wayOf(definition: KernelLoss<object>, scores: number, least: number): Way {
    const pace = this.#paces.get(definition);
    if (!pace) return scores * UNKNOWN < least ? "measured" : "all";
    const expected = scores * pace.perScore;
    if (expected >= CLEAR * least) return "all";
    if (pace.calls++ % PERIOD === 0) return "measured";
    if (expected >= least) return "all";
    return CLEAR * expected >= least ? "measured" : "one";
  }

  /** Does a call by one thread, and notes down how long it takes. */
  measure(definition: KernelLoss<object>, scores: number, work: () => number): number {
    const began = performance.now();
    const result = work();
    const short = this.#short.get(definition) ?? { milliseconds: 0, scores: 0 };
    short.milliseconds += performance.now() - began;
    short.scores += scores;
    if (short.milliseconds < SHORTEST) {
      this.#short.set(definition, short);
    } else {
      this.#short.delete(definition);
      this.#note(definition, short.milliseconds / short.scores, SLOWER);
    }
    return result;
  }

  /** Notes down how long several threads took together: those that hinder each other say little of one alone. */
  noteShared(definition: KernelLoss<object>, scores: number, milliseconds: number): void {
    if (milliseconds >= SHORTEST) this.#note(definition, milliseconds / scores, 1);
  }

  #note(definition: KernelLoss<object>, perScore: number, slower: number): void {
    const pace = this.#paces.get(definition);
    if (pace) pace.perScore = Math.min(perScore, slower * pace.perScore);
    else this.#paces.set(definition, { perScore, calls: 1 });
  }
}
