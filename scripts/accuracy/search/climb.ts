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

export function rowOf({ classes, logits, labels, weights }: Rows, row: number, error: number): Candidate {
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
export function greatest(rows: Rows, errors: Float64Array): Candidate {
  const row = errors.reduce((most, error, i) => (error > errors[most]! ? i : most), 0);
  return rowOf(rows, row, errors[row]!);
}

/**
 * Climbs on the error of the loss or of the gradient: from each of the ways to start at once, a step at a time, which is
 * kept where it raises the error. Returns the worst row that was found.
 */
export function climb(
  losses: Losses,
  setting: Setting,
  target: Target,
  { classes, steps, seed }: { classes: number; steps: number; seed: number },
): Candidate {
  const random = uniform(seed);
  const best = drawRows(setting, startNames, classes, seed);
  const errors = errorsOf(setting, target, best, call(losses, setting, best));
  for (let step = 0; step < steps; step++) {
    const next = copied(best);
    for (let row = 0; row < next.rows; row++) mutate(setting, next, row, random);
    const found = errorsOf(setting, target, next, call(losses, setting, next));
    found.forEach((error, row) => {
      if (!(error >= errors[row]!)) return;
      errors[row] = error;
      take(next, best, row);
    });
  }
  return greatest(best, errors);
}
