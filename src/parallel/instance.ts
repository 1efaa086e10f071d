import { instantiateSync } from "@assemblyscript/loader";
import type { Kernels } from "../engine/load.js";
import type { RowWork } from "../engine/rowWork.js";
import type { SharedRows } from "./turns.js";

/** What instances export that share their memory, by assembly/threads.ts. */
export type SharedKernels = Kernels & {
  setPlace(place: number): void;
  setLosses(losses: number): void;
};

/** An instance over shared memory, whose kernels work at `statics`: as many bytes as HEAP_BASE, all 0. */
export function sharedKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  statics: number,
): SharedKernels {
  // The plain functions: the loader's own ones collect their arguments, which takes longer than a small kernel.
  const { exports } = instantiateSync<SharedKernels>(module, { env: { memory } }).instance;
  const kernels = { ...exports } as SharedKernels;
  kernels.setPlace(statics);
  return kernels;
}

/** Work on rows, whose losses are noted down, float64. */
export function rowsOf(kernels: SharedKernels, work: RowWork, rowLosses: number): SharedRows {
  return {
    check: (start, rows) => work.check(start, rows),
    compute(start, rows) {
      kernels.setLosses(rowLosses + 8 * start);
      work.compute(start, rows, 0);
    },
  };
}
