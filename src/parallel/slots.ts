import { JOB_NUMBERS } from "./job.js";
import { Bell, SLOTS, Turns, WORDS } from "./turns.js";

/** Where a thread finds what it shares, and what is its own. */
export interface SharedPlaces {
  /** The words of the bell, and those of the turns of each slot. */
  words: number;
  /** The numbers of the job in each slot. */
  jobs: number;
  /** A word: where the stage of this thread is. */
  stage: number;
  /** What its kernels work with. */
  statics: number;
}

/** Bytes at the places that all threads share. */
export const WORDS_BYTES = 4 * WORDS * (1 + SLOTS);
export const JOBS_BYTES = 8 * JOB_NUMBERS * SLOTS;

/** Room for a job. */
export interface Slot {
  readonly turns: Turns;
  /** The call, as numbers. */
  readonly job: Float64Array;
}

/** How long is waited, in milliseconds: looking for what may come soon, and for threads that may not come. */
export interface Waits {
  patience: number;
  /** How many threads may look for a job at a time. */
  lookers: number;
  lostAfter: number;
}

/** The bell and the slots in shared memory. */
export function slotsAt(
  buffer: ArrayBufferLike,
  { words, jobs }: Pick<SharedPlaces, "words" | "jobs">,
  { patience, lookers, lostAfter }: Waits,
): { bell: Bell; slots: Slot[] } {
  const bell = new Bell(new Int32Array(buffer, words, WORDS), patience, lookers);
  const slots = Array.from({ length: SLOTS }, (_, i) => ({
    turns: new Turns(new Int32Array(buffer, words + 4 * WORDS * (1 + i), WORDS), patience, lostAfter),
    job: new Float64Array(buffer, jobs + 8 * JOB_NUMBERS * i, JOB_NUMBERS),
  }));
  return { bell, slots };
}

/** The slot of the job with this number. */
export function slotOf(slots: readonly Slot[], number: number): Slot {
  return slots[number & (SLOTS - 1)] as Slot;
}
