import * as references from "../build/reference.ts";
import { definitionOf } from "../src/engine/definitions.ts";
import type { Candidate } from "./candidates.ts";
import { type Data, shapeName } from "./data.ts";
import { type AnyLoss, type Subject, titleOf } from "./fused/index.ts";

/** How far results may be from the reference's, relative, of the loss and of every element of the gradient. */
export interface Tolerance {
  loss: number;
  grad: number;
}

/** What every candidate has to compute. */
export interface Expected {
  /** Of what, for messages. */
  title: string;
  loss: number;
  grad: Float32Array;
  tolerance: Tolerance;
}

/** A candidate that computes something else: its speed means nothing. */
export class WrongResult extends Error {
  override readonly name = "WrongResult";
}

/** The bounds of the loss, and one ULP for the rounding of the candidate and the reference; there is no absolute part. */
export function toleranceOf({ loss }: Subject): Tolerance {
  const { bounds } = definitionOf(references[loss]);
  return { loss: (bounds.loss + 1) * 2 ** -23, grad: (bounds.grad + 1) * 2 ** -23 };
}

export function expectedOf(subject: Subject, data: Data): Expected {
  const { classes, logits, labels } = data;
  const reference = references[subject.loss] as AnyLoss;
  const { loss, grad } = reference(logits, labels, { ...subject.options, classes });
  return {
    title: `${titleOf(subject)}, ${shapeName(data)}`,
    loss,
    grad,
    tolerance: toleranceOf(subject),
  };
}

function agrees(value: number, expected: number, tolerance: number): boolean {
  return Math.abs(value - expected) <= tolerance * Math.abs(expected);
}

function place({ title }: Expected, { pass, name }: Candidate): string {
  return `${title}, ${pass}, ${name}`;
}

/** Throws if a loss that a candidate has returned is not the reference's. */
export function checkLoss(candidate: Candidate, loss: number, expected: Expected): void {
  if (!agrees(loss, expected.loss, expected.tolerance.loss)) {
    throw new WrongResult(
      `${place(expected, candidate)}: the loss is ${loss}, the reference says ${expected.loss}`,
    );
  }
}

/** Runs a candidate once, and throws if the loss or any element of the gradient is not the reference's. */
export function checkCandidate(candidate: Candidate, expected: Expected): void {
  // An earlier result must not pass for this one's.
  candidate.gradient?.().fill(NaN);
  checkLoss(candidate, candidate.run(), expected);
  const grad = candidate.gradient?.();
  if (!grad) return;
  if (grad.length !== expected.grad.length) {
    throw new WrongResult(`${place(expected, candidate)}: the gradient has ${grad.length} elements`);
  }
  const { tolerance } = expected;
  const wrong = grad.findIndex((value, i) => !agrees(value, expected.grad[i] ?? NaN, tolerance.grad));
  if (wrong >= 0) {
    throw new WrongResult(
      `${place(expected, candidate)}: the gradient's element ${wrong} is ${grad[wrong]}, ` +
        `the reference says ${expected.grad[wrong]}`,
    );
  }
}
