import type { SparseLabels } from "../../src/index.ts";

/* A call as it would be of some of its rows alone, in any order. */

/** What a loss is called with. */
export interface LossCall {
  rows: number;
  classes: number;
  logits: Float32Array;
  labels: unknown;
  options: object;
}

function gather<T extends Float32Array | Uint8Array | Int32Array>(
  array: T,
  rows: readonly number[],
  length: number,
): T {
  const some = array.slice(0, rows.length * length) as T;
  rows.forEach((row, place) => {
    some.set(array.subarray(row * length, (row + 1) * length), place * length);
  });
  return some;
}

function gatherSparse({ offsets, indices }: SparseLabels, rows: readonly number[]): SparseLabels {
  const lists = rows.map((row) => [...indices.subarray(offsets[row], offsets[row + 1])]);
  const ends = lists.map((_, place) => lists.slice(0, place + 1).reduce((sum, list) => sum + list.length, 0));
  return { offsets: Int32Array.of(0, ...ends), indices: Int32Array.from(lists.flat()) };
}

function gatherLabels(labels: unknown, rows: readonly number[], classes: number): unknown {
  if (labels instanceof Int32Array) return gather(labels, rows, 1);
  if (labels instanceof Uint8Array) return gather(labels, rows, classes);
  if (labels instanceof Float32Array) return gather(labels, rows, classes);
  return gatherSparse(labels as SparseLabels, rows);
}

/** The options whose arrays have something for each row. */
const PER_ROW = ["rowWeights", "threshold"];

function gatherOptions(options: object, rows: readonly number[], call: LossCall): object {
  const entries = Object.entries(options).map(([name, value]: [string, unknown]) => {
    if (value instanceof Float32Array && PER_ROW.includes(name)) return [name, gather(value, rows, 1)];
    const isOfRows = value instanceof Uint8Array && value.length === call.rows * call.classes;
    return [name, isOfRows && call.rows > 1 ? gather(value, rows, call.classes) : value];
  });
  return Object.fromEntries(entries);
}

/** The same call of these rows alone. */
export function rowsOf(call: LossCall, rows: readonly number[]): LossCall {
  const { classes, logits, labels, options } = call;
  return {
    rows: rows.length,
    classes,
    logits: gather(logits, rows, classes),
    labels: gatherLabels(labels, rows, classes),
    options: gatherOptions(options, rows, call),
  };
}
