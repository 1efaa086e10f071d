import { describe } from "../engine/checks.js";
import { defaultEngine } from "../engine/default.js";
import { LossError } from "../engine/error.js";
import { newArray } from "../engine/newArray.js";
import type { MultiHot } from "../types.js";
import { DecisionTally, f1 } from "./decisions.js";
import { checkBytes, checkLabels, type LabelRows, labelRows, readLabels } from "./labels.js";
import { type KeyedList, keyOf, scoreOf, sortByKey } from "./order.js";
import { RunningSum } from "./runningSum.js";
import { readScores, type Scores, someRows } from "./scores.js";
import { LOWEST, thresholdBetween } from "./thresholds.js";

/** What `bestThreshold` can maximise. */
export type ThresholdMetric = "microF1" | "macroF1" | "samplesF1";

const METRICS: readonly ThresholdMetric[] = ["microF1", "macroF1", "samplesF1"];

/** The options of `bestThreshold`. */
export interface BestThresholdOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The measure to maximise, as `evaluate` defines it; default `"microF1"`. */
  metric?: ThresholdMetric;
}

/** What `bestThreshold` finds. */
export interface BestThreshold {
  /** A finite float32 number. */
  threshold: number;
  /** The measure at this threshold, the very number that `evaluate` gives. */
  value: number;
}

/**
 * Finds the threshold for all classes at which the predictions fit the labels best.
 *
 *     s₀ = argmax_t F1({ s > t })
 *
 * over all finite float32 t: exact, not over a grid. The threshold lies in the middle between two neighbouring scores;
 * just below the lowest score if all have to be predicted, and at the highest if none has to. Of equally good ones it is
 * the highest. Scores of NaN, -∞ and -3.4e38, the lowest float32, exceed no threshold, and +∞ exceeds all; without any
 * score that exceeds some, the threshold is 0.
 *
 * Find it on a validation set, not on the one that you report on. A model trained with `zlpr` has its threshold at 0.
 *
 * Takes linear time and 16 bytes a logit.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes]: 1 for the positive classes, 0 for the others; or sparse labels
 * @param options `classes`, and the optional `metric`
 * @returns the `threshold`, and the `value` of the measure there
 * @throws LossError for arguments of the wrong type, shape or range; `EMPTY_REDUCTION` for no rows
 *
 * @category Predictions and measures
 * @example
 * const logits = new Float32Array([2, -1, 0.5, -3, -1, 1]);
 * const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);
 * bestThreshold(logits, labels, { classes: 3 }); // threshold 1.5, value 0.6666…
 *
 * @see Lipton, Elkan and Naryanaswamy, Optimal Thresholding of Classifiers to Maximize F1 Measure, ECML PKDD 2014
 */
export function bestThreshold(
  logits: Float32Array,
  labels: MultiHot,
  options: BestThresholdOptions,
): BestThreshold {
  const given = readLabels(labels);
  const scores = readScores(logits, options, ["metric"]);
  const { rows, classes } = scores;
  const checked = checkLabels(given, scores);
  const metric = metricOf(scores.options.metric);
  someRows(rows);
  checkBytes(checked, classes);
  const threshold = search(scores, labelRows(checked, classes), metric);
  const tally = new DecisionTally(classes);
  tally.add(
    defaultEngine().countDecisions({ logits: scores.logits, labels: checked, rows, classes }, threshold),
  );
  return { threshold, value: tally.result()[metric] };
}

function metricOf(value: unknown): ThresholdMetric {
  if (value === undefined) return "microF1";
  const metric = METRICS.find((name) => name === value);
  if (metric !== undefined) return metric;
  throw new LossError(typeof value === "string" ? "RANGE" : "TYPE", {
    argument: "options.metric",
    expected: METRICS.map((name) => `"${name}"`).join(" or "),
    received: describe(value),
  });
}

/*
 * Each of the measures is the mean of the F1 of groups: one of all decisions, one a class, or one a row. From the
 * highest score down, one class after the other becomes predicted, which changes the F1 of its group.
 */

/** The scores that exceed some threshold by rising key, with 2·group + label; and the positives of each group. */
function groupScores(
  { logits, rows, classes }: Scores,
  labels: LabelRows,
  metric: ThresholdMetric,
): { list: KeyedList; positives: Uint32Array } {
  const positives = newArray(Uint32Array, metric === "microF1" ? 1 : metric === "macroF1" ? classes : rows);
  const keys = newArray(Uint32Array, logits.length);
  const values = newArray(Uint32Array, logits.length);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    const { bytes } = labels;
    const labelBase = labels.open(row);
    const base = row * classes;
    for (let c = 0; c < classes; c++) {
      const group = metric === "microF1" ? 0 : metric === "macroF1" ? c : row;
      const label = bytes[labelBase + c] as number;
      positives[group]! += label;
      const score = logits[base + c] as number;
      if (!(score > LOWEST)) continue;
      keys[length] = keyOf(score);
      values[length++] = 2 * group + label;
    }
  }
  const list = sortByKey({ keys: keys.subarray(0, length), values: values.subarray(0, length) });
  return { list, positives };
}

function search(scores: Scores, labels: LabelRows, metric: ThresholdMetric): number {
  const { list, positives } = groupScores(scores, labels, metric);
  const { keys, values } = list;
  const hits = newArray(Uint32Array, positives.length);
  const predicted = newArray(Uint32Array, positives.length);
  const sum = new RunningSum();
  let best = -1;
  let bestEnd = 0;
  let end = keys.length;
  for (;;) {
    const isReachable = end === 0 || scoreOf(keys[end - 1] as number) < Infinity;
    if (isReachable && sum.value > best) {
      best = sum.value;
      bestEnd = end;
    }
    if (end === 0) break;
    const key = keys[end - 1];
    for (; keys[end - 1] === key; end--) {
      const group = (values[end - 1] as number) >>> 1;
      const before = f1(hits[group]!, predicted[group]!, positives[group]!);
      hits[group]! += (values[end - 1] as number) & 1;
      predicted[group]!++;
      sum.add(f1(hits[group]!, predicted[group]!, positives[group]!));
      sum.add(-before);
    }
  }
  return thresholdBetween(keys[bestEnd - 1], keys[bestEnd]);
}
