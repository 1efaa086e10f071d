import { finite } from "../engine/options.js";
import type { MultiHot } from "../types.js";
import { classRanking } from "./classRanking.js";
import type { ClassRanking } from "./classScores.js";
import type { Decisions } from "./decisions.js";
import { createEvaluator } from "./evaluator.js";
import { checkLabels, labelRows, readLabels } from "./labels.js";
import type { RowRanking } from "./rowRanking.js";
import { readScores, someRows } from "./scores.js";

/** The options of `evaluate`. */
export interface EvaluateOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
}

/** The measures of multi-label predictions, all from 0 to 1 but for `coverageError`. */
export interface Evaluation extends Decisions, RowRanking, ClassRanking {}

/**
 * Measures multi-label predictions, by the definitions of scikit-learn.
 *
 * With tp positives that are predicted, fp other predictions and fn other positives, of all decisions together (micro),
 * of each class (macro) or of each row (samples):
 *
 *     precision = tp/(tp + fp)      recall = tp/(tp + fn)      F1 = 2·tp/(2·tp + fp + fn)      jaccard = tp/(tp + fp + fn)
 *
 * where 0/0 is 0. A class is predicted where its score exceeds the threshold; the rankings (`averagePrecision`,
 * `rankingLoss`, `coverageError`, `oneError`, `macroAveragePrecision`) do not depend on it. In all of them but `oneError`,
 * equal scores count against the positive class.
 *
 * NaN is never predicted; the rankings take it for -∞, so that a class without a score counts as the worst one, and a row
 * of only NaN is an error in `oneError`. (scikit-learn refuses NaN and infinities.)
 *
 * Takes O(log k) a logit at worst, where k is the number of positives of its row or class, besides the sorting of those.
 *
 * @param logits float32 [rows, classes], row after row
 * @param labels uint8 [rows, classes]: 1 for the positive classes, 0 for the others; or sparse labels
 * @param options `classes`, and the optional `threshold`, a finite number
 * @returns the measures
 * @throws LossError for arguments of the wrong type, shape or range; `EMPTY_REDUCTION` for no rows
 *
 * @category Predictions and measures
 * @example
 * const logits = new Float32Array([2, -1, 0.5, -3, -1, 1]);
 * const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);
 * const measures = evaluate(logits, labels, { classes: 3 });
 * // microF1 0.4, averagePrecision 0.75, rankingLoss 0.25, coverageError 1.5, oneError 0.5
 *
 * @see scikit-learn, Metrics and scoring: Multilabel ranking metrics; for one-error: Schapire and Singer, BoosTexter,
 * Machine Learning 39 (2000)
 */
export function evaluate(logits: Float32Array, labels: MultiHot, options: EvaluateOptions): Evaluation {
  const given = readLabels(labels);
  const scores = readScores(logits, options, ["threshold"]);
  const { rows, classes } = scores;
  const checked = checkLabels(given, scores);
  const threshold = finite(0)(scores.options.threshold, "options.threshold");
  someRows(rows);
  const evaluator = createEvaluator({ classes, threshold });
  evaluator.add(scores.logits, checked);
  const { rows: _, ...measures } = evaluator.result();
  return {
    ...measures,
    macroAveragePrecision: classRanking(scores.logits, labelRows(checked, classes), rows, classes),
  };
}
