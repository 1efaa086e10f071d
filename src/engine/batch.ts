import type { Batch } from "./engine.js";
import { LossError } from "./error.js";

/** Views of the arrays of a batch. */
export interface BatchArrays {
  logits(): Float32Array;
  labels(): Uint8Array | Float32Array;
  grad(): Float32Array;
  release(): void;
}

/** A batch over arrays that may move: they are looked up at every reading. */
export function makeBatch(
  rows: number,
  classes: number,
  arrays: BatchArrays,
): Batch<Uint8Array | Float32Array> {
  let isFree = false;
  function live<T>(read: () => T): T {
    if (isFree) {
      throw new LossError("DISPOSED", {
        argument: "batch",
        expected: "a batch in use",
        received: "one that was freed",
      });
    }
    return read();
  }
  function free(): void {
    if (!isFree) arrays.release();
    isFree = true;
  }
  return {
    rows,
    classes,
    get logits() {
      return live(arrays.logits);
    },
    get labels() {
      return live(arrays.labels);
    },
    get grad() {
      return live(arrays.grad);
    },
    free,
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: free,
  } as Batch<Uint8Array | Float32Array>;
}
