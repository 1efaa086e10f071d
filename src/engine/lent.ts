import { LossError } from "./error.js";

/*
 * Who has memory that batches lie in. So an array of a batch that was freed can be told, also of another instance: it still
 * has its length, and what it reads may already belong to somebody else.
 */

/** Something that lends pieces of a buffer. */
export interface Lender {
  /** The piece in use, if there is one, of which the bytes from `start` to `end` are a part. */
  pieceAt(start: number, end: number): object | undefined;
  /** Whether nothing but its arrays is to hold on to its memory any more. */
  readonly isClosed?: boolean;
}

const LENDER = Symbol("lender");

/** Where its lender is kept: with the buffer, since the table of a WeakMap stays as large as it once was. */
interface Lent {
  [LENDER]?: Lender;
}

/** The same of buffers of shared memory, which are frozen. */
const lendersOfShared = new WeakMap<ArrayBufferLike, Lender>();

/** States that the arrays in a buffer are valid as long as their lender says so. */
export function lend(buffer: ArrayBufferLike, lender: Lender): void {
  if (!(buffer instanceof ArrayBuffer) && Object.isFrozen(buffer)) lendersOfShared.set(buffer, lender);
  // Without a prototype, to which anybody may have added a getter; and one that was frozen stays as it was.
  const property = Object.assign(Object.create(null), { value: lender, configurable: true });
  Reflect.defineProperty(buffer, LENDER, property);
}

/** Who lends pieces of a buffer, if anybody does. */
export function lenderOf(buffer: ArrayBufferLike): Lender | undefined {
  return (
    (buffer as Lent)[LENDER] ?? (buffer instanceof ArrayBuffer ? undefined : lendersOfShared.get(buffer))
  );
}

/** The one that was asked for last: to look it up takes as long as all other checks of an array. */
let lastShared: ArrayBufferLike | undefined;

/** Whether a buffer is shared memory that is not that of batches: it may change at any time. */
export function isForeignShared(buffer: ArrayBufferLike): boolean {
  if (buffer === lastShared || buffer instanceof ArrayBuffer) return false;
  const lender = lendersOfShared.get(buffer);
  if (!lender) return Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
  if (!lender.isClosed) lastShared = buffer;
  return false;
}

/** Holds on to no shared memory, until one is asked for whose lender is not closed. */
export function letGoOfShared(): void {
  lastShared = undefined;
}

export function refuseFreed(argument: string): never {
  throw new LossError("DISPOSED", {
    argument,
    expected: "an array of a batch that is in use",
    received: "one of a batch that was freed",
  });
}

/**
 * Refuses an array that lies in memory of batches, but in none that is in use. Returns that piece of memory. (To ask for its
 * buffer takes as long as the rest.)
 */
export function checkLent(
  array: ArrayBufferView,
  argument: string,
  buffer = array.buffer,
): object | undefined {
  const lender = lenderOf(buffer);
  if (!lender) return undefined;
  const { byteOffset, byteLength } = array;
  return lender.pieceAt(byteOffset, byteOffset + byteLength) ?? refuseFreed(argument);
}
