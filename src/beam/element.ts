import { describe, fail, isTypedArray, record } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { bytesFromBase64, fromBase64 } from "../predict/base64.js";
import { listIn } from "../predict/json.js";
import type { MultiHot } from "../types.js";

/** Numbers in a form that gets through a pipeline: a list, a typed array, or its bytes (little-endian) as base64. */
export type Numbers<Typed> = readonly number[] | Typed | string;

/** Sparse labels in a form that gets through a pipeline. */
export interface SparseLists {
  /** [rows + 1], from 0 to `indices.length`, never falling. */
  offsets: readonly number[] | Int32Array;
  /** Class indices, none of them twice in a row. */
  indices: readonly number[] | Int32Array;
}

/** One or some rows, as an element of a pipeline. */
export interface Element {
  /** float32 [rows, classes], row after row. */
  logits: Numbers<Float32Array>;
  /** 1 for the positive classes, 0 for the others, [rows, classes]; or sparse labels. */
  labels: Numbers<Uint8Array> | SparseLists;
  /** The labels that the loss is to have, where they are others: soft ones [rows, classes], or class indices [rows]. */
  lossLabels?: readonly number[] | Float32Array | Int32Array;
}

/** What `add` of an evaluator takes. */
export interface ReadElement {
  logits: Float32Array;
  labels: MultiHot;
  lossLabels: Float32Array | Int32Array | undefined;
}

/** Reads an element, in whatever form it has come. */
export function readElement(value: unknown, place: string): ReadElement {
  const { logits, labels, lossLabels } = record(value, place, ["logits", "labels", "lossLabels"]);
  const scores = floatsIn(logits, `${place}.logits`);
  return {
    logits: scores,
    labels: isSparse(labels)
      ? {
          offsets: integersIn(labels.offsets, `${place}.labels.offsets`),
          indices: integersIn(labels.indices, `${place}.labels.indices`),
        }
      : bytesIn(labels, `${place}.labels`),
    lossLabels:
      lossLabels === undefined ? undefined : lossLabelsIn(lossLabels, `${place}.lossLabels`, scores),
  };
}

function isSparse(labels: unknown): labels is Record<string, unknown> {
  return typeof labels === "object" && labels !== null && ("offsets" in labels || "indices" in labels);
}

function floatsIn(value: unknown, place: string): Float32Array {
  if (isTypedArray(value, "Float32Array")) return value;
  if (typeof value === "string") return fromBase64(value, place);
  const list = numbersIn(value, place);
  const floats = newArray(Float32Array, list.length);
  floats.set(list);
  return floats;
}

function bytesIn(value: unknown, place: string): Uint8Array {
  if (typeof value === "string") return bytesFromBase64(value, place);
  const bytes = binaryIn(value);
  if (bytes) return bytes;
  const list = numbersIn(value, place);
  const labels = newArray(Uint8Array, list.length);
  for (const [i, label] of list.entries()) {
    if (label !== 0 && label !== 1) fail("RANGE", `${place}[${i}]`, "0 or 1", String(label));
    labels[i] = label;
  }
  return labels;
}

/** Bytes as they are, or as BSON has them. */
function binaryIn(value: unknown): Uint8Array | undefined {
  if (isTypedArray(value, "Uint8Array")) return value;
  const { _bsontype: type, buffer } = Object(value) as { _bsontype?: unknown; buffer?: unknown };
  return type === "Binary" && isTypedArray(buffer, "Uint8Array") ? buffer : undefined;
}

function integersIn(value: unknown, place: string): Int32Array {
  if (isTypedArray(value, "Int32Array")) return value;
  const list = numbersIn(value, place);
  const integers = newArray(Int32Array, list.length);
  for (const [i, number] of list.entries()) {
    integers[i] = number;
    if (integers[i] !== number) fail("RANGE", `${place}[${i}]`, "a whole number of 32 bits", String(number));
  }
  return integers;
}

/** A list is one of soft labels where it has an element a logit, and else one of class indices. */
function lossLabelsIn(value: unknown, place: string, logits: Float32Array): Float32Array | Int32Array {
  if (isTypedArray(value, "Float32Array") || isTypedArray(value, "Int32Array")) return value;
  const list = numbersIn(value, place);
  return list.length === logits.length ? floatsIn(list, place) : integersIn(list, place);
}

/** A list of numbers, or what BSON makes of a typed array: an object that has each of them by its index. */
function numbersIn(value: unknown, place: string): number[] {
  const isTakenApart =
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    Object.keys(value).every((key, i) => key === String(i));
  if (!isTakenApart)
    fail("TYPE", place, "a list of numbers, a typed array of its type, or base64", describe(value));
  const list = Array.isArray(value) ? listIn(value, place) : Object.values(value);
  for (let i = 0; i < list.length; i++) {
    if (typeof list[i] !== "number") fail("TYPE", `${place}[${i}]`, "a number", describe(list[i]));
  }
  return list as number[];
}
