import { type AnyArray, copyOf } from "./checks.js";
import { LossError } from "./error.js";
import { checkLent, type Lender, lend, lenderOf, letGoOfShared, refuseFreed } from "./lent.js";

/*
 * The linear memory of one instance. Only this file sees its buffer and byte offsets as such: everyone else passes on the
 * pointers that it returns. Growing the memory detaches its buffer and all views of it: the file keeps the buffer, which
 * is slow to ask for, and the last views, which are slow to make, and lets go of them when it grows the memory. Memory that
 * is shared with other threads keeps its buffers instead: all of them are the same bytes, of which a later one has more.
 */

/** A piece of the memory that belongs to somebody. */
export interface Block {
  readonly start: number;
  readonly bytes: number;
}

/** One that is taken. */
interface TakenBlock extends Block {
  /** Whether arrays in it are the caller's: those of a batch that is in use. */
  isLent: boolean;
}

const PAGE = 65536;
/** The last page stays unused: the kernels' loops end at pointers that must not wrap to 0. */
const MAX_BYTES = 65535 * PAGE;
const ALIGNMENT = 64;

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A view that was made before. */
interface View<T> {
  pointer: number;
  length: number;
  array: T;
}

/** The views of a type that are kept: those of a batch and of the stage. */
const KEPT_VIEWS = 4;

/** The view of these numbers that is kept, or a new one in the place of the oldest. */
function viewOf<T>(
  views: View<T>[],
  Type: new (buffer: ArrayBufferLike, pointer: number, length: number) => T,
  buffer: ArrayBufferLike,
  pointer: number,
  length: number,
): T {
  for (const view of views) if (view.pointer === pointer && view.length === length) return view.array;
  const array = new Type(buffer, pointer, length);
  if (views.length === KEPT_VIEWS) views.shift();
  views.push({ pointer, length, array });
  return array;
}

export class Memory implements Lender {
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBufferLike;
  readonly #isShared: boolean;
  readonly #floats: View<Float32Array>[] = [];
  readonly #bytes: View<Uint8Array>[] = [];
  readonly #base: number;
  /** The blocks in use, by rising start. */
  readonly #blocks: TakenBlock[] = [];
  /** Settles when the work is done that was begun in this memory and is not waited for, if there is some. */
  settled: () => Promise<unknown> | undefined = () => undefined;
  isClosed = false;
  #stage: Block | undefined;

  /** `base`: where the host's part of the memory begins. */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#isShared = !(this.#buffer instanceof ArrayBuffer);
    this.#base = aligned(base);
    lend(this.#buffer, this);
  }

  /** Takes a block: the first gap that is large enough, or new memory. */
  allocate(bytes: number): Block {
    const size = aligned(Math.max(bytes, 1));
    let start = this.#base;
    let at = 0;
    for (; at < this.#blocks.length; at++) {
      const next = this.#blocks[at] as Block;
      if (next.start - start >= size) break;
      start = next.start + next.bytes;
    }
    this.#reserve(start + size, bytes);
    const block = { start, bytes: size, isLent: false };
    this.#blocks.splice(at, 0, block);
    return block;
  }

  /** Takes a block whose arrays are handed out. */
  lend(bytes: number): Block {
    const block = this.allocate(bytes) as TakenBlock;
    block.isLent = true;
    return block;
  }

  /** Does something for which a block counts as lent. */
  lending<T>(block: Block, work: () => T): T {
    const taken = block as TakenBlock;
    taken.isLent = true;
    try {
      return work();
    } finally {
      taken.isLent = false;
    }
  }

  /** Gives a block back. A second time does nothing. */
  free(block: Block): void {
    const at = this.#blocks.indexOf(block as TakenBlock);
    if (at < 0) return;
    this.#blocks.splice(at, 1);
    // The views of a batch are not to be those of the next one that lies there.
    this.#floats.length = 0;
    this.#bytes.length = 0;
  }

  /** Gives a lent block back. Nobody gets it while work may still be done there. */
  retire(block: Block): void {
    const taken = this.#blocks.find((other) => other === block);
    if (!taken) return;
    taken.isLent = false;
    const settled = this.settled();
    if (settled) settled.then(() => this.free(block));
    else this.free(block);
  }

  /** A block for the arrays of one call; the same one every time, unless it has to become larger. */
  stage(bytes: number): Block {
    if (!this.#stage || this.#stage.bytes < bytes) {
      if (this.#stage) this.free(this.#stage);
      this.#stage = undefined;
      this.#stage = this.allocate(bytes);
    }
    return this.#stage;
  }

  /** Has nothing hold on to the memory any more but the arrays in it. */
  close(): void {
    this.isClosed = true;
    letGoOfShared();
  }

  pieceAt(start: number, end: number): Block | undefined {
    const block = this.#blocks[this.#countUpTo(start) - 1];
    return block?.isLent && end <= block.start + block.bytes ? block : undefined;
  }

  /** How many blocks start there or before. */
  #countUpTo(start: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle] as Block).start <= start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The pointer to an array that lies in this memory; `undefined` for any other. */
  pointerTo(array: AnyArray, argument: string): number | undefined {
    const { buffer } = array;
    if (!this.has(buffer)) {
      checkLent(array, argument, buffer);
      return undefined;
    }
    const start = array.byteOffset;
    if (!this.pieceAt(start, start + array.byteLength)) refuseFreed(argument);
    return start;
  }

  /** The buffer of this memory, until it grows. */
  get buffer(): ArrayBufferLike {
    return this.#buffer;
  }

  /** Whether a buffer is one of this memory. */
  has(buffer: ArrayBufferLike): boolean {
    return buffer === this.#buffer || (this.#isShared && lenderOf(buffer) === this);
  }

  /** The array itself, or a copy if it lies in this memory and growing it would take the array away. */
  outside<T extends AnyArray>(array: T): T {
    return array.buffer === this.#buffer && !this.#isShared ? copyOf(array) : array;
  }

  /** A view of float32 numbers, valid until the memory grows. */
  floats(pointer: number, length: number): Float32Array {
    return viewOf(this.#floats, Float32Array, this.#buffer, pointer, length);
  }

  /** A view of bytes, valid until the memory grows. */
  bytes(pointer: number, length: number): Uint8Array {
    return viewOf(this.#bytes, Uint8Array, this.#buffer, pointer, length);
  }

  /** A view of int32 numbers, valid until the memory grows. */
  integers(pointer: number, length: number): Int32Array {
    return new Int32Array(this.#buffer, pointer, length);
  }

  /** A view of float64 numbers, valid until the memory grows. */
  doubles(pointer: number, length: number): Float64Array {
    return new Float64Array(this.#buffer, pointer, length);
  }

  /** Copies an array into the memory. */
  write(pointer: number, from: Float32Array | Uint8Array): void {
    const to =
      from.BYTES_PER_ELEMENT === 1 ? this.bytes(pointer, from.length) : this.floats(pointer, from.length);
    to.set(from);
  }

  /** Copies float32 numbers out of the memory. */
  read(pointer: number, into: Float32Array): void {
    into.set(this.floats(pointer, into.length));
  }

  /** Takes note of what another thread has done to shared memory, which has at least so many bytes. */
  renew(bytes: number): void {
    if (this.#buffer.byteLength >= bytes) return;
    // An engine may tell this thread of it later, unless it is asked.
    this.#memory.grow(0);
    this.#take(this.#memory.buffer);
  }

  #take(buffer: ArrayBufferLike): void {
    this.#buffer = buffer;
    this.#floats.length = 0;
    this.#bytes.length = 0;
    lend(buffer, this);
  }

  #reserve(end: number, requested: number): void {
    const current = this.#buffer.byteLength;
    if (end <= current) return;
    try {
      if (end > MAX_BYTES) throw new RangeError("beyond the addresses of WebAssembly");
      this.#memory.grow(Math.ceil((end - current) / PAGE));
    } catch (cause) {
      throw new LossError("OUT_OF_MEMORY", {
        argument: "memory",
        expected: `room for ${requested} bytes more`,
        received: `${current} bytes in use of at most ${MAX_BYTES}, and the engine refused to grow them`,
        cause,
      });
    }
    this.#take(this.#memory.buffer);
  }
}
