import type { GradSaveFunc } from "@tensorflow/tfjs-core";
import type { LossDefinition } from "../engine/loss.js";
import type { Loss } from "../types.js";
import type { Batch } from "./batch.js";
import { withTensorNames } from "./errors.js";
import { kernelLabels } from "./labels.js";
import { numbersFor, toBytes, toFloats } from "./numbers.js";
import { ownValues, type Settings } from "./options.js";
import { refuseSecondOrder } from "./order.js";
import type { Tensor, TensorFlow } from "./tensorflow.js";
import { readValues, writeTensor } from "./values.js";

/** A loss of the package and what is done with it. */
export interface Kernel {
  loss: Loss<object, unknown>;
  definition: LossDefinition<object>;
  settings: Settings;
  /** Sees the scores of every batch. */
  inspect(scores: Float32Array): void;
}

/** Calls the loss on a batch; `grad` is where its gradient is wanted. */
function call(tf: TensorFlow, kernel: Kernel, batch: Batch): (grad?: Float32Array) => number | Float32Array {
  const { definition, loss, inspect } = kernel;
  const { reduction, own, rowWeights, mask } = kernel.settings;
  const { yTrue, yPred, rows, classes } = batch;
  const numbers = (option: NonNullable<typeof mask>, argument: string) =>
    numbersFor(option, argument, yTrue, yPred);
  const checked = ownValues(definition, own, rows, classes);
  const options = {
    ...own,
    classes,
    reduction,
    rowWeights: rowWeights && toFloats(tf, numbers(rowWeights, "options.rowWeights")),
    mask: mask && toBytes(tf, numbers(mask, "options.mask"), "options.mask"),
  };
  // To read a tensor may move it to this backend, which takes memory: that has to be over when the gradient has got its own.
  inspect(readValues(tf, yPred) as Float32Array);
  readValues(tf, yTrue);
  return (grad) =>
    withTensorNames(() => {
      const logits = readValues(tf, yPred) as Float32Array;
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

/** The gradient times dy: one number for all, or one a row. */
function scaled(tf: TensorFlow, gradient: Tensor, dy: Tensor, classes: number): Tensor {
  const factors = Float32Array.from(readValues(tf, dy));
  // What training asks for. A clone shares the memory.
  if (factors.every((factor) => factor === 1)) return tf.clone(gradient);
  readValues(tf, gradient);
  return writeTensor(tf, gradient.shape, (into) => {
    const from = readValues(tf, gradient);
    const rowsPerFactor = from.length / classes / factors.length;
    const length = rowsPerFactor * classes;
    for (let at = 0, k = 0; at < from.length; at += length, k++) {
      const factor = factors[k] as number;
      for (let i = at; i < at + length; i++) into[i] = factor * (from[i] as number);
    }
  });
}

/**
 * A loss by the kernels. In training, one call computes it and its gradient, which then only waits to be asked for; with no
 * gradient to come, the loss alone.
 */
export function kernelLoss(tf: TensorFlow, kernel: Kernel, batch: Batch): Tensor {
  const { yPred, leading, classes } = batch;
  if (!tf.engine().isTapeOn()) return valueTensor(tf, call(tf, kernel, batch)(), leading);
  return tf.customGrad((_, save) => {
    const run = call(tf, kernel, batch);
    let loss: number | Float32Array = NaN;
    const grad = writeTensor(tf, yPred.shape, (values) => {
      loss = run(values);
    });
    (save as GradSaveFunc)([grad]);
    return {
      value: valueTensor(tf, loss, leading),
      gradFunc(dy, [gradient]) {
        refuseSecondOrder(tf);
        return scaled(tf, gradient as Tensor, dy, classes);
      },
    };
  })(yPred);
}
