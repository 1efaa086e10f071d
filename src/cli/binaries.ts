/*
 * Stands for build/binaries.ts in the command line: the same binaries, read from the files beside it, so that the package
 * does not have to carry them once more as text.
 */
import { readFileSync } from "node:fs";

export { exported } from "../../build/binaries.js";

function base64Of(file: string): string {
  return readFileSync(new URL(file, import.meta.url)).toString("base64");
}

export const simd: string = base64Of("kernels.wasm");

export const relaxed: string = base64Of("kernels-relaxed.wasm");
