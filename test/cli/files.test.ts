import fs from "node:fs";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/errors.ts";
import { openFile, readAt, readNext, writeAll } from "../../src/cli/files.ts";
import { failure, replaceFile, restoreFiles } from "../support/system.ts";
import { Folder } from "./support.ts";

/* What the system does seldom: parts of what was asked for, pipes that are not ready, failures of other kinds. */

const folder = new Folder();
afterAll(() => folder.remove());
afterEach(restoreFiles);

/** The real functions, before any of them is replaced. */
const { closeSync, openSync, readSync, writeSync } = fs;

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

function written(write: (descriptor: number) => void): Uint8Array {
  const descriptor = openSync(folder.file("out"), "w");
  write(descriptor);
  closeSync(descriptor);
  return new Uint8Array(folder.read("out"));
}

/** Of the calls of a function, every other one fails with this code. */
function everyOther<T extends unknown[]>(code: string, call: (...args: T) => number) {
  let calls = 0;
  return (...args: T) => {
    if (calls++ % 2 === 0) throw failure(code);
    return call(...args);
  };
}

describe("writing", () => {
  it("goes on where the system takes a part, and waits for a pipe without room", () => {
    const some = (descriptor: number, from: Uint8Array, at: number) => writeSync(descriptor, from, at, 7);
    const parts: number[] = [];
    replaceFile(
      "writeSync",
      everyOther("EAGAIN", (descriptor: number, from: Uint8Array, at: number) => {
        const count = some(descriptor, from, at).valueOf();
        parts.push(count);
        return count;
      }),
    );
    expect(written((descriptor) => writeAll(descriptor, bytes.subarray(0, 28)))).toEqual(bytes.slice(0, 28));
    expect(parts).toEqual([7, 7, 7, 7]);
  });

  it("ends where the system refuses for good", () => {
    replaceFile("writeSync", () => {
      throw failure("EPIPE");
    });
    expect(() => writeAll(1, bytes)).toThrow("EPIPE");
  });

  it("of no bytes does nothing", () => {
    const write = replaceFile("writeSync", () => 0);
    writeAll(1, new Uint8Array(0));
    expect(write).not.toHaveBeenCalled();
  });
});

describe("reading", () => {
  it("goes on where the system gives a part", () => {
    folder.write("in", bytes);
    const file = openFile(folder.file("in"));
    expect(file.bytes).toBe(100);
    replaceFile(
      "readSync",
      (descriptor: number, into: Uint8Array, at: number, length: number, place: number) =>
        readSync(descriptor, into, at, Math.min(length, 7), place),
    );
    const into = new Uint8Array(30);
    readAt(file, into, 11);
    expect(into).toEqual(bytes.slice(11, 41));
    closeSync(file.descriptor);
  });

  it("tells how far a file goes that has become shorter", () => {
    folder.write("in", bytes);
    const file = openFile(folder.file("in"));
    fs.truncateSync(folder.file("in"), 50);
    expect(() => readAt(file, new Uint8Array(30), 40)).toThrow(
      new InputError(`${file.path}: expected 70 bytes, received 50`),
    );
    replaceFile("readSync", () => {
      throw failure("EIO");
    });
    expect(() => readAt(file, new Uint8Array(1), 0)).toThrow(
      new InputError(`${file.path}: expected a file to read, received an error of the device`),
    );
    closeSync(file.descriptor);
  });

  it.each([
    ["ENOTDIR", "a path that does not exist"],
    ["EPERM", "one without the permission"],
    ["EMFILE", "EMFILE"],
  ])("says what is wrong: %s", (code, received) => {
    replaceFile("openSync", () => {
      throw failure(code);
    });
    expect(() => openFile("scores.npy")).toThrow(
      new InputError(`scores.npy: expected a file to read, received ${received}`),
    );
  });

  it("leaves errors that are none of the system's as they are", () => {
    const bug = new TypeError("a bug");
    replaceFile("openSync", () => {
      throw bug;
    });
    expect(() => openFile("scores.npy")).toThrow(bug);
  });

  it("closes what turns out to be a directory", () => {
    const close = replaceFile("closeSync", closeSync);
    expect(() => openFile(folder.path)).toThrow(InputError);
    expect(close).toHaveBeenCalledOnce();
  });

  it("of a pipe waits for what comes, and ends with it", () => {
    replaceFile(
      "readSync",
      everyOther(
        "EAGAIN",
        (_: number, into: Uint8Array, at: number, length: number, place: number | null) => {
          expect([at, length, place]).toEqual([0, 4, null]);
          into.set([1, 2, 3]);
          return 3;
        },
      ),
    );
    const into = new Uint8Array(4);
    expect(readNext(0, into)).toBe(3);
    expect(into).toEqual(Uint8Array.of(1, 2, 3, 0));
    // As Windows tells the end.
    replaceFile("readSync", () => {
      throw failure("EOF");
    });
    expect(readNext(0, into)).toBe(0);
    replaceFile("readSync", () => {
      throw failure("EIO");
    });
    expect(() => readNext(0, into)).toThrow("EIO");
  });
});
