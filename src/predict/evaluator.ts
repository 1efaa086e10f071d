import { describe, fail } from "../engine/checks.js";
import { LossError } from "../engine/error.js";
import type { MultiHot } from "../types.js";
import type { ClassRanking } from "./classScores.js";
import type { Curve } from "./curve.js";
import type { ClassDecisions, Decisions } from "./decisions.js";
import {
  checkSame,
  type EvaluatorOptions,
  type RowLosses,
  readOptions,
  type Settings,
} from "./evaluatorOptions.js";
import { checkLabels, readLabels } from "./labels.js";
import type { MeanLoss } from "./meanLoss.js";
import type { RowRanking } from "./rowRanking.js";
import { readScores, someRows } from "./scores.js";
import { type Measures, Tallies } from "./tallies.js";

/** The value of an option, with its default. */
type Setting<Options, Name extends string, Default> = Name extends keyof Options
  ? Exclude<Options[Name], undefined> | (undefined extends Options[Name] ? Default : never)
  : Default;

/** Measures that an option asks for: there, not there, or it depends. */
type Asked<Value, Result> = [Value] extends [false]
  ? unknown
  : false extends Value
    ? Partial<Result>
    : Result;

/** What an evaluator with these options measures. */
export type MeasuresOf<Options> = Decisions &
  Asked<Setting<Options, "ranking", true>, RowRanking> &
  Asked<Setting<Options, "classRanking", false>, ClassRanking> &
  Asked<Setting<Options, "loss", false>, MeanLoss> &
  Asked<Setting<Options, "thresholds", false>, Curve>;

/** What an evaluator tells: the measures of all rows so far, and how many there were. */
export type EvaluatorResult<Measures> = Measures & {
  /** How many rows were added. */
  rows: number;
};

/** All that an evaluator knows, for `JSON.stringify` and `evaluatorFromJSON`. */
export interface EvaluatorJson {
  /** What it is. */
  format: "zlpr evaluator";
  /** Of the format. */
  version: 1;
  /** Those that are in force; the loss by its name. */
  options: object;
  /** How many were added. */
  rows: number;
  /** What was counted and added up, if there was a row. */
  [part: string]: unknown;
}

/** Measures the predictions of rows that come some at a time. */
export interface Evaluator<Measures = Decisions> {
  /**
   * Adds rows.
   *
   * @param logits float32 [rows, classes], row after row
   * @param labels uint8 [rows, classes]: 1 for the positive classes, 0 for the others; or sparse labels
   * @param lossLabels the labels that the loss is to have, where they are others: soft ones, or class indices
   * @throws LossError for arguments of the wrong type, shape or range: none of the rows is added then
   */
  add(logits: Float32Array, labels: MultiHot, lossLabels?: unknown): void;
  /**
   * Adds all rows of another evaluator with the same options, which stays as it is.
   *
   * @throws LossError for something else, or other options: nothing is added then
   */
  merge(other: Evaluator<unknown>): void;
  /** @throws LossError `EMPTY_REDUCTION` if there was no row */
  result(): EvaluatorResult<Measures>;
  /**
   * What each class has of the decisions, [classes].
   *
   * @throws LossError `EMPTY_REDUCTION` if there was no row
   */
  perClass(): ClassDecisions;
  /** All that it knows: the same for the same rows, in whatever order they came and however they were divided. */
  toJSON(): EvaluatorJson;
}

/** What is behind an evaluator. */
export interface EvaluatorState {
  readonly settings: Settings;
  /** Nothing where the loss is known by its name alone. */
  readonly rowLosses: RowLosses | undefined;
  /** Made for the first row. */
  tallies: Tallies | undefined;
}

export const FORMAT = "zlpr evaluator";
export const FORMAT_VERSION = 1;

const states = new WeakMap<object, EvaluatorState>();

/**
 * Makes an evaluator, which measures what `evaluate` does, for scores that do not fit into memory at once.
 *
 * It has all measures of `evaluate`; `macroAveragePrecision`, which needs the scores of a class side by side, with
 * `classRanking` alone. They have the same bits, however the rows are divided, in whatever order they come, and in whatever
 * order the evaluators of some of them are merged: counts are whole numbers, and sums are exact and rounded once.
 *
 * With a `loss`, the result has its mean over the rows,
 *
 *     loss = Σ L_r / rows
 *
 * in float64, of the losses that `reduction: "none"` gives. With `thresholds`, `curve` has micro and macro F1, precision,
 * recall and the counts at each of them.
 *
 * @param options `classes`, and the optional `threshold`, a finite number; `ranking`: `false` leaves out
 *   `averagePrecision`, `rankingLoss`, `coverageError` and `oneError`; `classRanking`: `true` keeps all scores and labels, for
 *   `macroAveragePrecision`; `thresholds`, rising finite numbers; `loss`, a loss of this package, and `lossOptions`, its own
 *   options
 * @throws LossError for options of the wrong type or range
 *
 * @category Predictions and measures
 * @example
 * const evaluator = createEvaluator({ classes: 3, loss: zlpr });
 * evaluator.add(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]));
 * const other = createEvaluator({ classes: 3, loss: zlpr });
 * other.add(new Float32Array([-3, -1, 1]), new Uint8Array([0, 1, 0]));
 * evaluator.merge(other);
 * const measures = evaluator.result();
 * // rows 2, microF1 0.4, averagePrecision 0.75, rankingLoss 0.25, coverageError 1.5, oneError 0.5, loss 1.9354…
 * evaluator.perClass(); // hits [1, 0, 0], predicted [1, 0, 2], recall [1, 0, 0]
 */
export function createEvaluator<Options extends EvaluatorOptions>(
  options: Options & { [Name in Exclude<keyof Options, keyof EvaluatorOptions>]: never },
): Evaluator<MeasuresOf<Options>> {
  return evaluatorOf({ ...readOptions(options), tallies: undefined }) as Evaluator<MeasuresOf<Options>>;
}

/** The functions of an evaluator. */
export function evaluatorOf(state: EvaluatorState): Evaluator<Measures> {
  const { settings } = state;
  const { classes } = settings;
  const someTallies = () => {
    someRows(state.tallies?.rows ?? 0);
    return state.tallies as Tallies;
  };
  const evaluator: Evaluator<Measures> = {
    add(logitsGiven, labelsGiven, lossLabelsGiven) {
      const given = readLabels(labelsGiven);
      const lossLabels = lossLabelsGiven === undefined ? undefined : readLabels(lossLabelsGiven).labels;
      const scores = readScores(logitsGiven, { classes }, []);
      const { logits, rows } = scores;
      const labels = checkLabels(given, scores);
      const lossesOf = () => lossesIn(state, logits, labels, lossLabels);
      if (rows === 0) {
        lossesOf();
        return;
      }
      const tallies = state.tallies ?? new Tallies(settings);
      tallies.add(tallies.measure({ logits, labels, rows, classes }, lossesOf));
      state.tallies = tallies;
    },
    merge(other) {
      const from = stateOf(other, "other");
      checkSame(settings, from.settings, "other");
      if (!from.tallies) return;
      const most = Number.MAX_SAFE_INTEGER - (state.tallies?.rows ?? 0);
      if (from.tallies.rows > most) fail("RANGE", "other", `at most ${most} rows`, `${from.tallies.rows}`);
      const tallies = state.tallies ?? new Tallies(settings);
      tallies.merge(from.tallies);
      state.tallies = tallies;
    },
    result() {
      const tallies = someTallies();
      return { rows: tallies.rows, ...tallies.result() };
    },
    perClass: () => someTallies().perClass(),
    toJSON: () => ({
      format: FORMAT,
      version: FORMAT_VERSION,
      options: structuredClone(settings),
      rows: state.tallies?.rows ?? 0,
      ...state.tallies?.toJSON(),
    }),
  };
  states.set(evaluator, state);
  return evaluator;
}

function stateOf(value: unknown, place: string): EvaluatorState {
  const state = typeof value === "object" && value !== null ? states.get(value) : undefined;
  if (state) return state;
  return fail("TYPE", place, "an evaluator of createEvaluator or evaluatorFromJSON", describe(value));
}

/** The losses of rows, if there is a loss. */
function lossesIn(
  { settings, rowLosses }: EvaluatorState,
  logits: Float32Array,
  labels: unknown,
  lossLabels: unknown,
): Float32Array | undefined {
  if (rowLosses)
    return lossLabels === undefined ? rowLosses(logits, labels) : named(() => rowLosses(logits, lossLabels));
  if (settings.loss) {
    fail("TYPE", "options.loss", `${settings.loss.name}, handed to evaluatorFromJSON, to add rows`, "none");
  }
  if (lossLabels !== undefined) fail("TYPE", "lossLabels", "nothing without a loss", describe(lossLabels));
  return undefined;
}

/** What a loss says of its labels, said of the argument that they came as. */
function named<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof LossError) || !error.argument.startsWith("labels")) throw error;
    const argument = error.argument.replace("labels", "lossLabels");
    throw new LossError(error.code, { ...error, argument });
  }
}
