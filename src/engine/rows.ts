import type { SparseLabels } from "../sparse.js";
import { LossError } from "./error.js";
import type { Kernels } from "./load.js";
import type { KernelLoss, LossDefinition, RowOptions } from "./loss.js";
import { type Call, invalidByte, type Mask, type SparseTargets } from "./validate.js";

/*
 * The rows of a call as the formulas see them: without the classes that the mask leaves out, and with the labels of each
 * kind as one number a class. So neither kernels nor formulas know of masks and sparse labels.
 */

/** A view of some elements, or the array itself if these are all. */
export function view<T extends Float32Array | Uint8Array>(array: T, start: number, length: number): T {
  if (start === 0 && length * array.BYTES_PER_ELEMENT === array.byteLength) return array;
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = array;
  const View = BYTES_PER_ELEMENT === 1 ? Uint8Array : Float32Array;
  return new View(buffer as ArrayBuffer, byteOffset + start * BYTES_PER_ELEMENT, length) as T;
}

/** Copies the classes that count of a row that begins at `base`, to `to` in `into`; returns how many they are. */
export function pack(
  mask: Mask | undefined,
  row: number,
  classes: number,
  from: Float32Array | Uint8Array,
  base: number,
  into: Float32Array | Float64Array | Uint8Array,
  to: number,
): number {
  if (!mask) {
    into.set(view(from, base, classes), to);
    return classes;
  }
  const { values, isPerRow } = mask;
  const start = isPerRow ? row * classes : 0;
  let count = 0;
  for (let i = 0; i < classes; i++) {
    // Without a branch, which would often be mispredicted: what is left out is overwritten by the next one.
    if (to + count < into.length) into[to + count] = from[base + i] as number;
    count += values[start + i] as number;
  }
  return count;
}

/** Copies back what `pack` has packed; classes that are left out get 0. */
export function unpack(
  mask: Mask,
  row: number,
  classes: number,
  from: Float32Array | Float64Array,
  base: number,
  into: Float32Array,
  to: number,
): void {
  const { values, isPerRow } = mask;
  const start = isPerRow ? row * classes : 0;
  let at = base;
  for (let i = 0; i < classes; i++) {
    const keep = values[start + i] as number;
    into[to + i] = keep ? (from[at] as number) : 0;
    at += keep;
  }
}

/** The number of classes of a row that count. */
function countClasses(mask: Mask | undefined, row: number, classes: number): number {
  if (!mask) return classes;
  const { values, isPerRow } = mask;
  const start = isPerRow ? row * classes : 0;
  let count = 0;
  for (let i = start; i < start + classes; i++) count += values[i] as number;
  return count;
}

/** Writes 1 for the classes that sparse labels name and 0 for the others, row after row. */
export function markRows(
  { offsets, indices, isSingle }: Omit<SparseTargets, "kind">,
  start: number,
  rows: number,
  classes: number,
  into: Uint8Array | Float64Array,
): void {
  into.fill(0, 0, rows * classes);
  if (isSingle) {
    for (let row = 0; row < rows; row++) into[row * classes + (indices[start + row] as number)] = 1;
    return;
  }
  for (let row = 0; row < rows; row++) {
    const end = offsets[start + row + 1] as number;
    for (let at = offsets[start + row] as number; at < end; at++) {
      into[row * classes + (indices[at] as number)] = 1;
    }
  }
}

/** The labels of some rows as a byte a class: a view of dense ones, or sparse ones marked in `into`. */
export function labelBytes(
  labels: Uint8Array | SparseLabels,
  start: number,
  rows: number,
  classes: number,
  into: Uint8Array,
): Uint8Array {
  if (!("indices" in labels)) return view(labels, start * classes, rows * classes);
  markRows({ ...labels, isSingle: false }, start, rows, classes, into);
  return into;
}

/** Writes the labels of a row, packed. `spare` has room for the labels of a whole row. */
export function packLabels(
  { targets, mask, classes }: Call<object>,
  row: number,
  into: Float64Array,
  spare: Uint8Array,
): void {
  if (targets.kind !== "sparse") {
    pack(mask, row, classes, targets.values, row * classes, into, 0);
  } else if (!mask) {
    markRows(targets, row, 1, classes, into);
  } else {
    markRows(targets, row, 1, classes, spare);
    pack(mask, row, classes, spare, 0, into, 0);
  }
}

/** The number of positive classes of a row that count. */
export function countPositives({ targets, mask, classes }: Call<object>, row: number): number {
  if (targets.kind === "sparse" && !mask) {
    return (targets.offsets[row + 1] as number) - (targets.offsets[row] as number);
  }
  const keep = mask?.values;
  const start = mask?.isPerRow ? row * classes : 0;
  let count = 0;
  if (targets.kind === "sparse") {
    const { offsets, indices } = targets;
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
      count += keep?.[start + (indices[at] as number)] ?? 1;
    }
    return count;
  }
  const { values } = targets;
  for (let i = 0; i < classes; i++) {
    if (values[row * classes + i] === 1) count += keep ? (keep[start + i] as number) : 1;
  }
  return count;
}

/** Whether all rows are known to have exactly one positive class, without a look at them. */
export function isSingle({ targets, mask }: Call<object>): boolean {
  return targets.kind === "sparse" && targets.isSingle && !mask;
}

/** Whether the kernel is given the one positive class of each row, in place of labels. */
export function takesIndices(kernels: Kernels, definition: KernelLoss<object>, call: Call<object>): boolean {
  return isSingle(call) && definition.takesIndices?.(kernels, call.own, call.classes) === true;
}

/**
 * The greatest number of positive classes of some rows, all by default. Throws if the loss is not defined for that of a row
 * that counts and has classes.
 */
export function checkCounts<Own>(
  definition: LossDefinition<Own>,
  { mask, rows, classes, rowWeights, own }: Call<Own>,
  countOf: (row: number) => number,
  start = 0,
  count = rows,
): number {
  let most = 0;
  for (let row = start; row < start + count; row++) {
    if (rowWeights?.[row] === 0 || (mask && countClasses(mask, row, classes) === 0)) continue;
    const positives = countOf(row);
    most = Math.max(most, positives);
    const expected = definition.wrongCount?.(positives, own);
    if (expected !== undefined) {
      throw new LossError("RANGE", { argument: "labels", expected, received: String(positives), row });
    }
  }
  return most;
}

/** Throws for the first label that its kind does not allow. */
export function checkValues({ targets, classes }: Call<object>): void {
  if (targets.kind === "sparse") return;
  const { kind, values } = targets;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (kind === "soft" ? !(value >= 0 && value <= 1) : value > 1)
      throw invalidLabel(kind, value, i, classes);
  }
}

export function invalidLabel(kind: string, value: number, index: number, classes: number): LossError {
  if (kind !== "soft") return invalidByte("labels", value, index, classes);
  return new LossError("RANGE", {
    argument: "labels",
    expected: "a number from 0 to 1",
    received: String(value),
    row: Math.floor(index / classes),
    index: index % classes,
  });
}

/** The options for one row. `kept` has room for a number a class. */
export function rowOptions<Own>(call: Call<Own>, row: number, kept: Float64Array): RowOptions<Own> {
  const own = call.own as { threshold?: number | Float32Array; positiveWeights?: number | Float32Array };
  const { threshold, positiveWeights } = own;
  return {
    ...own,
    ...(typeof threshold === "object" && { threshold: threshold[row] }),
    ...(positiveWeights !== undefined && {
      positiveWeights:
        typeof positiveWeights === "number"
          ? kept.fill(positiveWeights)
          : kept.subarray(0, pack(call.mask, row, call.classes, positiveWeights, 0, kept, 0)),
    }),
  } as RowOptions<Own>;
}
