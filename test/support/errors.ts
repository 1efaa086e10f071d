import { expect } from "vitest";
import { LossError, type LossErrorCode } from "../../src/index.ts";

/** A function as somebody without a type checker calls it. */
export type Unchecked = (...args: unknown[]) => unknown;

/** What a call throws; nothing if it does not. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Expects a LossError that has these properties and names its argument. */
export function checkThrown(call: () => unknown, expected: Partial<LossError>): void {
  const thrown = thrownBy(call);
  expect(thrown).toBeInstanceOf(LossError);
  expect(thrown).toMatchObject(expected);
  expect((thrown as LossError).message).toContain((thrown as LossError).argument);
}

/**
 * Expects a LossError of this code and this message, whole: "argument: expected …, received … (row …, index …)". The
 * properties have to be the parts of the message.
 */
export function checkRefused(call: () => unknown, code: LossErrorCode, message: string): void {
  checkError(thrownBy(call), code, message);
}

/** The same of an error that was caught. */
export function checkError(thrown: unknown, code: LossErrorCode, message: string): void {
  expect(thrown).toBeInstanceOf(LossError);
  const error = thrown as LossError;
  expect(`${error.code} ${error.message}`).toBe(`${code} ${message}`);
  const { argument, expected, received, row, index } = error;
  const places = [row !== undefined && `row ${row}`, index !== undefined && `index ${index}`].filter(Boolean);
  const place = places.length > 0 ? ` (${places.join(", ")})` : "";
  expect(`${argument}: expected ${expected}, received ${received}${place}`).toBe(message);
}
