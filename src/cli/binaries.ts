import { readFileSync } from "node:fs";
import type { WasmVariant } from "../engine/binaries.js";

/*
 * Stands for src/engine/binaries.ts in the command line, which is built into a file beside the binaries: it need not carry
 * them once more, nor unpack them.
 */

const FILES = { simd: "kernels.wasm", relaxed: "kernels-relaxed.wasm" };

/** The bytes of a variant. */
export function bytesOf(variant: WasmVariant): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(FILES[variant], import.meta.url)));
}
