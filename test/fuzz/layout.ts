import type { Call } from "./arbitraries.ts";
import type { Arguments } from "./faults.ts";
import type { Got } from "./judge.ts";
import type { AnyBatch, Player } from "./player.ts";

/*
 * Where the arrays of a call lie, with something around them that nobody may write to; and that all that was given is
 * unchanged when the call returns, but for where its results belong.
 */

/** Where the arrays of a call lie. */
export interface Where {
  logits: "apart" | "memory";
  labels: "apart" | "memory";
  grad: "fresh" | "apart" | "memory" | "in place";
  loss: "fresh" | "apart";
  /** Elements in front of an array: up to those of a vector of bytes. */
  offset: number;
}

/** Elements around an array. */
const AROUND = 16;

/** The byte that is around all arrays: as a label it is wrong, as a score it would show. */
const CANARY = 0x5a;

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** An array whose bytes are compared with what they were. */
interface Watched {
  what: string;
  read(): ArrayBufferView;
  before: Uint8Array;
  /** The bytes that may change. */
  from: number;
  to: number;
}

/** A piece of an array, looked up at every reading: growing memory takes the array of a batch away. */
type Piece<T> = () => T;

/** An array to copy. */
interface Placed<T> {
  what: string;
  array: T;
  /** Elements in front of it, cut to those that there are around. */
  offset: number;
  /** Whether results belong there. */
  isWritten?: boolean;
  /** The array of a batch to copy it into; by default, one of its own. */
  into: Piece<T> | undefined;
}

function hasDenseLabels({ form }: Call): boolean {
  return form === "multi-hot" || form === "soft";
}

/** A call, laid out. */
export class Layout {
  readonly args: Arguments;
  readonly #watched: Watched[] = [];
  #outGrad: Piece<Float32Array> | undefined;
  #outLoss: Piece<Float32Array> | undefined;

  constructor(player: Player, call: Call, where: Where) {
    const batch = this.#batchFor(player, call, where);
    const gradAt = call.gradient ? where.grad : "fresh";
    const logits = this.#place({
      what: "logits",
      array: call.logits,
      offset: where.offset,
      isWritten: gradAt === "in place",
      into: where.logits === "memory" ? () => (batch as AnyBatch).logits : undefined,
    });
    const labels = this.#labels(call, where, batch);
    this.#outGrad = gradAt === "in place" ? logits : this.#gradient(call, gradAt, where.offset, batch);
    if (call.reduction === "none" && where.loss === "apart") {
      const array = new Float32Array(call.rows);
      this.#outLoss = this.#place({
        what: "out.loss",
        array,
        offset: where.offset,
        isWritten: true,
        into: undefined,
      });
    }
    // Views of the batch are made when it is certain that it does not move any more.
    this.args = { logits: logits(), labels: labels(), options: this.#options(call) };
    for (const watched of this.#watched) watched.before = bytesOf(watched.read()).slice();
  }

  /** A batch with room for what is to lie in the memory, full of what no result may hold. */
  #batchFor(player: Player, call: Call, { logits, labels, grad }: Where): AnyBatch | undefined {
    const isNeeded =
      logits === "memory" ||
      (hasDenseLabels(call) && labels === "memory") ||
      (call.gradient && grad === "memory");
    if (!isNeeded) return undefined;
    const batch = player.batchFor(call.logits.length + AROUND, call.form === "soft");
    for (const array of [batch.logits, batch.labels, batch.grad]) bytesOf(array).fill(CANARY);
    return batch;
  }

  #labels(call: Call, { labels, offset }: Where, batch: AnyBatch | undefined): Piece<unknown> {
    const given = call.labels;
    if (hasDenseLabels(call)) {
      return this.#place({
        what: "labels",
        array: given as Uint8Array | Float32Array,
        offset: 3 * offset,
        into: labels === "memory" ? () => (batch as AnyBatch).labels : undefined,
      });
    }
    const lists = ArrayBuffer.isView(given) ? { labels: given } : (given as Record<string, ArrayBufferView>);
    for (const [name, array] of Object.entries(lists)) this.#watch(name, () => array);
    return () => given;
  }

  #gradient(
    { logits }: Call,
    at: "fresh" | "apart" | "memory",
    offset: number,
    batch: AnyBatch | undefined,
  ): Piece<Float32Array> | undefined {
    if (at === "fresh") return undefined;
    return this.#place({
      what: "out.grad",
      array: new Float32Array(logits.length),
      offset: 5 * offset,
      isWritten: true,
      into: at === "memory" ? () => (batch as AnyBatch).grad : undefined,
    });
  }

  #options({ own, classes, reduction, gradient, rowWeights, mask }: Call): object {
    const given = { ...own, classes, reduction, gradient, rowWeights, mask };
    const options: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) options[name] = value;
      if (ArrayBuffer.isView(value)) this.#watch(name, () => value);
    }
    const out = {
      ...(this.#outGrad && { grad: this.#outGrad() }),
      ...(this.#outLoss && { loss: this.#outLoss() }),
    };
    return Object.keys(out).length > 0 ? { ...options, out } : options;
  }

  #place<T extends Float32Array | Uint8Array>({ what, array, offset, isWritten, into }: Placed<T>): Piece<T> {
    const start = offset % AROUND;
    const size = array.BYTES_PER_ELEMENT;
    let whole = into;
    if (!whole) {
      const Type = array.constructor as new (length: number) => T;
      const apart = new Type(array.length + AROUND);
      bytesOf(apart).fill(CANARY);
      whole = () => apart;
    }
    const read = whole;
    const piece = () => read().subarray(start, start + array.length) as T;
    piece().set(array);
    this.#watch(what, read, isWritten ? [start * size, (start + array.length) * size] : undefined);
    return piece;
  }

  #watch(what: string, read: Piece<ArrayBufferView>, [from, to]: [number, number] = [0, 0]): void {
    this.#watched.push({ what, read, before: new Uint8Array(), from, to });
  }

  /** What has changed that should not have; after an error that is all. */
  changed(isError: boolean): string | undefined {
    for (const { what, read, before, from, to } of this.#watched) {
      const after = bytesOf(read());
      if (after.length !== before.length) return `${what} has another length`;
      const mayChange = (i: number) => !isError && i >= from && i < to;
      const at = after.findIndex((byte, i) => byte !== before[i] && !mayChange(i));
      if (at >= 0) return `byte ${at} of ${what}, or of what is around it, has changed`;
    }
    return undefined;
  }

  /** Whether a result is where it belongs: in `out`, or apart from the memory of the instance. */
  misplaced(player: Player, { loss, grad, thresholdGrad }: Got): string | undefined {
    const results = { loss, grad, thresholdGrad };
    const places = { loss: this.#outLoss, grad: this.#outGrad, thresholdGrad: undefined };
    for (const name of ["loss", "grad", "thresholdGrad"] as const) {
      const result = results[name];
      if (result === undefined || typeof result === "number") continue;
      const place = places[name]?.();
      if (place ? !isSame(result, place) : player.owns(result))
        return `the ${name} is where it does not belong`;
    }
    return undefined;
  }
}

/** Whether two arrays are the same elements of the same buffer. */
function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}
