import type { RowResult } from "./losses.ts";
import { ulpError } from "./ulp.ts";

/** The bits of float32 numbers, to tell 0 from -0 and to compare NaN. */
export function bits(array: Float32Array): Uint32Array {
  return new Uint32Array(array.slice().buffer);
}

/** The bits of a loss a row and of a gradient. */
export function bitsOf({ loss, grad }: { loss: Float32Array; grad: Float32Array }) {
  return { loss: bits(loss), grad: bits(grad) };
}

/** The greatest errors in ULP of a loss a row and of a gradient. */
export function worst(
  { loss, grad }: { loss: Float32Array; grad: Float32Array },
  exact: RowResult[],
): { loss: number; grad: number } {
  const slopes = exact.flatMap((row) => row.grad);
  return {
    loss: exact.reduce((most, row, i) => Math.max(most, ulpError(loss[i]!, row.loss)), 0),
    grad: slopes.reduce((most, slope, i) => Math.max(most, ulpError(grad[i]!, slope)), 0),
  };
}
