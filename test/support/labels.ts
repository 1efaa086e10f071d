import type { SparseLabels } from "../../src/index.ts";

/** Multi-hot labels as sparse ones. */
export function toSparse(
  labels: Uint8Array,
  classes: number,
  Type: Int32ArrayConstructor | Uint32ArrayConstructor = Int32Array,
): SparseLabels {
  const offsets = [0];
  const indices: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 1) indices.push(i % classes);
    if (i % classes === classes - 1) offsets.push(indices.length);
  }
  return { offsets: Type.from(offsets), indices: Type.from(indices) };
}

/** The lists of a batch, one a row. */
export function lists({ offsets, indices }: SparseLabels): number[][] {
  return Array.from(offsets.subarray(1), (end, row) => [...indices.subarray(offsets[row], end)]);
}
