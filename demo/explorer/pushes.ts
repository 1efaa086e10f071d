/* What each loss says about a row: everything here comes from the library. */
import { LOSS_NAMES, LOSSES, type LossName } from "../losses.ts";
import type { Row } from "./state.ts";

export interface Verdict {
  loss: number;
  /** −∂L/∂s of each class: where gradient descent moves the score. */
  pushes: number[];
  /** The sum over the classes of a side. */
  negatives: number;
  positives: number;
}

function verdictOf(name: LossName, { scores, positive }: Row): Verdict {
  const labels = Uint8Array.from(positive, Number);
  const { loss, grad } = LOSSES[name](Float32Array.from(scores), labels, { classes: scores.length });
  const pushes = Array.from(grad, (slope) => 0 - slope);
  const sumOf = (side: boolean) =>
    pushes.reduce((sum, push, c) => sum + (positive[c] === side ? push : 0), 0);
  return { loss, pushes, negatives: sumOf(false), positives: sumOf(true) };
}

export function verdictsOf(row: Row): Record<LossName, Verdict> {
  return Object.fromEntries(LOSS_NAMES.map((name) => [name, verdictOf(name, row)])) as Record<
    LossName,
    Verdict
  >;
}

/** The scores after one step of gradient descent. */
export function descend(row: Row, name: LossName, rate: number): number[] {
  const { pushes } = verdictOf(name, row);
  return row.scores.map((score, c) => score + rate * pushes[c]);
}
