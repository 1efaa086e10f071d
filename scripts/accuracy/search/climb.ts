import type { Losses } from "../../../src/index.ts";
import { uniform } from "../../../test/support/random.ts";
import { call, errorsOf, type Target } from "./errors.ts";
import { mutate } from "./mutate.ts";
import { drawRows, type Rows, startNames } from "./rows.ts";
import type { Setting } from "./setting.ts";

/** A row, and its error by the float64 reference. */
export interface Candidate {
  classes: number;
  logits: Float32Array;
  labels: Uint8Array | Float32Array;
  weight: number;
  error: number;
}

function copied(rows: Rows): Rows {
  const { logits, labels, weights } = rows;
  return { ...rows, logits: logits.slice(), labels: labels.slice(), weights: weights.slice() };
}

/** Gives a row of one set to another. */
function take(from: Rows, to: Rows, row: number): void {
  const [start, end] = [row * from.classes, (row + 1) * from.classes];
  to.logits.set(from.logits.subarray(start, end), start);
  to.labels.set(from.labels.subarray(start, end), start);
  to.weights[row] = from.weights[row]!;
}

function rowOf({ classes, logits, labels, weights }: Rows, row: number, error: number): Candidate {
  const [from, to] = [row * classes, (row + 1) * classes];
  return {
    classes,
    logits: logits.slice(from, to),
    labels: labels.slice(from, to),
    weight: weights[row]!,
    error,
  };
}

/** The row with the greatest error. */
function greatest(rows: Rows, errors: Float64Array): Candidate {
  const row = errors.reduce((most, error, i) => (error > errors[most]! ? i : most), 0);
  return rowOf(rows, row, errors[row]!);
}

/** Rows, and how far off the loss or the gradient of each is. */
interface Judged {
  rows: Rows;
  errors: Float64Array;
}

/** Takes the rows whose errors are no smaller. */
function improve(best: Judged, next: Judged): void {
  next.errors.forEach((error, row) => {
    if (!(error >= best.errors[row]!)) return;
    best.errors[row] = error;
    take(next.rows, best.rows, row);
  });
}

/** How much is tried. */
export interface Effort {
  classes: number;
  /** So many rows are drawn for each way to start, of which the worst one is started with. */
  draws: number;
  /** So many steps are taken from there. */
  steps: number;
}

/** How many rows that makes. */
export function triedBy({ draws, steps }: Effort): number {
  return startNames.length * (draws + steps);
}

/**
 * Climbs on the error of the loss or of the gradient: from each of the ways to start at once, a step at a time, which is
 * kept where it raises the error. Returns the worst row that was found.
 */
export function climb(
  losses: Losses,
  setting: Setting,
  target: Target,
  { classes, draws, steps }: Effort,
): Candidate {
  const random = uniform(classes);
  const judged = (rows: Rows): Judged => ({
    rows,
    errors: errorsOf(setting, target, rows, call(losses, setting, rows)),
  });
  const draw = () => judged(drawRows(setting, startNames, classes, 2 ** 32 * random()));
  const best = draw();
  for (let drawn = 1; drawn < draws; drawn++) improve(best, draw());
  for (let step = 0; step < steps; step++) {
    const next = copied(best.rows);
    for (let row = 0; row < next.rows; row++) mutate(setting, next, row, random);
    improve(best, judged(next));
  }
  return greatest(best.rows, best.errors);
}
