import { LossError } from "../engine/error.js";

/*
 * How threads share out the rows of a call. All of it is in a few words of the memory that they share: what is to be done,
 * who takes part, which rows are taken. A thread that is late, or never comes, is not waited for; one that takes part is.
 */

/** Jobs that may be open at a time, a power of 2: threads that are done with one find the next there. */
export const SLOTS = 2;

/** int32 words that each of the two classes below needs: a line of the cache. */
export const WORDS = 16;

/** Looks between two looks at the clock. */
const LOOKS = 64;

/** Milliseconds that are slept at most, to see then who is late: a process that was halted meanwhile has slept once. */
const NAP = 50;

/** Who takes so many times as long as this thread has, and `lostAfter` besides, will not come. */
const LATE = 20;

/** For so many milliseconds, looks whether something is there: to sleep and be woken takes longer. */
function look(isThere: () => boolean, patience: number): boolean {
  if (isThere()) return true;
  if (patience === 0) return false;
  const end = performance.now() + patience;
  do {
    for (let i = 0; i < LOOKS; i++) if (isThere()) return true;
  } while (performance.now() < end);
  return false;
}

/** The number of the last job. */
const JOB = 0;
/** How many threads look for a job: only others have to be woken. */
const LOOKING = 1;

/** Tells threads that there is a job. */
export class Bell {
  readonly #words: Int32Array;
  readonly #patience: number;
  readonly #lookers: number;

  /** `patience`: for so many milliseconds, at most `lookers` threads at a time look for a job before they sleep. */
  constructor(words: Int32Array, patience: number, lookers: number) {
    this.#words = words;
    this.#patience = patience;
    this.#lookers = lookers;
  }

  /** The number that the next job will have. */
  get next(): number {
    return ((this.#words[JOB] as number) + 1) | 0;
  }

  /** Whether a thread looks for a job, so that none has to be woken. */
  get isHeard(): boolean {
    return Atomics.load(this.#words, LOOKING) > 0;
  }

  /** Tells so many threads that the next job is open. */
  ring(threads: number): void {
    Atomics.add(this.#words, JOB, 1);
    const sleeping = threads - Atomics.load(this.#words, LOOKING);
    if (sleeping > 0) Atomics.notify(this.#words, JOB, sleeping);
  }

  /** Waits for a job after the last one, and returns the number of the newest. `isEager`: it may come soon. */
  wait(last: number, isEager: boolean): number {
    const words = this.#words;
    if (isEager) {
      const isSeat = Atomics.add(words, LOOKING, 1) < this.#lookers;
      if (isSeat) look(() => Atomics.load(words, JOB) !== last, this.#patience);
      Atomics.sub(words, LOOKING, 1);
    }
    while (Atomics.load(words, JOB) === last) Atomics.wait(words, JOB, last);
    return Atomics.load(words, JOB);
  }
}

/** Rows that may be worked on in any order, after all of them were checked. */
export interface SharedRows {
  check(start: number, rows: number): void;
  compute(start: number, rows: number): void;
}

/** What went wrong: labels that are not taken, before anything was written; or a thread that failed in the middle. */
export type Fault = "refused" | "lost" | undefined;

const FAULTS: Fault[] = [undefined, "refused", "lost"];

/** A job as those who open one describe it. */
export interface Turn {
  number: number;
  rows: number;
  /** How many rows a thread takes at once. */
  range: number;
  isChecked: boolean;
  /** How many threads may take part. */
  seats: number;
}

/** How many threads take part, and whether more may come. */
const STATE = 0;
const NUMBER = 1;
const SEATS = 2;
const ROWS = 3;
const RANGE = 4;
/** The first row that nobody has taken to check, and how many are checked. */
const UNCHECKED = 5;
const CHECKED = 6;
/** The first row that nobody has taken to compute. */
const UNCOMPUTED = 7;
const FAULT = 8;
/** Whether the caller takes part: its next call may come soon. */
const HAS_CALLER = 9;
/** How long all threads have worked, microseconds. */
const BUSY = 10;

const OPEN = 256;
const PRESENT = OPEN - 1;

/** Milliseconds that a thread notes down at most. */
const MOST_BUSY = 2 ** 31 / OPEN / 1000;

/** One job after the other, and who takes part in it. */
export class Turns {
  readonly #words: Int32Array;
  readonly #patience: number;
  readonly #lostAfter: number;
  /** Milliseconds that this thread has worked on the last job. */
  #own = 0;

  /** `lostAfter`: after so many milliseconds, who does not come is not waited for; Infinity where somebody else looks after that. */
  constructor(words: Int32Array, patience: number, lostAfter: number) {
    this.#words = words;
    this.#patience = patience;
    this.#lostAfter = lostAfter;
  }

  /** Lets threads take part in a job. There has to be none. `isPresent`: whether the caller takes part. */
  open({ number, rows, range, isChecked, seats }: Turn, isPresent: boolean): void {
    const words = this.#words;
    words[NUMBER] = number;
    words[ROWS] = rows;
    words[RANGE] = range;
    words[SEATS] = seats;
    words[UNCHECKED] = isChecked ? rows : 0;
    words[CHECKED] = isChecked ? rows : 0;
    words[UNCOMPUTED] = 0;
    words[FAULT] = 0;
    words[HAS_CALLER] = Number(isPresent);
    words[BUSY] = 0;
    Atomics.store(words, STATE, OPEN + (isPresent ? 1 : 0));
  }

  /** The number of the job. */
  get number(): number {
    return this.#words[NUMBER] as number;
  }

  get hasCaller(): boolean {
    return this.#words[HAS_CALLER] === 1;
  }

  /** Whether no thread has taken part in the job. */
  get isUntouched(): boolean {
    return Atomics.load(this.#words, STATE) === OPEN;
  }

  /** How long one thread would have worked, about, milliseconds. */
  get busy(): number {
    return Atomics.load(this.#words, BUSY) / 1000;
  }

  get fault(): Fault {
    return FAULTS[Atomics.load(this.#words, FAULT)];
  }

  /** Whether nobody can join any more. */
  get isOver(): boolean {
    return Atomics.load(this.#words, STATE) < OPEN;
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

  /** Does a share of the job, which is over for this thread when nobody has anything left to take. Who fails in it has to say so. */
  work(shared: SharedRows): void {
    const words = this.#words;
    const rows = words[ROWS] as number;
    const range = words[RANGE] as number;
    const began = performance.now();
    for (;;) {
      const start = this.#take(UNCHECKED, range, rows);
      if (start < 0) break;
      const count = Math.min(range, rows - start);
      try {
        shared.check(start, count);
      } catch (error) {
        if (!(error instanceof LossError)) throw error;
        this.fail("refused");
      }
      const checked = Atomics.add(words, CHECKED, count) + count;
      if (checked >= rows) Atomics.notify(words, CHECKED);
    }
    this.#own = performance.now() - began;
    if (!this.#waitWhile(CHECKED, () => Atomics.load(words, CHECKED) < rows)) this.fail("lost");
    const wentOn = performance.now();
    for (;;) {
      const start = this.#take(UNCOMPUTED, range, rows);
      if (start < 0) break;
      shared.compute(start, Math.min(range, rows - start));
    }
    this.#own += performance.now() - wentOn;
    // All of them together fit into the word, also where a process was halted meanwhile.
    Atomics.add(words, BUSY, Math.round(1000 * Math.min(this.#own, MOST_BUSY)));
  }

  /** Leaves the job, of which no row is left to take. Returns whether this thread was the last. */
  leave(): boolean {
    const words = this.#words;
    Atomics.and(words, STATE, PRESENT);
    const others = Atomics.sub(words, STATE, 1) - 1;
    if (others <= 1) Atomics.notify(words, STATE);
    return others === 0;
  }

  /** Waits until the caller is alone in the job, and leaves it. Returns whether all came: others may still be at work. */
  waitForOthers(): boolean {
    const words = this.#words;
    Atomics.and(words, STATE, PRESENT);
    const areOver = this.#waitWhile(STATE, () => Atomics.load(words, STATE) > 1);
    if (areOver) Atomics.store(words, STATE, 0);
    else this.fail("lost");
    return areOver;
  }

  #take(word: number, range: number, rows: number): number {
    const words = this.#words;
    if (Atomics.load(words, FAULT) !== 0 || (words[word] as number) >= rows) return -1;
    const start = Atomics.add(words, word, range);
    return start < rows ? start : -1;
  }

  /** Tells the others of a fault: nothing is taken any more, and nobody waits for what is not checked. */
  fail(fault: "refused" | "lost"): void {
    const words = this.#words;
    Atomics.store(words, FAULT, FAULTS.indexOf(fault));
    Atomics.store(words, CHECKED, words[ROWS] as number);
    Atomics.notify(words, CHECKED);
  }

  /** Waits, and returns false if it took too long. */
  #waitWhile(word: number, isSo: () => boolean): boolean {
    const words = this.#words;
    if (look(() => !isSo(), this.#patience)) return true;
    let slept = 0;
    while (isSo()) {
      if (slept > this.#lostAfter + LATE * this.#own) return false;
      const value = Atomics.load(words, word);
      if (isSo() && Atomics.wait(words, word, value, NAP) === "timed-out") slept += NAP;
    }
    return true;
  }
}
