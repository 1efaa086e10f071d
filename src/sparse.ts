import { attached, describe, fail, isIntegerArray, own, record } from "./engine/checks.js";

/**
 * Multi-hot labels by the indices of the positive classes (compressed sparse rows): those of row r are
 * `indices[offsets[r]]` to `indices[offsets[r + 1] - 1]`, in any order, each at most once.
 */
export interface SparseLabels {
  /** [rows + 1], from 0 to indices.length */
  offsets: Int32Array | Uint32Array;
  indices: Int32Array | Uint32Array;
}

function integers(value: unknown, argument: string): Int32Array | Uint32Array {
  if (!isIntegerArray(value)) fail("TYPE", argument, "an Int32Array or Uint32Array", describe(value));
  return own(attached(value, argument));
}

/** Checks sparse labels of `rows` rows, and throws a LossError for what is wrong. */
export function checkSparse(value: unknown, rows: number, classes: number, argument: string): SparseLabels {
  const given = record(value, argument, ["offsets", "indices"]);
  const offsets = integers(given.offsets, `${argument}.offsets`);
  const indices = integers(given.indices, `${argument}.indices`);
  if (offsets.length !== rows + 1) {
    fail("RANGE", `${argument}.offsets`, `rows + 1 = ${rows + 1} elements`, `${offsets.length}`);
  }
  if (offsets[0] !== 0) fail("RANGE", `${argument}.offsets`, "0 at first", `${offsets[0]}`, { row: 0 });
  if (offsets[rows] !== indices.length) {
    fail("RANGE", `${argument}.offsets`, `indices.length = ${indices.length} at last`, `${offsets[rows]}`, {
      row: rows,
    });
  }
  for (let row = 0; row < rows; row++) {
    if ((offsets[row + 1] as number) < (offsets[row] as number)) {
      fail("RANGE", `${argument}.offsets`, "offsets that do not fall", `${offsets[row + 1]}`, {
        row: row + 1,
      });
    }
  }
  const lastRow = new Int32Array(classes).fill(-1);
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
      const index = indices[at] as number;
      if (!(index >= 0 && index < classes)) {
        fail("RANGE", `${argument}.indices`, `class indices from 0 to ${classes - 1}`, `${index}`, {
          row,
          index: at,
        });
      }
      if (lastRow[index] === row) {
        fail("RANGE", `${argument}.indices`, "each class once a row", `${index} again`, { row, index: at });
      }
      lastRow[index] = row;
    }
  }
  return { offsets, indices };
}
