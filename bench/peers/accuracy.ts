import { expected } from "../../test/support/losses.ts";
import { ulpError } from "../../test/support/ulp.ts";
import { WrongResult } from "../check.ts";
import { shapeName } from "../data.ts";
import type { Bounds, PeerData } from "./peer.ts";

/** Errors in ULP of float32. */
export interface Errors {
  max: number;
  mean: number;
}

export interface Accuracy {
  /** Of the losses of the rows. */
  loss: Errors;
  /** Of the elements of the gradient. */
  grad: Errors;
}

/** The float64 reference, not rounded. */
export interface Exact {
  /** The mean. */
  loss: number;
  rowLosses: Float64Array;
  /** Of the mean. */
  grad: Float64Array;
}

export function exactOf(data: PeerData): Exact {
  const { rows, classes, logits } = data;
  const rowLosses = new Float64Array(rows);
  const grad = new Float64Array(logits.length);
  expected("zlpr", data).forEach((row, index) => {
    rowLosses[index] = row.loss;
    grad.set(
      row.grad.map((g) => g / rows),
      index * classes,
    );
  });
  return { loss: rowLosses.reduce((sum, loss) => sum + loss, 0) / rows, rowLosses, grad };
}

export function errorsOf(got: ArrayLike<number>, exact: ArrayLike<number>): Errors {
  // What is missing or too much is an error without bounds.
  if (got.length !== exact.length) return { max: Infinity, mean: Infinity };
  let max = 0;
  let sum = 0;
  for (let i = 0; i < exact.length; i++) {
    const error = ulpError(got[i] ?? NaN, exact[i] ?? NaN);
    max = Math.max(max, error);
    sum += error;
  }
  return { max, mean: sum / exact.length };
}

function check(place: string, what: string, error: number, bound: number): void {
  if (!(error <= bound)) {
    throw new WrongResult(`${place}: the ${what} is ${error} ULP, its bound is ${bound}`);
  }
}

/** The errors of the losses of the rows. Throws if one is beyond its bound. */
export function checkRowLosses(
  name: string,
  bounds: Bounds,
  data: PeerData,
  rowLosses: ArrayLike<number>,
  exact: Exact,
): Errors {
  const errors = errorsOf(rowLosses, exact.rowLosses);
  check(`${name}, ${shapeName(data)}`, "error of the loss", errors.max, bounds.loss);
  return errors;
}

/** The errors of the gradient. Throws if one, or their mean, is beyond its bound. */
export function checkGradient(
  name: string,
  bounds: Bounds,
  data: PeerData,
  grad: ArrayLike<number>,
  exact: Exact,
): Errors {
  const errors = errorsOf(grad, exact.grad);
  const place = `${name}, ${shapeName(data)}`;
  check(place, "error of the gradient", errors.max, bounds.grad);
  check(place, "mean error of the gradient", errors.mean, bounds.meanGrad ?? bounds.grad);
  return errors;
}

/** Throws if the mean loss is wrong: it is as accurate as the loss of a row, or an ULP less, for rounding. */
export function checkMean(name: string, bounds: Bounds, data: PeerData, loss: number, exact: Exact): void {
  const error = ulpError(loss, exact.loss);
  if (!(error <= bounds.loss + 1)) {
    throw new WrongResult(
      `${name}, ${shapeName(data)}: the loss is ${loss}, the reference says ${exact.loss}`,
    );
  }
}
