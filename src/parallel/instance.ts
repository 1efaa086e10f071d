import { instantiateSync } from "@assemblyscript/loader";
import type { Kernels } from "../engine/load.js";

/** What instances export that share their memory, by assembly/threads.ts. */
export type SharedKernels = Kernels & {
  setPlace(place: number): void;
  setLosses(losses: number): void;
};

/** Where a thread finds what it shares, and what is its own. */
export interface SharedPlaces {
  /** The words of `Turns`. */
  words: number;
  /** The numbers of the job. */
  job: number;
  /** A word: where the stage of this thread is. */
  stage: number;
  /** What its kernels work with. */
  statics: number;
}

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
