import { LossError } from "./error.js";

/*
 * Who has memory that batches lie in. So an array of a batch that was freed can be told, also of another instance: it still
 * has its length, and what it reads may already belong to somebody else.
 */

/** Something that lends pieces of a buffer. */
export interface Lender {
  /** Whether the bytes from `start` to `end` are a part of a piece that is in use. */
  isLent(start: number, end: number): boolean;
}

const lenders = new WeakMap<ArrayBufferLike, Lender>();

/** States that the arrays in a buffer are valid as long as their lender says so. */
export function lend(buffer: ArrayBufferLike, lender: Lender): void {
  lenders.set(buffer, lender);
}

export function refuseFreed(argument: string): never {
  throw new LossError("DISPOSED", {
    argument,
    expected: "an array of a batch that is in use",
    received: "one of a batch that was freed",
  });
}

/**
 * Refuses an array that lies in memory of batches, but in none that is in use. Looking that up takes as long as a tenth of a
 * small call, so that engines find out themselves about the arrays that every call has.
 */
export function checkLent({ buffer, byteOffset, byteLength }: ArrayBufferView, argument: string): void {
  if (lenders.get(buffer)?.isLent(byteOffset, byteOffset + byteLength) === false) refuseFreed(argument);
}
