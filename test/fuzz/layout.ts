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

type NumberArray = Float32Array | Uint8Array | Int32Array | Uint32Array;

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

/** A call, laid out. */
export class Layout {
  readonly args: Arguments;
  readonly #watched: Watched[] = [];
  /** The array that a result belongs in, as it is after the call. */
  readonly #outGrad: (() => Float32Array) | undefined;
  readonly #outLoss: Float32Array | undefined;

  constructor(player: Player, call: Call, where: Where) {
    const {
      logits: scores,
      labels: given,
      form,
      own,
      reduction,
      gradient,
      rowWeights,
      mask,
      classes,
      rows,
    } = call;
    const { offset } = where;
    const length = scores.length;
    const batch = this.#needsMemory(call, where)
      ? player.batchFor(length + AROUND, form === "soft")
      : undefined;
    if (batch) for (const array of [batch.logits, batch.labels, batch.grad]) bytesOf(array).fill(CANARY);

    const gradAt = gradient ? where.grad : "fresh";
    const isInPlace = gradAt === "in place";
    const logits = this.#place(
      scores,
      offset,
      "logits",
      isInPlace,
      where.logits === "memory" ? () => (batch as AnyBatch).logits : undefined,
    );
    const hasBytes = form === "multi-hot" || form === "soft";
    const labels = hasBytes
      ? this.#place(
          given as Uint8Array | Float32Array,
          (3 * offset) % AROUND,
          "labels",
          false,
          where.labels === "memory" ? () => (batch as AnyBatch).labels : undefined,
        )
      : this.#list(given);

    const out: { grad?: Float32Array; loss?: Float32Array } = {};
    if (isInPlace) {
      out.grad = logits();
      this.#outGrad = logits;
    } else if (gradAt !== "fresh") {
      const grad = this.#place(
        new Float32Array(length),
        (5 * offset) % AROUND,
        "out.grad",
        true,
        gradAt === "memory" ? () => (batch as AnyBatch).grad : undefined,
      );
      out.grad = grad();
      this.#outGrad = grad;
    }
    if (reduction === "none" && where.loss === "apart") {
      const loss = this.#place(new Float32Array(rows), offset, "out.loss", true);
      out.loss = loss();
      this.#outLoss = out.loss;
    }
    const options = Object.fromEntries(
      Object.entries({ ...own, classes, reduction, gradient, rowWeights, mask }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    for (const [name, value] of Object.entries(options))
      if (ArrayBuffer.isView(value)) this.#watch(name, () => value as never);
    this.args = {
      logits: logits(),
      labels: typeof labels === "function" ? labels() : labels,
      options: Object.keys(out).length > 0 ? { ...options, out } : options,
    };
    for (const watched of this.#watched) watched.before = bytesOf(watched.read()).slice();
  }

  #needsMemory({ form, gradient }: Call, { logits, labels, grad }: Where): boolean {
    const hasBytes = form === "multi-hot" || form === "soft";
    return logits === "memory" || (hasBytes && labels === "memory") || (gradient && grad === "memory");
  }

  /** Copies an array to where it is to lie: into an array of a batch, looked up at every reading, or into one of its own. */
  #place<T extends Float32Array | Uint8Array>(
    array: T,
    offset: number,
    what: string,
    isWritten: boolean,
    inMemory?: () => NumberArray,
  ): () => T {
    const own = inMemory ? undefined : (array.slice().constructor as new (length: number) => T);
    const apart = own && new own(array.length + AROUND);
    if (apart) bytesOf(apart).fill(CANARY);
    const whole = inMemory ?? (() => apart as T);
    const part = () => whole().subarray(offset, offset + array.length) as T;
    part().set(array);
    const size = array.BYTES_PER_ELEMENT;
    this.#watch(what, whole, isWritten ? [offset * size, (offset + array.length) * size] : undefined);
    return part;
  }

  #list(labels: unknown): unknown {
    const arrays = ArrayBuffer.isView(labels) ? { labels } : (labels as Record<string, ArrayBufferView>);
    for (const [name, array] of Object.entries(arrays)) this.#watch(name, () => array);
    return labels;
  }

  #watch(what: string, read: () => ArrayBufferView, [from, to]: [number, number] = [0, 0]): void {
    this.#watched.push({ what, read, before: new Uint8Array(), from, to });
  }

  /** What has changed that should not have; after an error that is all. */
  changed(isError: boolean): string | undefined {
    for (const { what, read, before, from, to } of this.#watched) {
      const after = bytesOf(read());
      const isAllowed = (i: number) => !isError && i >= from && i < to;
      const at =
        after.length === before.length
          ? after.findIndex((byte, i) => byte !== before[i] && !isAllowed(i))
          : 0;
      if (at >= 0) return `byte ${at} of ${what}, or of what is around it, has changed`;
    }
    return undefined;
  }

  /** Whether a result is where it belongs: in `out`, or apart from the memory of the instance. */
  misplaced(player: Player, { loss, grad, thresholdGrad }: Got): string | undefined {
    if (grad && this.#outGrad) {
      const right = this.#outGrad();
      const isThere =
        grad.buffer === right.buffer && grad.byteOffset === right.byteOffset && grad.length === right.length;
      if (!isThere) return "the gradient is not in out.grad";
    } else if (grad && player.owns(grad)) return "the gradient lies in the memory of the instance";
    if (this.#outLoss && loss !== this.#outLoss) return "the losses are not in out.loss";
    if (!this.#outLoss && typeof loss !== "number" && player.owns(loss))
      return "the losses lie in the memory of the instance";
    return thresholdGrad && player.owns(thresholdGrad)
      ? "the slopes lie in the memory of the instance"
      : undefined;
  }
}
