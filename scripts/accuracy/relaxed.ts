import { setFlagsFromString } from "node:v8";
import { createLosses, LossError } from "../../src/index.ts";

/** Whether this process runs the relaxed kernels. */
export function hasRelaxed(): boolean {
  try {
    createLosses({ variant: "relaxed" });
    return true;
  } catch (error) {
    if (error instanceof LossError && error.code === "UNSUPPORTED") return false;
    throw error;
  }
}

/** Node 20 has the relaxed instructions behind a flag, which may be set before they are used for the first time. */
export function enableRelaxed(): void {
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
}
