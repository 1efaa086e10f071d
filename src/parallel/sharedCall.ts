import { type AnyArray, attached, fail } from "../engine/checks.js";
import type { Results } from "../engine/engine.js";
import { checkLent, refuseFreed } from "../engine/lent.js";
import type { Block, Memory } from "../engine/memory.js";
import type { Call, Mask, Targets } from "../engine/validate.js";

/** Bytes to which arrays are aligned. */
const ALIGNMENT = 16;

type ArrayType<T> = new (buffer: ArrayBufferLike, pointer: number, length: number) => T;

/** A result that is wanted elsewhere. */
interface Output {
  argument: string;
  /** Where it goes to. */
  array: Float32Array;
  copy: Float32Array;
  /** Of a batch of another instance: which piece of its memory that is. */
  piece: object | undefined;
}

/**
 * A call with all its arrays in the memory that the threads share: those that lie there already as they are, of the others
 * copies, and places for what is to be copied out at the end.
 */
export class SharedCall {
  readonly call: Call<object>;
  readonly results: Results;
  /** Pointer to the losses of the rows, float64. */
  readonly rowLosses: number;
  /** Where the copies are. */
  readonly block: Block;
  readonly #memory: Memory;
  readonly #outputs: Output[] = [];
  #at: number;

  constructor(memory: Memory, call: Call<object>, results: Results) {
    this.#memory = memory;
    const { targets, mask, rowWeights } = call;
    let bytes = 8 * call.rows + ALIGNMENT;
    const look = (array: AnyArray | undefined, argument: string) => {
      // Before a place is taken: it may be that of a batch that was freed.
      if (array && memory.pointerTo(array, argument) === undefined) {
        bytes += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
      }
    };
    look(call.logits, "logits");
    if (targets.kind === "sparse") {
      look(targets.offsets, "labels.offsets");
      look(targets.indices, "labels.indices");
    } else {
      look(targets.values, "labels");
    }
    look(mask?.values, "options.mask");
    look(rowWeights, "options.rowWeights");
    for (const [name, value] of Object.entries(call.own)) {
      if (ArrayBuffer.isView(value)) look(value as Float32Array, `options.${name}`);
    }
    look(results.loss, "options.out.loss");
    look(results.grad, "options.out.grad");
    look(results.thresholdGrad, "thresholdGrad");
    this.block = memory.allocate(bytes);
    this.rowLosses = this.block.start;
    this.#at = Math.ceil((this.rowLosses + 8 * call.rows) / ALIGNMENT) * ALIGNMENT;
    this.call = {
      ...call,
      logits: this.#input(call.logits),
      targets: this.#targets(targets),
      mask: mask && this.#mask(mask),
      rowWeights: rowWeights && this.#input(rowWeights),
      own: Object.fromEntries(
        Object.entries(call.own).map(([name, value]) => [
          name,
          ArrayBuffer.isView(value) ? this.#input(value as Float32Array) : value,
        ]),
      ),
    };
    this.results = {
      loss: this.#output(results.loss, "options.out.loss"),
      grad: this.#output(results.grad, "options.out.grad"),
      thresholdGrad: this.#output(results.thresholdGrad, "thresholdGrad"),
    };
  }

  /** Σ weight·loss, in the order of the rows. */
  sum(): number {
    const losses = this.#memory.doubles(this.rowLosses, this.call.rows);
    let sum = 0;
    for (let row = 0; row < losses.length; row++) sum += losses[row] as number;
    return sum;
  }

  /** Writes the results to where they are wanted: all of them, or none if an array is gone. */
  copyOut(): void {
    for (const { array, argument, copy, piece } of this.#outputs) {
      attached(array, argument);
      if (checkLent(array, argument) !== piece) refuseFreed(argument);
      if (array.length !== copy.length) {
        fail("DETACHED", argument, `${copy.length} elements, as when it was given`, `${array.length}`);
      }
    }
    for (const { array, copy } of this.#outputs) array.set(copy);
  }

  free(): void {
    this.#memory.free(this.block);
  }

  #isShared(array: AnyArray): boolean {
    return this.#memory.has(array.buffer);
  }

  /** A place for as many numbers. */
  #place<T extends AnyArray>(array: T): T {
    const Type = array.constructor as ArrayType<T>;
    const place = new Type(this.#memory.buffer, this.#at, array.length);
    this.#at += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
    return place;
  }

  #input<T extends AnyArray>(array: T): T {
    if (this.#isShared(array)) return array;
    const copy = this.#place(array);
    copy.set(array);
    return copy;
  }

  #output(array: Float32Array | undefined, argument: string): Float32Array | undefined {
    if (!array || this.#isShared(array)) return array;
    const copy = this.#place(array);
    this.#outputs.push({ argument, array, copy, piece: checkLent(array, argument) });
    return copy;
  }

  #targets(targets: Targets): Targets {
    if (targets.kind === "sparse") {
      const { offsets, indices } = targets;
      return { ...targets, offsets: this.#input(offsets), indices: this.#input(indices) };
    }
    return { ...targets, values: this.#input<AnyArray>(targets.values) } as Targets;
  }

  #mask(mask: Mask): Mask {
    return { ...mask, values: this.#input(mask.values) };
  }
}
