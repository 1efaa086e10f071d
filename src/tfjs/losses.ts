import { fail } from "../engine/checks.js";
import { definitionOf } from "../engine/definitions.js";
import * as registry from "../losses/index.js";
import type { CommonThreshold, Loss, LossOptions, Reduction } from "../types.js";
import { readBatch } from "./batch.js";
import { composedLoss, hasComposed } from "./composed.js";
import { type Kernel, kernelLoss } from "./kernel.js";
import type { Numbers, PerBatch } from "./numbers.js";
import { readOptions, type Via } from "./options.js";
import { withFirstOrder } from "./order.js";
import { isTensor, type Tensor, type TensorFlow, tensorFlow } from "./tensorflow.js";
import { inspectLater, makeWarning } from "./warning.js";

/** The name of a loss. */
export type TfjsLossName = keyof typeof registry;

/** What `model.compile({ loss })` takes: labels and raw scores in, the loss out, differentiable by the scores. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The options of every loss. */
export interface TfjsLossOptions {
  /**
   * `"mean"` (default) and `"sum"` give a scalar; `"none"` the loss of each row, of the shape of the scores without the
   * classes.
   */
  reduction?: Reduction;
  /** A weight ≥ 0 a row, or a function that gives those of a batch. */
  rowWeights?: Numbers | PerBatch;
  /** 0 leaves a class out, 1 keeps it: one for each score, or one a class; or a function that gives those of a batch. */
  mask?: Numbers | PerBatch;
  /** `false`: no warning where the scores look like probabilities, and none are read for it. */
  warn?: boolean;
  /** Default: `"kernel"` on the backends `cpu` and `wasm`, `"composed"` on all others. */
  via?: Via;
}

type OptionsOf<L> = L extends (logits: never, labels: never, options: infer Options) => unknown
  ? Omit<Options, keyof LossOptions | "threshold"> &
      ("threshold" extends keyof Options ? CommonThreshold : unknown)
  : never;

/** The options that only this loss has. */
export type OwnOptions<Name extends TfjsLossName> = Name extends "combinatorialSoftmax"
  ? registry.CombinatorialSoftmaxOptions & CommonThreshold
  : OptionsOf<(typeof registry)[Name]>;

/** Every loss by its name, as a function that makes it for a model. */
export type TfjsLosses = {
  [Name in TfjsLossName]: (options?: OwnOptions<Name> & TfjsLossOptions) => LossFunction;
};

/** Backends whose numbers can be read at once. */
const IN_MEMORY = ["cpu", "wasm"];

function viaFor(tf: TensorFlow, name: string): Via {
  return IN_MEMORY.includes(tf.getBackend()) || !hasComposed(name) ? "kernel" : "composed";
}

/** Refuses what TensorFlow.js hands to a loss, where it was given the function that makes one. */
function checkMade(name: string, options: unknown, others: readonly unknown[]): void {
  if (!isTensor(options) && others.length === 0) return;
  const received = isTensor(options) ? "a tensor" : `${others.length + 1} arguments`;
  fail("TYPE", "options", `to be called first, \`loss: tfjsLosses(tf).${name}()\``, received);
}

/** The function that makes one loss for models. */
function makerOf(tf: TensorFlow, name: string, loss: Loss<object, unknown>) {
  const definition = definitionOf(loss);
  const warn = makeWarning(name);
  return (options: unknown = {}, ...others: unknown[]): LossFunction => {
    checkMade(name, options, others);
    const settings = readOptions(definition, options);
    if (settings.via === "composed" && !hasComposed(name)) {
      fail("UNSUPPORTED", "options.via", `"kernel", the only way to compute ${name}`, '"composed"');
    }
    const kernel: Kernel = { loss, definition, settings, inspect: settings.warn ? warn : () => {} };
    const look = settings.warn ? inspectLater(tf, warn) : () => {};
    function lossFunction(yTrue: Tensor, yPred: Tensor): Tensor {
      return tf.tidy(() => {
        const batch = readBatch(definition.labels, [yTrue, yPred]);
        const via = settings.via ?? viaFor(tf, name);
        if (via === "kernel") return kernelLoss(tf, kernel, batch);
        const composed = withFirstOrder(tf, composedLoss(tf, name, definition, settings, batch));
        look(yPred);
        return composed;
      });
    }
    return Object.defineProperty(lossFunction, "name", { value: name });
  };
}

/**
 * The losses of this package for models of TensorFlow.js, whose last layer gives raw scores: no sigmoid, no softmax.
 *
 * Each is called with its own options, `reduction`, `rowWeights`, `mask`, `warn` and `via`, and gives a function
 * `(yTrue, yPred) => tensor` for `model.compile`, or for a training loop of yours.
 *
 * `yPred` is float32 [batch, …, classes]. `yTrue` has the same shape and any dtype: 0 and 1, or where the loss takes soft
 * labels numbers from 0 to 1; `softmaxCrossEntropy` also takes class indices [batch, …] or [batch, …, 1].
 *
 * On the backends `cpu` and `wasm` the kernels compute loss and gradient in one call, the loss alone where no gradient is
 * asked for. On others, operations of TensorFlow.js compute it, so that nothing is read back from a GPU;
 * `combinatorialSoftmax` alone is computed by its kernel everywhere. Those operations do not check the values of labels.
 *
 * @param tf TensorFlow.js: what `import * as tf from "@tensorflow/tfjs"` gives
 * @returns every loss by its name
 * @throws LossError for options of the wrong type or range, at once; for tensors of the wrong shape, type or values, naming
 *   `yTrue` or `yPred`, when the loss is computed
 *
 * @category TensorFlow.js
 * @example
 * const loss = tfjsLosses(tf).zlpr();
 * loss(tf.tensor2d([[1, 0, 0]]), tf.tensor2d([[2, -1, 0.5]])).arraySync(); // → 1.2310…
 * model.compile({ optimizer: "adam", loss });
 */
export function tfjsLosses(tf: TensorFlow): TfjsLosses {
  const checked = tensorFlow(tf);
  const makers = Object.entries(registry).map(([name, loss]) => [
    name,
    makerOf(checked, name, loss as Loss<object, unknown>),
  ]);
  return Object.fromEntries(makers) as TfjsLosses;
}
