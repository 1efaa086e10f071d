import { fileURLToPath } from "node:url";
import type { TensorFlow } from "./composed.ts";
import { folderOf, loadInstalled } from "./installed.ts";
import type { Bounds } from "./peer.ts";

interface WasmBackend {
  setWasmPaths(folder: string): void;
  setThreadsCount(count: number): void;
}

export const BACKENDS = ["cpu", "wasm"] as const;

/** TensorFlow.js with both backends ready, one thread each. */
export async function loadTensorFlow(): Promise<{ tf: TensorFlow; version: string }> {
  const { library: tf, version } = await loadInstalled<TensorFlow>("@tensorflow/tfjs");
  const { library: wasm } = await loadInstalled<WasmBackend>("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(fileURLToPath(new URL("dist/", folderOf("@tensorflow/tfjs-backend-wasm"))));
  wasm.setThreadsCount(1);
  for (const backend of BACKENDS) {
    await tf.setBackend(backend);
    await tf.ready();
  }
  return { tf, version };
}

/** Makes a backend that is ready the one that computes. Its promise is there for backends that are not. */
export function useBackend(tf: TensorFlow, backend: string): void {
  if (tf.getBackend() !== backend) void tf.setBackend(backend);
}

/**
 * The gradient of a row's maximum is subtracted from itself, and what rounding leaves of it falls on the class with the
 * greatest score: there it may be off in the second digit, while the mean error is small.
 */
export const COMPOSED_BOUNDS: Bounds = { loss: 8, grad: 2 ** 20, meanGrad: 128 };
