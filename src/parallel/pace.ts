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

/** Calls that were timed, and are too short as yet to tell. */
interface Timed {
  milliseconds: number;
  scores: number;
}

interface Pace {
  /** Milliseconds for a score, the least of what was measured; undefined before. */
  perScore: number | undefined;
  calls: number;
  /** By one thread, and by all. */
  alone: Timed;
  together: Timed;
}

function newPace(): Pace {
  return {
    perScore: undefined,
    calls: 0,
    alone: { milliseconds: 0, scores: 0 },
    together: { milliseconds: 0, scores: 0 },
  };
}

/** How long the losses take one thread on this machine, and so whether to share a call out. */
export class Paces {
  readonly #paces = new Map<KernelLoss<object>, Pace>();

  /** How many milliseconds a call will take one thread, at least; undefined of a loss that was not measured yet. */
  expected(definition: KernelLoss<object>, scores: number): number | undefined {
    const perScore = this.#paces.get(definition)?.perScore;
    return perScore && scores * perScore;
  }

  /** How to do a call that is for all threads if it takes one of them so many milliseconds. */
  wayOf(definition: KernelLoss<object>, scores: number, least: number): Way {
    const pace = this.#paces.get(definition);
    if (pace?.perScore === undefined) return scores * UNKNOWN < least ? "measured" : "all";
    const expected = scores * pace.perScore;
    if (expected >= CLEAR * least) return "all";
    if (++pace.calls % PERIOD === 0) return "measured";
    if (expected >= least) return "all";
    return CLEAR * expected >= least ? "measured" : "one";
  }

  /** Does a call by one thread, and notes down how long it takes. */
  measure(definition: KernelLoss<object>, scores: number, work: () => number): number {
    const began = performance.now();
    const result = work();
    const pace = this.#of(definition);
    note(pace, pace.alone, scores, performance.now() - began, SLOWER);
    return result;
  }

  /** Notes down how long several threads took together: those that hinder each other say little of one alone. */
  noteShared(definition: KernelLoss<object>, scores: number, milliseconds: number): void {
    const pace = this.#of(definition);
    note(pace, pace.together, scores, milliseconds, 1);
  }

  #of(definition: KernelLoss<object>): Pace {
    let pace = this.#paces.get(definition);
    if (!pace) {
      pace = newPace();
      this.#paces.set(definition, pace);
    }
    return pace;
  }
}

/** Adds a call to others, and to the pace what all of them tell: so many times slower at most. */
function note(pace: Pace, timed: Timed, scores: number, milliseconds: number, slower: number): void {
  timed.milliseconds += milliseconds;
  timed.scores += scores;
  if (timed.milliseconds < SHORTEST) return;
  const perScore = timed.milliseconds / timed.scores;
  pace.perScore = Math.min(perScore, slower * (pace.perScore ?? Infinity));
  timed.milliseconds = 0;
  timed.scores = 0;
}
