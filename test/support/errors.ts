import { expect } from "vitest";
import { LossError } from "../../src/index.ts";

/** A function as somebody without a type checker calls it. */
export type Unchecked = (...args: unknown[]) => unknown;

/** Expects a LossError that has these properties and names its argument. */
export function checkThrown(call: () => unknown, expected: Partial<LossError>): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(LossError);
  expect(thrown).toMatchObject(expected);
  expect((thrown as LossError).message).toContain((thrown as LossError).argument);
}
