import { plain, typedArray } from "./engine/checks.js";
import { LossError } from "./engine/error.js";
import { newArray } from "./engine/newArray.js";

/**
 * The classes of each row, one list after the other (CSR): those of row r are
 * `indices[offsets[r]]` to `indices[offsets[r + 1] - 1]`.
 *
 * @example
 * // Row 0 has class 2, row 1 none, row 2 the classes 0 and 3.
 * const labels = { offsets: new Int32Array([0, 1, 1, 3]), indices: new Int32Array([2, 0, 3]) };
 * zlpr(new Float32Array(12), labels, { classes: 4 }); // loss 1.9620…
 */
export interface SparseLabels {
  /** [rows + 1], from 0 to `indices.length`, never falling. */
  offsets: Int32Array | Uint32Array;
  /** Class indices, in any order within a row, none of them twice. */
  indices: Int32Array | Uint32Array;
}

/** The largest class index or number of indices that an Int32Array holds. */
export const MAX_INDEX = 2 ** 31 - 1;

function refuse(
  argument: string,
  expected: string,
  received: number | string,
  place?: { row?: number; index?: number },
): never {
  throw new LossError("RANGE", { argument, expected, received: String(received), ...place });
}

function checkOffsets(
  offsets: SparseLabels["offsets"],
  rows: number,
  indices: number,
  argument: string,
): void {
  if (offsets.length !== rows + 1) refuse(argument, `rows + 1 = ${rows + 1} elements`, offsets.length);
  if (offsets[0] !== 0) refuse(argument, "0 at first", offsets[0] as number, { row: 0 });
  for (let row = 0; row < rows; row++) {
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    if (end < start) refuse(argument, `offsets that do not fall, after ${start}`, end, { row });
  }
  if (offsets[rows] !== indices) {
    const last = offsets[rows] as number;
    refuse(argument, `indices.length = ${indices} at last`, last, { row: Math.max(0, rows - 1) });
  }
}

function checkIndices({ offsets, indices }: SparseLabels, rows: number, classes: number, argument: string) {
  const seen = newArray(Uint8Array, classes);
  for (let row = 0; row < rows; row++) {
    const start = offsets[row] as number;
    const end = offsets[row + 1] as number;
    for (let i = start; i < end; i++) {
      const index = indices[i] as number;
      if (!(index >= 0 && index < classes)) {
        refuse(argument, `class indices from 0 to ${classes - 1}`, index, { row, index: i - start });
      }
      if (seen[index] === 1) {
        refuse(argument, "no class twice in a row", index, { row, index: i - start });
      }
      seen[index] = 1;
    }
    for (let i = start; i < end; i++) seen[indices[i] as number] = 0;
  }
}

/** The arrays of sparse labels, unchecked: getters of the caller run here alone. */
export function readSparse(labels: object): SparseLabels {
  const { offsets, indices } = labels as SparseLabels;
  return { offsets: plain(offsets), indices: plain(indices) } as SparseLabels;
}

/**
 * Sparse labels, checked from end to end: types, offsets, range of the indices, duplicates. A LossError names the row,
 * and by `index` the position in the row's own list.
 */
export function checkSparse(
  labels: SparseLabels,
  rows: number,
  classes: number,
  argument: string,
): SparseLabels {
  const offsets = typedArray(labels.offsets, `${argument}.offsets`, "Int32Array", "Uint32Array");
  const indices = typedArray(labels.indices, `${argument}.indices`, "Int32Array", "Uint32Array");
  checkOffsets(offsets, rows, indices.length, `${argument}.offsets`);
  checkIndices({ offsets, indices }, rows, classes, `${argument}.indices`);
  return { offsets, indices };
}
