import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Sampled } from "./peers/sample.ts";
import type { Worst } from "./search/found.ts";
import type { Swept } from "./sweep/sweep.ts";

/** All that was measured. */
export interface Report {
  /** Of the binaries that were measured. */
  kernels: string;
  node: string;
  swept: Swept[];
  worst: Worst[];
  sampled: Sampled[];
}

/** What tells the kernels of this checkout from others: a change of either binary is one of this. */
export function digestOfKernels(): string {
  const hash = createHash("sha256");
  for (const variant of ["simd", "relaxed"]) {
    hash.update(readFileSync(new URL(`../../build/${variant}.wasm`, import.meta.url)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The worst of each loss, kind of labels, variant and result. */
export function worstOfEach(all: readonly Worst[]): Worst[] {
  const most = new Map<string, Worst>();
  for (const worst of all) {
    const place = [worst.loss, worst.labels, worst.variant, worst.target].join();
    const known = most.get(place);
    const tried = (known?.tried ?? 0) + worst.tried;
    most.set(place, { ...(known && known.error >= worst.error ? known : worst), tried });
  }
  return [...most.values()];
}
