import { describe, isTypedArray, typedArray } from "../engine/checks.js";
import { LossError } from "../engine/error.js";
import { newArray } from "../engine/newArray.js";
import { invalidByte } from "../engine/validate.js";
import { checkSparse, readSparse, type SparseLabels } from "../sparse.js";
import type { Scores } from "./scores.js";

/** Labels of either form, read as a byte a class, row by row. */
export interface LabelRows {
  /** Holds the opened row, 1 for its positive classes and 0 for the others. */
  readonly bytes: Uint8Array;
  /** Opens a row and tells where in `bytes` it begins. It can be read until the next one is opened. */
  open(row: number): number;
}

/** Labels whose properties are read, which are not checked yet: getters of the caller run here alone. */
export type GivenLabels = { labels: unknown; isSparse: boolean };

export function readLabels(labels: unknown): GivenLabels {
  const isSparse =
    typeof labels === "object" &&
    labels !== null &&
    !ArrayBuffer.isView(labels) &&
    ("offsets" in labels || "indices" in labels);
  return { labels: isSparse ? readSparse(labels) : labels, isSparse };
}

/** Checks labels of either form for some scores, but for the bytes of dense ones. */
export function checkLabels(
  { labels, isSparse }: GivenLabels,
  { rows, classes }: Omit<Scores, "options">,
): Uint8Array | SparseLabels {
  if (isTypedArray(labels, "Uint8Array")) {
    const bytes = typedArray(labels, "labels", "Uint8Array");
    if (bytes.length === rows * classes) return bytes;
    throw new LossError("RANGE", {
      argument: "labels",
      expected: `one element a logit = ${rows * classes}`,
      received: String(bytes.length),
    });
  }
  if (!isSparse) {
    throw new LossError("TYPE", {
      argument: "labels",
      expected: "a Uint8Array, or an object of offsets and indices",
      received: describe(labels),
    });
  }
  return checkSparse(labels as SparseLabels, rows, classes, "labels");
}

/** All bits of four bytes but those that 0 and 1 may have. */
const OTHER_BITS = 0xfefefefe;

/** Whether all bytes are 0 or 1, four at a time; `false` also where that cannot be told so fast. */
function areBits({ buffer, byteOffset, length }: Uint8Array): boolean {
  if (byteOffset % 4 !== 0 || length % 4 !== 0) return false;
  const words = new Uint32Array(buffer, byteOffset, length / 4);
  let all = 0;
  for (let i = 0; i < words.length; i++) all |= words[i] as number;
  return (all & OTHER_BITS) === 0;
}

/** Checks the bytes too, if there are any. */
export function checkBytes(labels: Uint8Array | SparseLabels, classes: number): void {
  if ("indices" in labels || areBits(labels)) return;
  for (let i = 0; i < labels.length; i++) {
    if ((labels[i] as number) > 1) throw invalidByte("labels", labels[i], i, classes);
  }
}

export function labelRows(labels: Uint8Array | SparseLabels, classes: number): LabelRows {
  return "indices" in labels ? sparse(labels, classes) : { bytes: labels, open: (row) => row * classes };
}

/** One row of bytes serves all: the classes of a row are marked when it is opened, and wiped after it. */
function sparse({ offsets, indices }: SparseLabels, classes: number): LabelRows {
  const bytes = newArray(Uint8Array, classes);
  let opened = 0;
  function write(row: number, mark: 0 | 1): void {
    const end = offsets[row + 1] as number;
    for (let i = offsets[row] as number; i < end; i++) bytes[indices[i] as number] = mark;
  }
  return {
    bytes,
    open(row) {
      write(opened, 0);
      write(row, 1);
      opened = row;
      return 0;
    },
  };
}
