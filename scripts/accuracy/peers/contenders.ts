import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { createLosses, type Variant } from "../../../src/index.ts";
import { type LossName, lossOf } from "../../../test/support/losses.ts";
import type { Example } from "../../../test/support/random.ts";
import { plain } from "./plain.ts";
import { usual } from "./usual.ts";

/** Loss of each row and gradient of their sum, in float32. */
export interface Results {
  loss: Float32Array;
  grad: Float32Array;
}

/** Something that computes losses. */
export interface Contender {
  name: string;
  /** Undefined for a loss that it has no form of. */
  of(loss: LossName): ((given: Example) => Results) | undefined;
}

function kernels(variant: Variant): Contender {
  const losses = createLosses({ variant });
  return {
    name: variant,
    of:
      (loss) =>
      ({ logits, labels, classes }) =>
        lossOf(losses, loss)(logits, labels, { classes, reduction: "none" }),
  };
}

const loop: Contender = {
  name: "plain float32",
  of(name) {
    const row = plain[name];
    if (!row) return undefined;
    return ({ rows, classes, logits, labels }) => {
      const grad = new Float32Array(logits.length);
      const loss = Float32Array.from({ length: rows }, (_, index) => {
        const [from, to] = [index * classes, (index + 1) * classes];
        return row(logits.subarray(from, to), labels.subarray(from, to), grad.subarray(from, to));
      });
      return { loss, grad };
    };
  },
};

async function composed(backend: string): Promise<Contender> {
  await tf.setBackend(backend);
  await tf.ready();
  return {
    name: `TensorFlow.js ${backend}`,
    of(name) {
      const formula = usual[name];
      if (!formula) return undefined;
      return ({ rows, classes, logits, labels }) => {
        // Both are ready: the promise is for backends that are not.
        void tf.setBackend(backend);
        return tf.tidy(() => {
          const s = tf.tensor2d(logits, [rows, classes]);
          const y = tf.tensor2d(Float32Array.from(labels), [rows, classes]);
          const grad = tf.grad((x) => tf.sum(formula(x, y)))(s);
          const loss = formula(s, y);
          return {
            loss: loss.dataSync().slice() as Float32Array,
            grad: grad.dataSync().slice() as Float32Array,
          };
        });
      };
    },
  };
}

/** The kernels that run here, the plain JavaScript of the package, and others. */
export async function contenders(variants: readonly Variant[]): Promise<Contender[]> {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  setThreadsCount(1);
  return [...variants.map(kernels), loop, await composed("cpu"), await composed("wasm")];
}
