import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type TensorFlow as Composing, composedRowLosses } from "../../bench/peers/composed.ts";
import { hasComposed } from "../../src/tfjs/composed.ts";
import {
  type LossFunction,
  type TfjsLosses,
  type TfjsLossOptions,
  tfjsLosses,
  type Via,
} from "../../src/tfjs.ts";
import { effort } from "../support/effort.ts";
import { type LossName, names } from "../support/losses.ts";

export const BACKENDS = effort(["cpu", "wasm"], ["cpu"]);

export const VIAS = ["kernel", "composed"] as const;

setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
setThreadsCount(1);

/** Makes a backend the one that computes. */
export async function useBackend(backend: string): Promise<void> {
  await tf.setBackend(backend);
  await tf.ready();
}

/** After all that only waits for its turn. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A loss by its name; its own options are not checked by the compiler. */
export function makeLoss(
  name: LossName,
  options: TfjsLossOptions & Record<string, unknown> = {},
  losses: TfjsLosses = tfjsLosses(tf),
): LossFunction {
  return losses[name](options as never);
}

/** The numbers of a tensor, which is disposed of. */
export function take(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync().slice() as Float32Array;
  tensor.dispose();
  return values;
}

/** The loss and its gradient. */
export function valueAndGrad(
  loss: LossFunction,
  yTrue: tf.Tensor,
  yPred: tf.Tensor,
  dy?: tf.Tensor,
): { value: Float32Array; grad: Float32Array } {
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor) => loss(yTrue, x) as tf.Scalar)(
    [yPred],
    dy as tf.Scalar,
  );
  return { value: take(value), grad: take(grads[0] as tf.Tensor) };
}

/** The loss as the article gives it for Keras, its mean. */
export const articleLoss: LossFunction = (yTrue, yPred) =>
  tf.mean(
    composedRowLosses(
      tf as unknown as Composing,
      yPred as never,
      tf.cast(yTrue, "float32") as never,
    ) as never,
  );

/** Those of multi-hot labels with a composed form. */
export const composedNames = names.filter(hasComposed);

/** The ways to compute a loss. */
export function viasOf(name: LossName): readonly Via[] {
  return hasComposed(name) ? VIAS : ["kernel"];
}
