import type * as fs from "node:fs";
import { closeSync } from "node:fs";
import { resolve } from "node:path";
import { vi } from "vitest";

/*
 * Commands that run in the process of the tests, where mutants are: with what looks to them like a working directory,
 * standard input and standard output of their own.
 */

const world = vi.hoisted(() => ({
  path: "",
  input: new Uint8Array(0),
  stdout: [] as Uint8Array[],
  stderr: "",
  open: new Set<number>(),
}));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const within = (path: string) => resolve(world.path, path);
  return {
    ...real,
    openSync(path: string, flags: number | string) {
      const descriptor = real.openSync(within(path), flags);
      world.open.add(descriptor);
      return descriptor;
    },
    closeSync(descriptor: number) {
      world.open.delete(descriptor);
      real.closeSync(descriptor);
    },
    renameSync: (from: string, to: string) => real.renameSync(within(from), within(to)),
    rmSync: (path: string, options: fs.RmOptions) => real.rmSync(within(path), options),
    readSync(descriptor: number, into: Uint8Array, at: number, length: number, position: number | null) {
      if (descriptor !== 0) return real.readSync(descriptor, into, at, length, position);
      const some = world.input.subarray(0, length);
      into.set(some, at);
      world.input = world.input.subarray(some.length);
      return some.length;
    },
    writeSync(descriptor: number, bytes: Uint8Array, at = 0) {
      if (descriptor !== 1) return real.writeSync(descriptor, bytes, at);
      world.stdout.push(bytes.slice(at));
      return bytes.length - at;
    },
  };
});

// Others may have been loaded already, with the real files.
vi.resetModules();
const { run } = await import("../../src/cli/run.ts");

export function runHere(words: readonly string[], path: string, input = "") {
  Object.assign(world, { path, input: Buffer.from(input), stdout: [], stderr: "" });
  const addTo = (add: (text: string) => void) => (text: string | Uint8Array) => {
    add(String(text));
    return true;
  };
  const addError = addTo((text) => {
    world.stderr += text;
  });
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(
      addTo((text) => {
        world.stdout.push(Buffer.from(text));
      }),
    ),
    vi.spyOn(process.stderr, "write").mockImplementation(addError),
    vi.spyOn(console, "error").mockImplementation((text) => addError(`${text}\n`)),
  ];
  try {
    const status = run(["node", "zlpr", ...words]);
    return { status, stdout: Buffer.concat(world.stdout).toString(), stderr: world.stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
    // A process would have ended.
    for (const descriptor of [...world.open]) closeSync(descriptor);
  }
}
