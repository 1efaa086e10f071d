import { LossError } from "../engine/error.js";

/*
 * How threads share out the rows of a call. All of it is in a few words of the memory that they share: what is to be done,
 * who takes part, which rows are taken. A thread that is late, or never comes, is not waited for; one that takes part is.
 */

/** Rows that may be worked on in any order, after all of them were checked. */
export interface SharedRows {
  check(start: number, rows: number): void;
  compute(start: number, rows: number): void;
}

// The words, int32.
const JOB = 0;
/** How many threads take part, and whether more may come. */
const STATE = 1;
const SEATS = 2;
const ROWS = 3;
/** How many rows a thread takes at once. */
const RANGE = 4;
/** The first row that nobody has taken to check, and how many are checked. */
const UNCHECKED = 5;
const CHECKED = 6;
/** The first row that nobody has taken to compute. */
const NEXT = 7;
const FAULT = 8;
export const WORDS = 16;

const OPEN = 256;
const PRESENT = OPEN - 1;

/** What went wrong: labels that are not taken, before anything was written; or a thread that failed in the middle. */
export type Fault = "refused" | "lost" | undefined;

const FAULTS: Fault[] = [undefined, "refused", "lost"];

/** A job as those who open one describe it. */
export interface Turn {
  rows: number;
  range: number;
  isChecked: boolean;
  /** How many threads may take part. */
  seats: number;
}

export class Turns {
  readonly #words: Int32Array;
  /** For so many milliseconds a thread looks for what it waits for, before it goes to sleep: to be woken takes longer. */
  readonly #patience: number;

  constructor(words: Int32Array, patience: number) {
    this.#words = words;
    this.#patience = patience;
  }

  /** Lets others take part in a job. There has to be none. `present`: whether the caller takes part. */
  open({ rows, range, isChecked, seats }: Turn, isPresent: boolean): void {
    const words = this.#words;
    words[ROWS] = rows;
    words[RANGE] = range;
    words[SEATS] = seats;
    words[UNCHECKED] = isChecked ? rows : 0;
    words[CHECKED] = isChecked ? rows : 0;
    words[NEXT] = 0;
    words[FAULT] = 0;
    Atomics.store(words, STATE, OPEN + (isPresent ? 1 : 0));
    Atomics.add(words, JOB, 1);
    Atomics.notify(words, JOB);
  }

  /** Takes part in the open job, if there is one with a seat. */
  join(): boolean {
    const words = this.#words;
    for (;;) {
      const state = Atomics.load(words, STATE);
      if (state < OPEN || (state & PRESENT) >= (words[SEATS] as number)) return false;
      if (Atomics.compareExchange(words, STATE, state, state + 1) === state) return true;
    }
  }

  /** Does a share of the job, which is over for this thread when nobody has anything left to take. */
  work(shared: SharedRows): void {
    const words = this.#words;
    const rows = words[ROWS] as number;
    const range = words[RANGE] as number;
    for (;;) {
      const start = this.#take(UNCHECKED, range, rows);
      if (start < 0) break;
      const count = Math.min(range, rows - start);
      try {
        shared.check(start, count);
      } catch (error) {
        this.#fail(error instanceof LossError ? "refused" : "lost");
        if (!(error instanceof LossError)) throw error;
      }
      const checked = Atomics.add(words, CHECKED, count) + count;
      if (checked >= rows) Atomics.notify(words, CHECKED);
    }
    this.#waitWhile(CHECKED, () => Atomics.load(words, CHECKED) < rows);
    for (;;) {
      const start = this.#take(NEXT, range, rows);
      if (start < 0) break;
      try {
        shared.compute(start, Math.min(range, rows - start));
      } catch (error) {
        this.#fail("lost");
        throw error;
      }
    }
  }

  #take(word: number, range: number, rows: number): number {
    const words = this.#words;
    if (Atomics.load(words, FAULT) !== 0 || (words[word] as number) >= rows) return -1;
    const start = Atomics.add(words, word, range);
    return start < rows ? start : -1;
  }

  /** Tells the others of a fault: nothing is taken any more, and nobody waits for what is not checked. */
  #fail(fault: "refused" | "lost"): void {
    const words = this.#words;
    Atomics.store(words, FAULT, FAULTS.indexOf(fault));
    Atomics.store(words, CHECKED, words[ROWS] as number);
    Atomics.notify(words, CHECKED);
  }

  get fault(): Fault {
    return FAULTS[Atomics.load(this.#words, FAULT)];
  }

  /** Leaves the job, of which no row is left to take. Returns whether this thread was the last. */
  leave(): boolean {
    const words = this.#words;
    Atomics.and(words, STATE, PRESENT);
    const others = Atomics.sub(words, STATE, 1) - 1;
    if (others <= 1) Atomics.notify(words, STATE);
    return others === 0;
  }

  /** Waits until the caller is alone in the job, and leaves it. */
  waitForOthers(): void {
    const words = this.#words;
    Atomics.and(words, STATE, PRESENT);
    this.#waitWhile(STATE, () => Atomics.load(words, STATE) > 1);
    Atomics.store(words, STATE, 0);
  }

  /** Waits for a job after the last one, and returns its number. */
  next(last: number): number {
    const words = this.#words;
    this.#waitWhile(JOB, () => Atomics.load(words, JOB) === last);
    return Atomics.load(words, JOB);
  }

  #waitWhile(word: number, isSo: () => boolean): void {
    const words = this.#words;
    const end = this.#patience > 0 ? performance.now() + this.#patience : 0;
    while (isSo()) {
      if (end > 0) {
        for (let i = 0; i < LOOKS; i++) if (!isSo()) return;
        if (performance.now() < end) continue;
      }
      const value = Atomics.load(words, word);
      if (isSo()) Atomics.wait(words, word, value);
    }
  }
}

/** Looks between two looks at the clock. */
const LOOKS = 64;
