import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { refuse } from "./errors.js";
import { openFile } from "./files.js";
import { headerEnd, PREAMBLE, parseHeader } from "./npyHeader.js";
import { decode, type Numbers } from "./numbers.js";
import { checksumsOf, crc32 } from "./zipChecksums.js";

/** What Node reads at once. */
const MOST_BYTES = 2 ** 31 - 1;

/** An array of a .npz file. */
export interface Member {
  /** Its numbers as they are stored. */
  bytes: Uint8Array;
  numbers(): Numbers;
}

/** Reads those arrays of a .npz file that have these names. */
export function readNpz(path: string, names: readonly string[]): Map<string, Member> {
  const { descriptor, bytes } = openFile(path);
  if (bytes > MOST_BYTES) refuse(path, "a .npz file of at most 2 GiB", `${bytes} bytes`);
  const archive = readFileSync(descriptor);
  const files = unzip(archive, path, (file) => names.includes(file.replace(/\.npy$/, "")));
  const checksums = checksumsOf(archive);
  return new Map(
    Object.entries(files).map(([file, content]) => {
      const subject = `${path}, ${file}`;
      const [right, found] = [checksums.get(file), crc32(content)];
      if (right !== undefined && right !== found) {
        refuse(subject, `the checksum ${right.toString(16)}`, found.toString(16));
      }
      return [file.replace(/\.npy$/, ""), memberOf(content, subject)];
    }),
  );
}

function unzip(bytes: Uint8Array, path: string, isWanted: (file: string) => boolean) {
  try {
    return unzipSync(bytes, { filter: ({ name }) => isWanted(name) });
  } catch (error) {
    refuse(path, "a whole .npz file", error instanceof Error ? error.message : String(error));
  }
}

function memberOf(file: Uint8Array, subject: string): Member {
  const end = headerEnd(file.subarray(0, PREAMBLE), subject);
  if (end > file.length) refuse(subject, `a header of ${end} bytes`, `${file.length} bytes`);
  const text = Buffer.from(file.subarray(0, end)).toString("latin1");
  const bytes = file.subarray(end);
  // The one array that is text, whose type is not a number's: its bytes are all that is asked for.
  if (/'descr': '[|<>][SU]\d+'/.test(text)) {
    return { bytes, numbers: () => refuse(subject, "numbers", "text") };
  }
  const { dtype, shape } = parseHeader(file.subarray(0, end), subject);
  const needed = dtype.size * shape.reduce((product, n) => product * n, 1);
  if (bytes.length < needed) refuse(subject, `${needed} bytes`, `${bytes.length}`);
  // A copy, which begins at a multiple of 8.
  return { bytes, numbers: () => decode(Buffer.from(bytes.slice(0, needed).buffer), dtype) };
}
