import { makeBatch } from "./batch.js";
import type { Batch, Engine, Results } from "./engine.js";
import type { Kernels } from "./load.js";
import type { LossDefinition } from "./loss.js";
import { type Block, Memory } from "./memory.js";
import { type Call, invalidLabel } from "./validate.js";

/** Rows that have to be copied go through a stage of this many bytes, so that they stay in the processor's cache. */
const STAGE_BYTES = 2 ** 18;

/**
 * One array of a call as the kernels see it. It lies in the memory already, or its rows are copied to a place on the
 * stage, some at a time.
 */
class Operand<T extends Float32Array | Uint8Array> {
  readonly #array: T;
  readonly #pointer: number | undefined;
  readonly #perRow: number;
  #place = 0;

  constructor(memory: Memory, array: T, perRow: number, argument: string) {
    this.#array = array;
    this.#pointer = memory.pointerTo(array, argument);
    this.#perRow = perRow;
  }

  /** Bytes that a row takes on the stage. */
  get stagedBytes(): number {
    return this.#pointer === undefined ? this.#perRow * this.#array.BYTES_PER_ELEMENT : 0;
  }

  /** Takes a place for `rows` rows at `place` of the stage, and returns where the next one may begin. */
  settle(place: number, rows: number): number {
    this.#place = place;
    return place + Math.ceil((this.stagedBytes * rows) / 16) * 16;
  }

  /** The pointer for the rows from `start`. */
  pointer(start: number): number {
    if (this.#pointer === undefined) return this.#place;
    return this.#pointer + start * this.#perRow * this.#array.BYTES_PER_ELEMENT;
  }

  copyIn(memory: Memory, start: number, rows: number): number {
    if (this.#pointer === undefined) memory.write(this.#place, this.#rows(start, rows));
    return this.pointer(start);
  }

  copyOut(memory: Memory, start: number, rows: number): void {
    if (this.#pointer === undefined) memory.read(this.#place, this.#rows(start, rows) as Float32Array);
  }

  /** The array itself, or a new view of where it lies if the memory has grown under it. */
  current(memory: Memory, length: number): Float32Array {
    if (this.#pointer === undefined || this.#array.length === length) return this.#array as Float32Array;
    return memory.floats(this.#pointer, length);
  }

  #rows(start: number, rows: number): T {
    // Not by `subarray`: of a class that somebody derived, that may be any function.
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#array;
    const View = BYTES_PER_ELEMENT === 1 ? Uint8Array : Float32Array;
    return new View(
      buffer as ArrayBuffer,
      byteOffset + start * this.#perRow * BYTES_PER_ELEMENT,
      rows * this.#perRow,
    ) as T;
  }
}

/** The kernels and their memory. */
export class WasmEngine implements Engine {
  readonly variant: "relaxed" | "simd";
  readonly #kernels: Kernels;
  readonly #memory: Memory;

  constructor(kernels: Kernels) {
    this.variant = kernels.RELAXED.value ? "relaxed" : "simd";
    this.#kernels = kernels;
    this.#memory = new Memory(kernels.memory, kernels.HEAP_BASE.value >>> 0);
  }

  allocate(rows: number, classes: number): Batch {
    const memory = this.#memory;
    const length = rows * classes;
    const logits = memory.allocate(4 * length);
    const rest: Block[] = [];
    try {
      rest.push(memory.allocate(length), memory.allocate(4 * length));
    } catch (error) {
      for (const block of [logits, ...rest]) memory.free(block);
      throw error;
    }
    const [labels, grad] = rest as [Block, Block];
    memory.bytes(labels.start, length).fill(0);
    return makeBatch(rows, classes, {
      logits: () => memory.floats(logits.start, length),
      labels: () => memory.bytes(labels.start, length),
      grad: () => memory.floats(grad.start, length),
      release: () => {
        for (const block of [logits, labels, grad]) memory.free(block);
      },
    });
  }

  run<Own>(definition: LossDefinition<Own>, call: Call<Own>, results: Results): number {
    const memory = this.#memory;
    const { rows, classes } = call;
    const logits = new Operand(memory, call.logits, classes, "logits");
    const labels = new Operand(memory, call.labels, classes, "labels");
    const weights = call.rowWeights && new Operand(memory, call.rowWeights, 1, "options.rowWeights");
    const grad = results.grad && new Operand(memory, results.grad, classes, "options.out.grad");
    const loss = results.loss && new Operand(memory, results.loss, 1, "options.out.loss");
    const operands = [logits, labels, weights, grad, loss].filter((operand) => operand !== undefined);

    // Pointers are known from here on: growing the memory for the stage may detach the arrays themselves.
    const rowBytes = operands.reduce((sum, operand) => sum + operand.stagedBytes, 0);
    const chunk = rowBytes > 0 ? Math.min(rows, Math.max(1, Math.floor(STAGE_BYTES / rowBytes))) : rows;
    const stage = rowBytes > 0 ? memory.stage(chunk * rowBytes + 16 * operands.length) : undefined;
    let place = stage?.start ?? 0;
    for (const operand of operands) place = operand.settle(place, chunk);

    for (let start = 0; start < rows; start += chunk) {
      const count = Math.min(chunk, rows - start);
      const pointer = labels.copyIn(memory, start, count);
      const found = this.#kernels.firstInvalidLabel(pointer, count * classes);
      if (found >= 0)
        throw invalidLabel(memory.bytes(pointer, found + 1)[found], start * classes + found, classes);
    }

    let sum = 0;
    for (let start = 0; start < rows; start += chunk) {
      const count = Math.min(chunk, rows - start);
      this.#kernels.setCall(
        logits.copyIn(memory, start, count),
        // A single chunk is where the check has left it.
        chunk < rows ? labels.copyIn(memory, start, count) : labels.pointer(start),
        grad ? grad.pointer(start) : 0,
        loss ? loss.pointer(start) : 0,
        weights ? weights.copyIn(memory, start, count) : 0,
        count,
        classes,
        call.factor,
        sum,
      );
      sum = definition.kernel(this.#kernels, call.own);
      grad?.copyOut(memory, start, count);
      loss?.copyOut(memory, start, count);
    }
    if (grad) results.grad = grad.current(memory, rows * classes);
    if (loss) results.loss = loss.current(memory, rows);
    return sum;
  }
}
