import { fail } from "../engine/checks.js";
import type { LossDefinition } from "../engine/loss.js";
import type { Loss } from "../types.js";
import type { Batch } from "./batch.js";
import { withTensorNames } from "./errors.js";
import { kernelLabels } from "./labels.js";
import { numbersFor, toBytes, toFloats } from "./numbers.js";
import { ownValues, type Settings } from "./options.js";
import { refuseSecondOrder } from "./order.js";
import type { Tensor, TensorFlow } from "./tensorflow.js";
import { giveTensor, readValues, takeArray } from "./values.js";

/** A loss of the package and what is done with it. */
export interface Kernel {
  loss: Loss<object, unknown>;
  definition: LossDefinition<object>;
  settings: Settings;
  /** Sees the scores of every batch. */
  inspect(scores: Float32Array): void;
}

/** The loss of a batch; its gradient is written to `grad`, if that is given. */
function compute(tf: TensorFlow, kernel: Kernel, batch: Batch, grad?: Float32Array): number | Float32Array {
  const { definition, loss, inspect } = kernel;
  const { reduction, own, rowWeights, mask } = kernel.settings;
  const { yTrue, yPred, rows, classes } = batch;
  const numbers = (option: NonNullable<typeof mask>, argument: string) =>
    numbersFor(option, argument, yTrue, yPred);
  const options = {
    ...own,
    classes,
    reduction,
    rowWeights: rowWeights && toFloats(tf, numbers(rowWeights, "options.rowWeights")),
    mask: mask && toBytes(tf, numbers(mask, "options.mask"), "options.mask"),
  };
  // To read a tensor of another backend moves it here, and may move all others: both are here before one is used.
  readValues(tf, yTrue);
  const logits = readValues(tf, yPred) as Float32Array;
  inspect(logits);
  return withTensorNames(() => {
    const checked = ownValues(definition, own, rows, classes);
    const labels = kernelLabels(tf, definition, checked, batch, mask !== undefined);
    return grad
      ? loss(logits, labels, { ...options, out: { grad } }).loss
      : loss(logits, labels, { ...options, gradient: false }).loss;
  });
}

function valueTensor(tf: TensorFlow, value: number | Float32Array, leading: number[]): Tensor {
  // The losses of the rows are in an array of their own, which the backend may keep.
  return typeof value === "number" ? tf.scalar(value, "float32") : tf.tensor(value, leading, "float32");
}

/** Multiplies a gradient by dy, in place: by one number, or by one for each of its rows. */
function scale(gradient: Float32Array, factors: Float32Array): void {
  const length = gradient.length / factors.length;
  for (let at = 0, k = 0; at < gradient.length; at += length, k++) {
    const factor = factors[k] as number;
    // What training asks for.
    if (factor === 1) continue;
    for (let i = at; i < at + length; i++) gradient[i] = factor * (gradient[i] as number);
  }
}

/**
 * A loss by the kernels. In training, one call computes it and its gradient, which then only waits to be asked for, in an
 * array of its own: what is saved as a tensor would be copied. With no gradient to come, the loss alone.
 */
export function kernelLoss(tf: TensorFlow, kernel: Kernel, batch: Batch): Tensor {
  const { yPred, leading, rows, classes } = batch;
  if (!tf.engine().isTapeOn()) return valueTensor(tf, compute(tf, kernel, batch), leading);
  return tf.customGrad(() => {
    let gradient: Float32Array<ArrayBuffer> | undefined = takeArray(rows * classes);
    const loss = compute(tf, kernel, batch, gradient);
    return {
      value: valueTensor(tf, loss, leading),
      gradFunc(dy) {
        refuseSecondOrder(tf);
        if (!gradient) fail("UNSUPPORTED", "yPred", "one gradient of a loss", "a second one");
        scale(gradient, readValues(tf, dy) as Float32Array);
        const given = giveTensor(tf, gradient, yPred.shape);
        gradient = undefined;
        return given;
      },
    };
  })(yPred);
}
