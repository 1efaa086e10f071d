import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { refuse } from "./errors.js";

/** A file that is open for reading. */
export interface OpenFile {
  path: string;
  descriptor: number;
  bytes: number;
}

const PROBLEMS: Record<string, string> = {
  ENOENT: "a path that does not exist",
  ENOTDIR: "a path that does not exist",
  EACCES: "one without the permission",
  EPERM: "one without the permission",
  EISDIR: "a directory",
  ELOOP: "a symbolic link that leads to itself",
  ENAMETOOLONG: "a name that is too long",
  EROFS: "one that can only be read",
  ENOSPC: "a disk without room",
  EDQUOT: "a quota that is used up",
  EFBIG: "more than a file may hold",
  EIO: "an error of the device",
};

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Calls the system; what it refuses is said of the path. */
export function named<T>(path: string, expected: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = codeOf(error);
    // Whoever reads a pipe may have seen enough: that is not refused.
    if (code === undefined || code === "EPIPE") throw error;
    refuse(path, expected, PROBLEMS[code] ?? code);
  }
}

/** Waits for a pipe that has nothing to read or no room. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

export function openFile(path: string): OpenFile {
  return named(path, "a file to read", () => {
    // Of a pipe that nobody writes to, opening would wait for one.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      closeSync(descriptor);
      refuse(path, "a file to read", stats.isDirectory() ? "a directory" : "something that is no file");
    }
    return { path, descriptor, bytes: stats.size };
  });
}

export function readText(path: string): string {
  const { descriptor } = openFile(path);
  try {
    return named(path, "a file to read", () => readFileSync(descriptor, "utf8"));
  } finally {
    closeSync(descriptor);
  }
}

/** Fills an array from a place in a file. */
export function readAt({ path, descriptor }: OpenFile, into: Uint8Array, position: number): void {
  let done = 0;
  while (done < into.length) {
    const count = named(path, "a file to read", () =>
      readSync(descriptor, into, done, into.length - done, position + done),
    );
    if (count === 0) refuse(path, `${position + into.length} bytes`, `${position + done}`);
    done += count;
  }
}

/** Reads what comes next, as much as there is and fits; 0 at the end. */
export function readNext(descriptor: number, into: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, into, 0, into.length, null);
    } catch (error) {
      if (codeOf(error) === "EOF") return 0;
      if (codeOf(error) !== "EAGAIN") throw error;
      pause();
    }
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      pause();
    }
  }
}
