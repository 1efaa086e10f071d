import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { refuse } from "./errors.js";
import { named, writeAll } from "./files.js";

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

const TO_WRITE = "a file to write";

/** Takes what is written next. */
export type Sink = (bytes: Uint8Array) => void;

/** Where a result goes. */
export interface Output {
  /** Whether it is a file, which is written whole or not at all. */
  readonly isFile: boolean;
  write(produce: (sink: Sink) => void): void;
}

/** A file that a command reads: what it is to the command, and its path, which is "-" for standard input. */
export type Input = readonly [role: string, path: string];

export const standardOutput = straight(STANDARD_OUTPUT, "standard output");

/** Finds out where a result goes before the work is done for it, which would be lost if it could not be written. */
export function openOutput(out: string | undefined, inputs: readonly Input[]): Output {
  if (out === undefined) return standardOutput;
  if (out === "") refuse("--out", "the path of a file", "an empty one");
  const stats = statsAt(out, TO_WRITE);
  if (stats?.isDirectory()) refuse(out, TO_WRITE, "a directory");
  if (stats?.isFile()) checkInputs(out, stats, inputs);
  // Of /dev/stdout, which may be a file that others have written to before, or a socket, which cannot be opened.
  const own =
    stats && [STANDARD_OUTPUT, STANDARD_ERROR].find((descriptor) => isSame(stats, statsOf(descriptor)));
  if (own !== undefined) return straight(own, out);
  if (stats && !stats.isFile()) {
    return straight(
      named(out, TO_WRITE, () => openSync(out, constants.O_WRONLY)),
      out,
    );
  }
  return wholeFile(followed(out), out, stats && Number(stats.mode) & 0o777);
}

/** Refuses to write over what is read: by whatever path, it is the same file. */
function checkInputs(out: string, stats: BigIntStats, inputs: readonly Input[]): void {
  for (const [role, path] of inputs) {
    const input = path === "-" ? statsOf(STANDARD_INPUT) : statsAt(path, "a file to read");
    if (isSame(stats, input)) {
      refuse(out, `--out to be another file than ${role} ${path}`, "the same file");
    }
  }
}

/** Undefined of what is not there. */
function statsAt(path: string, expected: string): BigIntStats | undefined {
  return named(path, expected, () => statSync(path, { bigint: true, throwIfNoEntry: false }));
}

function statsOf(descriptor: number): BigIntStats {
  return fstatSync(descriptor, { bigint: true });
}

function isSame(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}

/** What is no file, such as a pipe: nothing can take its place. */
function straight(descriptor: number, path: string): Output {
  return { isFile: false, write: (produce) => produce(sinkOf(descriptor, path)) };
}

function sinkOf(descriptor: number, path: string): Sink {
  return (bytes) => named(path, TO_WRITE, () => writeAll(descriptor, bytes));
}

/** The file that a path names: at the end of symbolic links, whether it is there yet or not. */
function followed(path: string): string {
  let target: string;
  try {
    target = readlinkSync(path);
  } catch {
    return path;
  }
  return followed(resolve(realpathSync(dirname(path)), target));
}

/**
 * A file that is written under another name, and gets its own only when all is written. Of the one that it replaces, it
 * takes over the permissions.
 */
function wholeFile(path: string, name: string, mode: number | undefined): Output {
  // Not by the number of the process, which another one has in the next container.
  const letters = Math.random().toString(36).slice(2, 10);
  const unfinished = `${path}.${letters}.tmp`;
  // Nothing else tells for sure whether it can be written.
  closeSync(create(unfinished, mode));
  rmSync(unfinished);
  return {
    isFile: true,
    write(produce) {
      const descriptor = create(unfinished, mode);
      try {
        produce(sinkOf(descriptor, name));
        named(name, TO_WRITE, () => {
          closeSync(descriptor);
          renameSync(unfinished, path);
        });
      } catch (error) {
        rmSync(unfinished, { force: true });
        throw error;
      }
    },
  };
}

function create(path: string, mode: number | undefined): number {
  return named(dirname(path), "a folder to write into", () => {
    const descriptor = openSync(path, "wx", mode);
    // Without those that new files do not get.
    if (mode !== undefined && (fstatSync(descriptor).mode & 0o777) !== mode) fchmodSync(descriptor, mode);
    return descriptor;
  });
}
