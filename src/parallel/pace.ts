import type { KernelLoss } from "../engine/loss.js";

/** Of a loss that was not measured yet, milliseconds for a score: those of the fastest. */
const UNKNOWN = 1e-6;

/** Calls may become slower, by other options or a busy machine: so much, from one measurement to the next. */
const SLOWER = 1.1;

/** Milliseconds that are measured at least, of several calls together if need be: a browser's clock may stand still for shorter ones. */
const SHORTEST = 0.1;

/** One in so many calls is measured, where not each of them is. */
const PERIOD = 32;

/** Calls that would take so many times what is worth sharing, or so much less, are clear. */
const CLEAR = 2;

/** How a call is done: by all threads, or by one, which may be measured. */
export type Way = "all" | "one" | "measured";

/** Of a call, what its time depends on besides the loss. */
export interface Extent {
  rows: number;
  classes: number;
}

/** Calls that were timed, and are too short as yet to tell. */
class Timed {
  #milliseconds = 0;
  #scores = 0;

  /** Adds a call, and returns how long all of them took a score if that is long enough to tell. */
  add(milliseconds: number, scores: number): number | undefined {
    // A clock that was set back tells nothing.
    if (!(milliseconds >= 0)) return undefined;
    this.#milliseconds += milliseconds;
    this.#scores += scores;
    if (this.#milliseconds < SHORTEST) return undefined;
    const perScore = this.#milliseconds / this.#scores;
    this.#milliseconds = 0;
    this.#scores = 0;
    return perScore;
  }
}

/** How long a loss takes of rows of a like length. */
class Pace {
  /** Milliseconds for a score, the least of what was measured; undefined before. */
  perScore: number | undefined;
  calls = 0;
  /** By one thread, and by all, whose times are added up. */
  readonly alone = new Timed();
  readonly together = new Timed();

  note(timed: Timed, milliseconds: number, scores: number): void {
    const perScore = timed.add(milliseconds, scores);
    if (perScore === undefined) return;
    this.perScore = Math.min(perScore, SLOWER * (this.perScore ?? Infinity));
  }
}

/** How long the losses take one thread on this machine, and so whether to share a call out. */
export class Paces {
  /** By the length of the rows, in powers of two: a row takes its time besides that of its scores. */
  readonly #paces = new Map<KernelLoss<object>, (Pace | undefined)[]>();

  /** How many milliseconds a call will take one thread, at least; undefined of what was not measured yet. */
  expected(definition: KernelLoss<object>, extent: Extent): number | undefined {
    const perScore = this.#known(definition, extent)?.perScore;
    return perScore && extent.rows * extent.classes * perScore;
  }

  /** How to do a call that is for all threads if it takes one of them so many milliseconds. */
  wayOf(definition: KernelLoss<object>, extent: Extent, least: number): Way {
    const pace = this.#known(definition, extent);
    const scores = extent.rows * extent.classes;
    if (pace?.perScore === undefined) return scores * UNKNOWN < least ? "measured" : "all";
    const expected = scores * pace.perScore;
    if (expected >= CLEAR * least) return "all";
    if (++pace.calls % PERIOD === 0) return "measured";
    if (expected >= least) return "all";
    return CLEAR * expected >= least ? "measured" : "one";
  }

  /** Does a call by one thread, and notes down how long it takes. */
  measure(definition: KernelLoss<object>, extent: Extent, work: () => number): number {
    const began = performance.now();
    const result = work();
    const milliseconds = performance.now() - began;
    const pace = this.#of(definition, extent);
    pace.note(pace.alone, milliseconds, extent.rows * extent.classes);
    return result;
  }

  /** Notes down how long several threads took together, which is about what one would have taken. */
  noteShared(definition: KernelLoss<object>, extent: Extent, milliseconds: number): void {
    const pace = this.#of(definition, extent);
    pace.note(pace.together, milliseconds, extent.rows * extent.classes);
  }

  #known(definition: KernelLoss<object>, { classes }: Extent): Pace | undefined {
    return this.#paces.get(definition)?.[Math.clz32(classes)];
  }

  #of(definition: KernelLoss<object>, extent: Extent): Pace {
    const known = this.#known(definition, extent);
    if (known) return known;
    const ofLoss = this.#paces.get(definition) ?? Array(33).fill(undefined);
    const pace = new Pace();
    ofLoss[Math.clz32(extent.classes)] = pace;
    this.#paces.set(definition, ofLoss);
    return pace;
  }
}
