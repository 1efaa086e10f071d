import type { LabelKind } from "../../engine/loss.js";
import type { SparseLabels } from "../../sparse.js";
import type { ClassIndices, MultiHot, Soft } from "../../types.js";
import { refuse } from "../errors.js";
import type { LabelBlock } from "./source.js";

/** Above this degree a soft label counts as positive in the measures. */
export const POSITIVE_ABOVE = 0.5;

/** Which labels these are, of which file. */
export interface LabelPlace {
  path: string;
  row: number;
  classes: number;
}

/** The labels as the measures take them. */
export function forMeasures(block: LabelBlock): MultiHot {
  if (block.kind === "index") return singles(block.values);
  if (block.kind !== "soft") return block.values;
  const { values } = block;
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Number((values[i] as number) > POSITIVE_ABOVE);
  return bytes;
}

/** The labels as a loss that takes these kinds of them takes them. */
export function forLoss(
  block: LabelBlock,
  kinds: readonly LabelKind[],
  place: LabelPlace,
): MultiHot | Soft | ClassIndices {
  if (block.kind === "index" && kinds.includes("index")) return block.values;
  if (block.kind === "soft") {
    return kinds.includes("soft") ? block.values : whole(block.values, place);
  }
  const labels = block.kind === "index" ? singles(block.values) : block.values;
  if (kinds.includes("multi-hot")) return labels;
  return labels instanceof Uint8Array ? Float32Array.from(labels) : marked(labels, place.classes);
}

function singles(indices: Int32Array): SparseLabels {
  return { offsets: Int32Array.from({ length: indices.length + 1 }, (_, row) => row), indices };
}

function marked({ offsets, indices }: SparseLabels, classes: number): Soft {
  const rows = offsets.length - 1;
  const labels = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) {
      labels[row * classes + (indices[i] as number)] = 1;
    }
  }
  return labels;
}

/** Multi-hot labels that are stored as float. */
function whole(values: Float32Array, { path, row, classes }: LabelPlace): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== 0 && value !== 1) {
      const at = `row ${row + Math.floor(i / classes)}, index ${i % classes}`;
      refuse(path, "0 or 1, which is what this loss takes", `${value} (${at})`);
    }
    bytes[i] = value;
  }
  return bytes;
}
