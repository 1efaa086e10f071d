/** Row r (CSR) holds the entries `offsets[r]` up to, not including, `offsets[r + 1]`: sparse labels, as zlpr takes them. */
export interface IndexRows {
  offsets: Int32Array;
  /** Column of every entry. */
  indices: Int32Array;
}

export interface SparseRows extends IndexRows {
  /** Value of every entry. */
  values: Float32Array;
}

export function indexRows(rows: number[][]): IndexRows {
  const offsets = new Int32Array(rows.length + 1);
  for (let r = 0; r < rows.length; r++) offsets[r + 1] = offsets[r] + rows[r].length;
  return { offsets, indices: Int32Array.from(rows.flat()) };
}

export function sparseRows(rows: Map<number, number>[]): SparseRows {
  return {
    ...indexRows(rows.map((row) => [...row.keys()])),
    values: Float32Array.from(rows.flatMap((row) => [...row.values()])),
  };
}

/** The chosen rows, in that order. */
export function selectRows({ offsets, indices }: IndexRows, rows: Int32Array): IndexRows {
  const starts = new Int32Array(rows.length + 1);
  for (let r = 0; r < rows.length; r++) starts[r + 1] = starts[r] + offsets[rows[r] + 1] - offsets[rows[r]];
  const selected = new Int32Array(starts[rows.length]);
  for (let r = 0; r < rows.length; r++) {
    selected.set(indices.subarray(offsets[rows[r]], offsets[rows[r] + 1]), starts[r]);
  }
  return { offsets: starts, indices: selected };
}
