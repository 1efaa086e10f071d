import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { type MockInstance, vi } from "vitest";

/** A failure of the system, as Node throws it. */
export function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Replaces a function of node:fs, until `restoreFiles`. */
export function replaceFile<Name extends "openSync" | "closeSync" | "readSync" | "writeSync" | "renameSync">(
  name: Name,
  act: (...args: never[]) => unknown,
): MockInstance {
  const spy = vi.spyOn(fs, name as "openSync").mockImplementation(act as never);
  syncBuiltinESMExports();
  return spy;
}

export function restoreFiles(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}
