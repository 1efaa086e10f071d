import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import { vi } from "vitest";
import { run } from "../../src/cli/run.ts";

/*
 * Commands that run in the process of the tests, where mutants are: with what looks to them like a working directory,
 * standard input and standard output of their own.
 */

const { openSync, closeSync, renameSync, rmSync, readSync, writeSync } = fs;
const { statSync, readlinkSync, realpathSync } = fs;

const real = {
  openSync,
  closeSync,
  renameSync,
  rmSync,
  readSync,
  writeSync,
  statSync,
  readlinkSync,
  realpathSync,
};

function inWorld(path: string, input: Uint8Array, stdout: Uint8Array[]) {
  const within = (name: string) => resolve(path, name);
  const open = new Set<number>();
  let left = input;
  return {
    open,
    functions: {
      openSync(name: string, flags: number | string, mode?: number) {
        const descriptor = openSync(within(name), flags, mode);
        open.add(descriptor);
        return descriptor;
      },
      closeSync(descriptor: number) {
        open.delete(descriptor);
        closeSync(descriptor);
      },
      renameSync: (from: string, to: string) => renameSync(within(from), within(to)),
      rmSync: (name: string, options: fs.RmOptions) => rmSync(within(name), options),
      statSync: (name: string, options: fs.StatSyncOptions) => statSync(within(name), options),
      readlinkSync: (name: string) => readlinkSync(within(name)),
      realpathSync: (name: string) => realpathSync(within(name)),
      readSync(descriptor: number, into: Uint8Array, at: number, length: number, position: number | null) {
        if (descriptor !== 0) return readSync(descriptor, into, at, length, position);
        const some = left.subarray(0, length);
        into.set(some, at);
        left = left.subarray(some.length);
        return some.length;
      },
      writeSync(descriptor: number, bytes: Uint8Array, at = 0) {
        if (descriptor !== 1) return writeSync(descriptor, bytes, at);
        stdout.push(bytes.slice(at));
        return bytes.length - at;
      },
    },
  };
}

function replaceFiles(functions: object): void {
  Object.assign(fs, functions);
  syncBuiltinESMExports();
}

export function runHere(words: readonly string[], path: string, input = "") {
  const stdout: Uint8Array[] = [];
  let stderr = "";
  const addError = (text: unknown) => {
    stderr += text;
    return true;
  };
  const { open, functions } = inWorld(path, Buffer.from(input), stdout);
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout.push(Buffer.from(text));
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation(addError),
    vi.spyOn(console, "error").mockImplementation((text) => void addError(`${text}\n`)),
  ];
  replaceFiles(functions);
  try {
    const status = run(["node", "zlpr", ...words]);
    return { status, stdout: Buffer.concat(stdout).toString(), stderr };
  } finally {
    replaceFiles(real);
    for (const spy of spies) spy.mockRestore();
    // A process would have ended.
    for (const descriptor of open) closeSync(descriptor);
  }
}
