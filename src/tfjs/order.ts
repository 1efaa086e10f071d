import { fail } from "../engine/checks.js";
import type { Tensor, TensorFlow } from "./tensorflow.js";

/**
 * Refuses a gradient that is to be differentiated itself: the kernels have none, and of operations that keep their results,
 * such as the exponential, TensorFlow.js computes it without a part, and without a word.
 */
export function refuseSecondOrder(tf: TensorFlow): void {
  if (!tf.engine().isTapeOn()) return;
  fail(
    "UNSUPPORTED",
    "yPred",
    "a gradient that is used as it is",
    "one that is to be differentiated in turn",
  );
}

/** The same loss, whose gradient cannot be differentiated. */
export function withFirstOrder(tf: TensorFlow, loss: Tensor): Tensor {
  return tf.customGrad((value) => ({
    value: tf.clone(value as Tensor),
    gradFunc(dy) {
      refuseSecondOrder(tf);
      return tf.clone(dy);
    },
  }))(loss);
}
