import { type Batch, createLosses, type Losses, type Variant } from "../../src/index.ts";
import { type LossName, lossOf } from "../support/losses.ts";
import type { Arguments } from "./faults.ts";

/** A batch of either kind. */
export type AnyBatch = Batch | Batch<Float32Array>;

/** More batches than these are not kept: the memory has to stay small. */
const MOST_BATCHES = 4;

/** To which size an instance that lives long is made to grow. */
const MOST_GROWN = 2 ** 20;

/** An instance, and the batches in its memory. */
export class Player {
  readonly variant: Variant;
  readonly #losses: Losses;
  /** A view of the memory. */
  readonly #probe: Batch;
  readonly #batches: AnyBatch[] = [];

  constructor(variant: Variant) {
    this.variant = variant;
    this.#losses = createLosses({ variant });
    this.#probe = this.#losses.allocate(1, 1);
  }

  /** How large the memory of the instance is; 0 if it has none. */
  get bytes(): number {
    return this.variant === "js" ? 0 : this.#probe.logits.buffer.byteLength;
  }

  /** Whether an array lies in the memory of the instance. */
  owns(array: ArrayBufferView): boolean {
    return this.variant !== "js" && array.buffer === this.#probe.logits.buffer;
  }

  /** Calls a loss with anything. */
  call(name: LossName, { logits, labels, options }: Arguments): unknown {
    return lossOf(this.#losses, name)(logits as Float32Array, labels, options as never);
  }

  /** Takes a batch; the oldest is given back if there are many. */
  allocate(rows: number, classes: number, isSoft: boolean): AnyBatch {
    if (this.#batches.length === MOST_BATCHES) this.free(0);
    const batch = isSoft
      ? this.#losses.allocate(rows, classes, { labels: "soft" })
      : this.#losses.allocate(rows, classes);
    this.#batches.push(batch);
    return batch;
  }

  /** Gives a batch back, and returns it; undefined if there is none. */
  free(index: number): AnyBatch | undefined {
    const [batch] = this.#batches.splice(index % Math.max(1, this.#batches.length), 1);
    batch?.free();
    return batch;
  }

  freeAll(): void {
    while (this.#batches.length > 0) this.free(0);
  }

  /** Makes the memory grow, which detaches all views of it, unless it has grown enough: whether it did. */
  grow(): boolean {
    const { bytes } = this;
    if (bytes === 0 || bytes >= MOST_GROWN) return false;
    this.#losses.allocate(1, bytes / 4).free();
    return true;
  }

  /** Lets the memory become as large as it is made to be, so that what makes it larger afterwards is a leak. */
  growFully(): void {
    while (this.grow());
  }

  /** A batch in use that has room for so many elements, or a new one. */
  batchFor(length: number, isSoft: boolean): AnyBatch {
    const found = this.#batches.find(
      ({ rows, classes, labels }) => labels instanceof Float32Array === isSoft && rows * classes >= length,
    );
    return found ?? this.allocate(1, length, isSoft);
  }
}
