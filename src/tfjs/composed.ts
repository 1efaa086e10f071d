import { fail } from "../engine/checks.js";
import type { LossDefinition } from "../engine/loss.js";
import { checkWeights, factorOf } from "../engine/validate.js";
import type * as registry from "../losses/index.js";
import type { Batch } from "./batch.js";
import { constant } from "./composed/ops.js";
import { asymmetric, focal, sigmoidCrossEntropy } from "./composed/points.js";
import type { ComposedFormula } from "./composed/row.js";
import { lsep, zlpr, zlprDivergence, zlprJoint } from "./composed/sides.js";
import { softmaxCrossEntropy } from "./composed/softmax.js";
import { type Numbers, numbersFor, toBytes, toFloats, toTensor } from "./numbers.js";
import { ownValues, type Settings } from "./options.js";
import { isTensor, shapeText, type Tensor, type TensorFlow } from "./tensorflow.js";

/**
 * The losses as operations of TensorFlow.js, for backends whose numbers cannot be read without waiting. One that has no
 * line here is computed by its kernel everywhere: of `combinatorialSoftmax`, the recursion would be an operation a class.
 */
const formulas: Partial<Record<keyof typeof registry, ComposedFormula<never>>> = {
  asymmetric,
  focal,
  lsep,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  zlpr,
  zlprDivergence,
  zlprJoint,
};

export function hasComposed(name: string): boolean {
  return name in formulas;
}

function sizeOf(numbers: Numbers): number {
  return "size" in numbers ? numbers.size : numbers.length;
}

/** A mask as numbers, one for each score. The values of a tensor are not looked at. */
function keepOf(tf: TensorFlow, { mask }: Settings, { yTrue, yPred, rows, classes }: Batch): Tensor {
  return constant(tf, () => {
    const all = tf.tensor(new Float32Array(rows * classes).fill(1), [rows, classes]);
    if (mask === undefined) return all;
    const numbers = numbersFor(mask, "options.mask", yTrue, yPred);
    const size = sizeOf(numbers);
    if (size !== rows * classes && size !== classes) {
      const expected = `${shapeText([rows, classes])} or ${shapeText([classes])}`;
      fail("RANGE", "options.mask", expected, `${size} elements`);
    }
    const known = isTensor(numbers) ? numbers : toBytes(tf, numbers, "options.mask");
    return tf.mul(all, tf.reshape(toTensor(tf, known), [-1, classes]));
  });
}

/** The weights of the rows, [rows]; none where all are 1. The values of a tensor are not looked at. */
function weightsOf(
  tf: TensorFlow,
  { rowWeights, reduction }: Settings,
  own: object,
  { yTrue, yPred, rows, hasIndices }: Batch,
): Tensor | undefined {
  const { ignoreIndex } = own as { ignoreIndex?: number };
  if (rowWeights === undefined && !hasIndices) return undefined;
  return constant(tf, () => {
    const counts = hasIndices
      ? tf.cast(tf.notEqual(tf.reshape(yTrue, [rows]), ignoreIndex ?? -1), "float32")
      : undefined;
    if (rowWeights === undefined) return counts as Tensor;
    const numbers = numbersFor(rowWeights, "options.rowWeights", yTrue, yPred);
    if (sizeOf(numbers) !== rows) {
      fail("RANGE", "options.rowWeights", `[rows] = ${rows} elements`, `${sizeOf(numbers)} elements`);
    }
    if (!isTensor(numbers)) {
      const known = toFloats(tf, numbers);
      checkWeights(known);
      factorOf(reduction, rows, known, "options.rowWeights");
    }
    const weights = tf.reshape(toTensor(tf, numbers), [rows]);
    return counts ? tf.mul(counts, weights) : weights;
  });
}

/** 0, 1, … of the classes, [1, classes]. */
function indicesOf(tf: TensorFlow, classes: number): Tensor {
  return tf.tensor(
    Float32Array.from({ length: classes }, (_, i) => i),
    [1, classes],
  );
}

function targetsOf(tf: TensorFlow, { yTrue, rows, classes, hasIndices }: Batch): Tensor {
  return constant(tf, () =>
    hasIndices
      ? tf.cast(tf.equal(tf.cast(tf.reshape(yTrue, [rows, 1]), "float32"), indicesOf(tf, classes)), "float32")
      : tf.cast(tf.reshape(yTrue, [rows, classes]), "float32"),
  );
}

/** A loss by operations of TensorFlow.js, differentiable as these are. */
export function composedLoss(
  tf: TensorFlow,
  name: string,
  definition: LossDefinition<object>,
  settings: Settings,
  batch: Batch,
): Tensor {
  const formula = formulas[name as keyof typeof formulas] as ComposedFormula<object>;
  const { yPred, rows, classes, leading } = batch;
  const { reduction } = settings;
  if (rows === 0 && reduction === "mean") {
    fail("EMPTY_REDUCTION", "yPred", 'at least one row for the "mean"', "none");
  }
  const own = ownValues(definition, settings.own, rows, classes);
  const weights = weightsOf(tf, settings, own, batch);
  const keep = keepOf(tf, settings, batch);
  const scores = tf.reshape(yPred, [rows, classes]);
  // A score that the mask leaves out counts for nothing, whatever it is.
  const s =
    settings.mask === undefined
      ? scores
      : tf.where(
          constant(tf, () => tf.greater(keep, 0)),
          scores,
          constant(tf, () => tf.sub(keep, keep)),
        );
  const losses = formula({ tf, s, y: targetsOf(tf, batch), keep, own });
  const weighted = weights ? tf.mul(weights, losses) : losses;
  if (reduction === "none") return tf.reshape(weighted, leading);
  if (reduction === "sum") return tf.sum(weighted);
  return weights ? tf.div(tf.sum(weighted), tf.sum(weights)) : tf.mean(losses);
}
