import { fail, isFloat32Array, isInt32Array, isUint8Array } from "../engine/checks.js";
import type { LossDefinition } from "../engine/loss.js";
import { invalidLabel } from "../engine/rows.js";
import type { Batch } from "./batch.js";
import { writeBytes } from "./numbers.js";
import type { TensorFlow } from "./tensorflow.js";
import { readValues, type Values } from "./values.js";

/** Bytes to copy multi-hot labels to; a kernel reads them before the next call. */
let scratch = new Uint8Array(0);

function bytesOf(length: number): Uint8Array {
  if (scratch.length < length) scratch = new Uint8Array(length);
  return scratch.subarray(0, length);
}

function toIndices(values: Values, dtype: string): Int32Array {
  if (isInt32Array(values)) return values;
  if (dtype === "bool") fail("TYPE", "yTrue", "class indices, int32 or float32", dtype);
  const row = values.findIndex((value: number) => !Number.isInteger(value));
  if (row >= 0) fail("RANGE", "yTrue", "class indices", String(values[row]), { row });
  return Int32Array.from(values);
}

/** Whether a loss wants another number of positive classes than some row has. */
function hasWrongCount(
  { wrongCount }: LossDefinition<object>,
  own: object,
  bytes: Uint8Array,
  classes: number,
): boolean {
  if (!wrongCount) return false;
  for (let start = 0; start < bytes.length; start += classes) {
    let positives = 0;
    for (let i = start; i < start + classes; i++) positives += bytes[i] as number;
    if (wrongCount(positives, own) !== undefined) return true;
  }
  return false;
}

/**
 * The labels of a tensor in the form in which the loss computes them fastest. Float32 labels of 0 and 1 are multi-hot, where
 * that gives the same as taking them for soft ones. To be used before the next call.
 */
export function kernelLabels(
  tf: TensorFlow,
  definition: LossDefinition<object>,
  own: object,
  { yTrue, classes, hasIndices }: Batch,
  hasMask: boolean,
): Uint8Array | Float32Array | Int32Array {
  const { labels: kinds } = definition;
  const { dtype } = yTrue;
  const values = readValues(tf, yTrue);
  if (hasIndices) return toIndices(values, dtype);
  const isFloat = isFloat32Array(values);
  const takesSoft = kinds.includes("soft");
  if (!kinds.includes("multi-hot")) return isFloat ? values : Float32Array.from(values);
  if (isUint8Array(values)) return values;

  const bytes = bytesOf(values.length);
  const other = writeBytes(values, bytes);
  const isSoft =
    takesSoft &&
    (other >= 0 ||
      // The number of positives that a loss restricts is not restricted in soft labels.
      (isFloat &&
        definition.wrongCount !== undefined &&
        (hasMask || hasWrongCount(definition, own, bytes, classes))));
  if (isSoft) return isFloat ? values : Float32Array.from(values);
  if (other >= 0) throw invalidLabel("multi-hot", values[other] as number, other, classes);
  return bytes;
}
