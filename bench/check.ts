import * as references from "../build/reference.ts";
import type { Candidate } from "./candidates.ts";
import { type Data, shapeName } from "./data.ts";
import type { AnyLoss, LossName } from "./peers/index.ts";

/** Relative, of the loss and of every element of the gradient: eight float32 ULP at the most, with no absolute part. */
export const TOLERANCE = 2 ** -20;

/** What every candidate has to compute. */
export interface Expected {
  loss: number;
  grad: Float32Array;
}

/** A candidate that computes something else: its speed means nothing. */
export class WrongResult extends Error {
  override readonly name = "WrongResult";
}

export function expectedOf(name: LossName, data: Data): Expected {
  return (references[name] as AnyLoss)(data.logits, data.labels, { classes: data.classes });
}

function agrees(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= TOLERANCE * Math.abs(expected);
}

function place(name: LossName, data: Data, candidate: Candidate): string {
  return `${name} ${shapeName(data)}, ${candidate.pass}, ${candidate.name}`;
}

/** Throws if a loss that a candidate has returned is not the reference's. */
export function checkLoss(
  name: LossName,
  data: Data,
  candidate: Candidate,
  loss: number,
  expected: Expected,
): void {
  if (!agrees(loss, expected.loss)) {
    throw new WrongResult(
      `${place(name, data, candidate)}: the loss is ${loss}, the reference says ${expected.loss}`,
    );
  }
}

/** Runs a candidate once, and throws if the loss or any element of the gradient is not the reference's. */
export function checkCandidate(name: LossName, data: Data, candidate: Candidate, expected: Expected): void {
  // An earlier result must not pass for this one's.
  candidate.gradient?.().fill(NaN);
  checkLoss(name, data, candidate, candidate.run(), expected);
  const grad = candidate.gradient?.();
  if (!grad) return;
  if (grad.length !== expected.grad.length) {
    throw new WrongResult(`${place(name, data, candidate)}: the gradient has ${grad.length} elements`);
  }
  const wrong = grad.findIndex((value, i) => !agrees(value, expected.grad[i] ?? NaN));
  if (wrong >= 0) {
    throw new WrongResult(
      `${place(name, data, candidate)}: the gradient's element ${wrong} is ${grad[wrong]}, ` +
        `the reference says ${expected.grad[wrong]}`,
    );
  }
}
