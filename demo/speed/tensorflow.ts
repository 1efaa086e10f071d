/* The loss composed of operations of TensorFlow.js. In a file of its own, so that it is loaded only if it is asked for. */
import * as tensorflow from "@tensorflow/tfjs";
import { composedRowLosses, type TensorFlow } from "../../bench/peers/composed.ts";
import type { Candidate, Task } from "./candidates.ts";

const tf = tensorflow as unknown as TensorFlow;

export async function loadTensorFlow(): Promise<(task: Task) => Candidate> {
  await tf.setBackend("cpu");
  await tf.ready();
  return composed;
}

function composed({ rows, classes, logits, labels }: Task): Candidate {
  const s = tf.tensor2d(logits, [rows, classes]);
  const y = tf.tensor2d(Float32Array.from(labels), [rows, classes]);
  const lossAndGradient = tf.valueAndGrad((x) => tf.mean(composedRowLosses(tf, x, y)));
  return {
    name: "tensorflow",
    run() {
      const { value, grad } = lossAndGradient(s);
      const [loss] = value.dataSync();
      value.dispose();
      grad.dispose();
      return loss;
    },
    free() {
      s.dispose();
      y.dispose();
    },
  };
}
