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

/** What a candidate has computed. */
export interface Results {
  loss: number;
  rowLosses: ArrayLike<number>;
  grad: ArrayLike<number>;
}

/** The errors of a candidate's results. Throws if one is beyond its bounds. */
export function checkResults(
  name: string,
  bounds: Bounds,
  data: PeerData,
  { rowLosses, grad, loss }: Results,
  exact: Exact,
): Accuracy {
  const accuracy = { loss: errorsOf(rowLosses, exact.rowLosses), grad: errorsOf(grad, exact.grad) };
  const place = `${name}, ${shapeName(data)}`;
  for (const part of ["loss", "grad"] as const) {
    const { max } = accuracy[part];
    if (!(max <= bounds[part])) {
      throw new WrongResult(`${place}: the error of the ${part} is ${max} ULP, its bound is ${bounds[part]}`);
    }
  }
  const { meanGrad = bounds.grad } = bounds;
  if (!(accuracy.grad.mean <= meanGrad)) {
    throw new WrongResult(
      `${place}: the mean error of the gradient is ${accuracy.grad.mean} ULP, its bound is ${meanGrad}`,
    );
  }
  checkMean(name, bounds, data, loss, exact);
  return accuracy;
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
