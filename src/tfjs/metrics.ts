import { fail, record } from "../engine/checks.js";
import { finite } from "../engine/options.js";
import { invalidLabel } from "../engine/rows.js";
import type { Decisions } from "../predict/decisions.js";
import { createEvaluator } from "../predict/evaluator.js";
import type { RowRanking } from "../predict/rowRanking.js";
import { type Batch, readBatch } from "./batch.js";
import { withTensorNames } from "./errors.js";
import { writeBytes } from "./numbers.js";
import { type Tensor, type TensorFlow, tensorFlow } from "./tensorflow.js";
import { readValues } from "./values.js";

/** The options of `tfjsMetrics`. */
export interface TfjsMetricsOptions {
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
}

/** What `model.compile({ metrics })` takes. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Those of decisions: what lies above the threshold. */
const DECISIONS = [
  "samplesF1",
  "samplesPrecision",
  "samplesRecall",
  "jaccard",
  "subsetAccuracy",
  "hammingLoss",
  "microF1",
  "microPrecision",
  "microRecall",
] as const satisfies readonly (keyof Decisions)[];

const RANKINGS = [
  "averagePrecision",
  "rankingLoss",
  "coverageError",
  "oneError",
] as const satisfies readonly (keyof RowRanking)[];

/** Every measure by its name. */
export type TfjsMetrics = Record<(typeof DECISIONS)[number] | (typeof RANKINGS)[number], MetricFunction>;

interface Inputs {
  logits: Float32Array;
  labels: Uint8Array;
  rows: number;
  classes: number;
}

function inputsOf(tf: TensorFlow, { yTrue, yPred, rows, classes }: Batch): Inputs {
  if (rows === 0) fail("EMPTY_REDUCTION", "yPred", "at least one row", "none");
  // Tensors may move when they are read: the views are taken when both are in place.
  readValues(tf, yTrue);
  readValues(tf, yPred);
  const values = readValues(tf, yTrue);
  const labels = new Uint8Array(values.length);
  const other = writeBytes(values, labels);
  if (other >= 0) throw invalidLabel("multi-hot", values[other] as number, other, classes);
  return { logits: readValues(tf, yPred) as Float32Array, labels, rows, classes };
}

/** The measures of the last batch: all metrics of a model are asked for one batch before the next comes. */
function lastOf<T>(tf: TensorFlow, measure: (inputs: Inputs) => T): (batch: Batch) => T {
  let last: { yTrue: object; yPred: object; classes: number; measures: T } | undefined;
  return (batch) => {
    const { classes } = batch;
    const [yTrue, yPred] = [batch.yTrue.dataId, batch.yPred.dataId];
    // Tensors that differ in shape alone share their data.
    if (last?.yTrue !== yTrue || last.yPred !== yPred || last.classes !== classes) {
      last = { yTrue, yPred, classes, measures: measure(withTensorNames(() => inputsOf(tf, batch))) };
    }
    return last.measures;
  };
}

/**
 * The measures of `evaluate` as metrics of a model of TensorFlow.js, under their own names in its history.
 *
 * Means over the rows, which are exact over an epoch, too: `samplesF1`, `samplesPrecision`, `samplesRecall`, `jaccard`,
 * `subsetAccuracy`, `hammingLoss`, `averagePrecision`, `rankingLoss`, `coverageError`, `oneError`. Over an epoch, TensorFlow.js
 * gives the means of the batches' values: `microF1`, `microPrecision` and `microRecall` differ a little from those of the
 * whole. Macro averages are left out: in a batch most classes have no positives. For exact ones, call `evaluate` on
 * what `model.predict` gives.
 *
 * `yTrue` is of 0 and 1, of the shape of `yPred`. The scores are read back, for which a GPU has to wait.
 *
 * @param tf TensorFlow.js: what `import * as tf from "@tensorflow/tfjs"` gives
 * @param options `threshold`, above which a class is predicted: a finite number, default 0
 * @returns every measure by its name, as a function `(yTrue, yPred) => scalar`
 * @throws LossError for options of the wrong type or range, and, naming `yTrue` or `yPred`, for such tensors
 *
 * @category TensorFlow.js
 * @example
 * const { microF1, averagePrecision } = tfjsMetrics(tf);
 * microF1(tf.tensor2d([[1, 0, 0]]), tf.tensor2d([[2, -1, 0.5]])).arraySync(); // → 0.6666…
 * model.compile({ optimizer: "adam", loss: tfjsLosses(tf).zlpr(), metrics: [microF1, averagePrecision] });
 */
export function tfjsMetrics(tf: TensorFlow, options: TfjsMetricsOptions = {}): TfjsMetrics {
  const checked = tensorFlow(tf);
  const given = record(options, "options", ["threshold"]);
  const threshold = finite(0)(given.threshold, "options.threshold");
  const decided = lastOf(checked, ({ logits, labels, classes }) => {
    const evaluator = createEvaluator({ classes, threshold, ranking: false });
    evaluator.add(logits, labels);
    return evaluator.result();
  });
  const ranked = lastOf(checked, ({ logits, labels, classes }) => {
    const evaluator = createEvaluator({ classes });
    evaluator.add(logits, labels);
    return evaluator.result();
  });
  function metric(name: string, measure: (batch: Batch) => number): [string, MetricFunction] {
    const metricFunction = (yTrue: Tensor, yPred: Tensor) => {
      // Unlike a loss of `tfjsLosses`, it is handed over as it is.
      if (yTrue === undefined)
        fail("TYPE", "yTrue", `a tensor; in \`metrics: [${name}]\` without ()`, "undefined");
      return checked.scalar(measure(readBatch(["multi-hot"], [yTrue, yPred])), "float32");
    };
    // TensorFlow.js names the metric in the history after the function.
    return [name, Object.defineProperty(metricFunction, "name", { value: name })];
  }
  return Object.fromEntries([
    ...DECISIONS.map((name) => metric(name, (batch) => decided(batch)[name])),
    ...RANKINGS.map((name) => metric(name, (batch) => ranked(batch)[name])),
  ]) as TfjsMetrics;
}
