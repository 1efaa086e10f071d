import { count, record, requireType, typedArray } from "../engine/checks.js";
import { LossError } from "../engine/error.js";
import { MAX_INDEX } from "../sparse.js";

/** The arguments that prediction and evaluation share, checked. */
export interface Scores {
  logits: Float32Array;
  rows: number;
  classes: number;
  /** The options named in `own`, still unchecked. */
  options: Record<string, unknown>;
}

/** Checks the logits, `classes`, and that no option has another name than `classes` or one of its `own`. */
export function readScores(logitsGiven: unknown, optionsGiven: unknown, own: readonly string[]): Scores {
  requireType(logitsGiven, "logits", "Float32Array");
  const given = record(optionsGiven, "options", ["classes", ...own]);
  // Getters of the options may do anything, also to the logits: all of them come before these are looked at.
  const { classes: classesGiven } = given;
  const options = Object.fromEntries(own.map((name) => [name, given[name]]));
  const logits = typedArray(logitsGiven, "logits", "Float32Array");
  const classes = count(classesGiven, "options.classes", 1, MAX_INDEX);
  const rows = logits.length / classes;
  if (!Number.isInteger(rows)) {
    throw new LossError("RANGE", {
      argument: "logits",
      expected: `a length that is a multiple of classes = ${classes}`,
      received: `${logits.length} elements`,
    });
  }
  return { logits, rows, classes, options };
}

/** Refuses a mean over no rows. */
export function someRows(rows: number): void {
  if (rows > 0) return;
  throw new LossError("EMPTY_REDUCTION", {
    argument: "logits",
    expected: "at least one row",
    received: "none",
  });
}
