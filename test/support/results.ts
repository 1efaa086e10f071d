import { expect } from "vitest";
import type { RowResult } from "./losses.ts";
import { ulpError } from "./ulp.ts";

/** The bits of float32 numbers, to tell 0 from -0 and to compare NaN. */
export function bits(array: Float32Array): Uint32Array {
  return new Uint32Array(array.slice().buffer);
}

/** Expects the same bits; says where they differ first, which of long arrays is found and read faster than a whole difference. */
export function expectSameBits(got: Float32Array, right: Float32Array | Uint32Array, what = "element"): void {
  const [a, b] = [bits(got), right instanceof Float32Array ? bits(right) : right];
  expect(a.length, "length").toBe(b.length);
  const at = a.findIndex((word, i) => word !== b[i]);
  if (at >= 0) expect(got[at], `${what} ${at}`).toBe(new Float32Array(b.slice(at, at + 1).buffer)[0]);
  expect(at, "the first bits that differ").toBe(-1);
}

/** What a loss gives with reduction "none". */
export interface EachRow {
  loss: Float32Array;
  grad: Float32Array;
}

/** Expects the same bits of the loss of each row and of the gradient. */
export function expectSameResult(got: EachRow, right: EachRow, what = ""): void {
  expectSameBits(got.loss, right.loss, `${what} loss`);
  expectSameBits(got.grad, right.grad, `${what} gradient`);
}

/** The greatest errors in ULP of a loss a row and of a gradient. */
export function worst({ loss, grad }: EachRow, exact: RowResult[]): { loss: number; grad: number } {
  const slopes = exact.flatMap((row) => row.grad);
  return {
    loss: exact.reduce((most, row, i) => Math.max(most, ulpError(loss[i]!, row.loss)), 0),
    grad: slopes.reduce((most, slope, i) => Math.max(most, ulpError(grad[i]!, slope)), 0),
  };
}
