import type { SparseLabels } from "../../sparse.js";
import { refuse } from "../errors.js";
import { shapeName } from "../npyFile.js";
import { type Member, readNpz } from "../npz.js";
import type { LabelBlock, LabelSource } from "./source.js";

/** A matrix of 0 and 1 by its positive classes (CSR), as `scipy.sparse.save_npz` writes it. The whole of it is kept. */
export class CsrLabels implements LabelSource {
  readonly path: string;
  readonly kind = "sparse";
  readonly isRepeatable = true;
  readonly #labels: SparseLabels;

  constructor(path: string, rows: number, classes: number) {
    this.path = path;
    const matrix = readNpz(path, ["format", "shape", "indptr", "indices", "data"]);
    const format = String.fromCharCode(...member(matrix, "format", path).bytes).replaceAll("\0", "");
    if (format !== "csr") refuse(path, "a matrix in CSR format (matrix.tocsr())", `format "${format}"`);
    const shape = [...member(matrix, "shape", path).numbers()];
    if (shape[0] !== rows || shape[1] !== classes) {
      refuse(path, `shape ${shapeName([rows, classes])}, as the logits have`, shapeName(shape));
    }
    const offsets = int32(member(matrix, "indptr", path), `${path}, indptr`);
    const indices = int32(member(matrix, "indices", path), `${path}, indices`);
    checkOffsets(offsets, rows, indices.length, path);
    const values = member(matrix, "data", path).numbers();
    if (values.length !== indices.length) {
      refuse(`${path}, data`, `a number for each of the ${indices.length} indices`, `${values.length}`);
    }
    const wrong = values.findIndex((value) => value !== 1);
    if (wrong >= 0) refuse(`${path}, data`, "1 for each positive class", `${values[wrong]} (entry ${wrong})`);
    this.#labels = { offsets, indices };
  }

  read(row: number, rows: number): LabelBlock {
    const { offsets, indices } = this.#labels;
    const start = offsets[row] as number;
    const some = indices.subarray(start, offsets[row + rows]);
    return {
      kind: "sparse",
      values: { offsets: offsets.slice(row, row + rows + 1).map((offset) => offset - start), indices: some },
    };
  }

  end(): void {}
}

function member(matrix: ReadonlyMap<string, Member>, name: string, path: string): Member {
  const found = matrix.get(name);
  if (!found) {
    refuse(path, "a matrix of scipy.sparse.save_npz", `a file without ${name}.npy`);
  }
  return found;
}

function int32(member: Member, subject: string): Int32Array {
  const numbers = member.numbers();
  if (numbers instanceof Int32Array) return numbers;
  const wrong = numbers.findIndex((value) => value !== (value | 0));
  if (wrong >= 0) refuse(subject, "whole numbers up to 2147483647", `${numbers[wrong]}`);
  return Int32Array.from(numbers);
}

/** What has to hold so that rows can be cut out; the rest is checked where they are used. */
function checkOffsets(offsets: Int32Array, rows: number, indices: number, path: string): void {
  const subject = `${path}, indptr`;
  if (offsets.length !== rows + 1) refuse(subject, `rows + 1 = ${rows + 1} numbers`, `${offsets.length}`);
  if (offsets[0] !== 0) refuse(subject, "0 at first", `${offsets[0]}`);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
    if (end < start) refuse(subject, `numbers that do not fall, after ${start}`, `${end} (row ${row})`);
  }
  if (offsets[rows] !== indices) refuse(subject, `${indices} at last, the indices`, `${offsets[rows]}`);
}
