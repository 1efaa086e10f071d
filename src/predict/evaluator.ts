import { count, flag, record } from "../engine/checks.js";
import { defaultEngine } from "../engine/default.js";
import { finite } from "../engine/options.js";
import { MAX_INDEX } from "../sparse.js";
import type { MultiHot } from "../types.js";
import { type Decisions, DecisionTally } from "./decisions.js";
import { checkLabels, labelRows, readLabels } from "./labels.js";
import { floorFloat32 } from "./order.js";
import { RankingTally, type RowRanking } from "./rowRanking.js";
import { readScores, someRows } from "./scores.js";

/** The options of `createEvaluator`. */
export interface EvaluatorOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
  /** `false`: without the measures of rankings, which take most of the time. */
  ranking?: boolean;
}

/** What an evaluator tells: the measures of all rows so far, and how many there were. */
export type EvaluatorResult<Measures> = Measures & {
  /** How many rows were added. */
  rows: number;
};

/** Measures the predictions of rows that come some at a time. */
export interface Evaluator<Measures> {
  /**
   * Adds rows.
   *
   * @param logits float32 [rows, classes], row after row
   * @param labels uint8 [rows, classes]: 1 for the positive classes, 0 for the others; or sparse labels
   * @throws LossError for arguments of the wrong type, shape or range: none of the rows is added then
   */
  add(logits: Float32Array, labels: MultiHot): void;
  /** @throws LossError `EMPTY_REDUCTION` if there was no row */
  result(): EvaluatorResult<Measures>;
}

/**
 * Makes an evaluator, which measures what `evaluate` does, for scores that do not fit into memory at once.
 *
 * It has all measures of `evaluate` but `macroAveragePrecision`, which needs the scores of a class side by side. They have
 * the same bits, however the rows are divided.
 *
 * @param options `classes`, and the optional `threshold`, a finite number, and `ranking`: `false` leaves out
 *   `averagePrecision`, `rankingLoss`, `coverageError` and `oneError`
 * @throws LossError for options of the wrong type or range
 *
 * @category Predictions and measures
 * @example
 * const evaluator = createEvaluator({ classes: 3 });
 * evaluator.add(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]));
 * evaluator.add(new Float32Array([-3, -1, 1]), new Uint8Array([0, 1, 0]));
 * const measures = evaluator.result();
 * // rows 2, microF1 0.4, averagePrecision 0.75, rankingLoss 0.25, coverageError 1.5, oneError 0.5
 */
export function createEvaluator(options: EvaluatorOptions & { ranking: false }): Evaluator<Decisions>;
export function createEvaluator(
  options: EvaluatorOptions & { ranking?: true },
): Evaluator<Decisions & RowRanking>;
export function createEvaluator(options: EvaluatorOptions): Evaluator<Decisions & Partial<RowRanking>>;
export function createEvaluator(options: EvaluatorOptions): Evaluator<Decisions & Partial<RowRanking>> {
  const given = record(options, "options", ["classes", "threshold", "ranking"]);
  const classes = count(given.classes, "options.classes", 1, MAX_INDEX);
  const threshold = floorFloat32(finite(0)(given.threshold, "options.threshold"));
  const hasRanking = flag(given.ranking, "options.ranking", true);
  let tallies: { decisions: DecisionTally; rankings: RankingTally | undefined } | undefined;
  let rowsSoFar = 0;
  return {
    add(logitsGiven, labelsGiven) {
      const given = readLabels(labelsGiven);
      const scores = readScores(logitsGiven, { classes }, []);
      const { logits, rows } = scores;
      const labels = checkLabels(given, scores);
      if (rows === 0) return;
      // Whatever can fail, before anything is added: this checks the labels too.
      const counts = defaultEngine().countDecisions({ logits, labels, rows, classes }, threshold);
      const opened = labelRows(labels, classes);
      tallies ??= {
        decisions: new DecisionTally(classes),
        rankings: hasRanking ? new RankingTally(classes) : undefined,
      };
      tallies.decisions.add(counts);
      tallies.rankings?.add(logits, opened, rows);
      rowsSoFar += rows;
    },
    result() {
      someRows(rowsSoFar);
      const { decisions, rankings } = tallies as NonNullable<typeof tallies>;
      return { rows: rowsSoFar, ...decisions.result(), ...rankings?.result() };
    },
  };
}
