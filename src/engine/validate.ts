import { checkSparse, type SparseLabels } from "../sparse.js";
import type { LossOptions, Reduction } from "../types.js";
import {
  attached,
  count,
  describe,
  fail,
  flag,
  float32,
  float32Of,
  isFloat32Array,
  isInt32Array,
  isUint8Array,
  MAX_CLASSES,
  overlap,
  own,
  readable,
  record,
  sameMemory,
} from "./checks.js";
import { LossError } from "./error.js";
import type { LabelKind, LossDefinition } from "./loss.js";
import { newArray } from "./newArray.js";
import type { OptionCheck } from "./options.js";

/*
 * Everything that can be wrong with a call is found here, before anything is computed or written. The values of dense
 * labels alone are checked by the engine, which reads them faster.
 */

/** The labels of a call, checked but for the values of the dense kinds. */
export type Targets =
  | { kind: "multi-hot"; values: Uint8Array }
  | { kind: "soft"; values: Float32Array }
  | SparseTargets;

export interface SparseTargets extends SparseLabels {
  kind: "sparse";
  /** Whether every row has exactly one class: that of its own index. */
  isSingle: boolean;
}

/** Which classes count: [rows, classes], or [classes] for all rows. */
export interface Mask {
  values: Uint8Array;
  isPerRow: boolean;
}

/** A call that has passed. */
export interface Call<Own> {
  logits: Float32Array;
  targets: Targets;
  rows: number;
  classes: number;
  mask: Mask | undefined;
  reduction: Reduction;
  rowWeights: Float32Array | undefined;
  gradient: boolean;
  out: { loss: Float32Array | undefined; grad: Float32Array | undefined };
  /** What the sum of the rows' weighted losses is multiplied by: 1, or 1/Σw for the mean. */
  factor: number;
  own: Own;
}

const COMMON: readonly (keyof LossOptions)[] = [
  "classes",
  "reduction",
  "rowWeights",
  "mask",
  "gradient",
  "out",
];

const KINDS: Record<LabelKind, string> = {
  "multi-hot": "a Uint8Array or { offsets, indices }",
  soft: "a Float32Array",
  index: "an Int32Array",
};

/** What to do with class indices where they are not taken. */
const INDICES =
  "; for one class a row, softmaxCrossEntropy or " +
  "{ offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i), indices }";

/** The labels that a loss takes, for somebody who came with others. */
function expectedLabels(kinds: readonly LabelKind[], given: unknown): string {
  const taken = kinds.map((kind) => KINDS[kind]).join(" or ");
  return isInt32Array(given) && kinds.includes("multi-hot") ? taken + INDICES : taken;
}

export function reductionOf(value: unknown): Reduction {
  if (value === undefined) return "mean";
  if (value !== "mean" && value !== "sum" && value !== "none") {
    fail(
      typeof value === "string" ? "RANGE" : "TYPE",
      "options.reduction",
      '"mean", "sum" or "none"',
      describe(value),
    );
  }
  return value;
}

function dense<T extends Uint8Array | Float32Array>(values: T, length: number): T {
  attached(values, "labels");
  if (values.length !== length) {
    fail("RANGE", "labels", `one element a logit = ${length}`, `${values.length}`);
  }
  return values;
}

/** 0, 1, 2 and so on: where the rows begin whose labels are one index each. Those of the last call, if they were few. */
let ascending = new Int32Array(1);

const FEW_ROWS = 2 ** 16;

function upTo(last: number): Int32Array {
  if (ascending.length === last + 1) return ascending;
  const array = newArray(Int32Array, last + 1);
  for (let i = 0; i <= last; i++) array[i] = i;
  if (last <= FEW_ROWS) ascending = array;
  return array;
}

/** Class indices as sparse labels; a row with `ignoreIndex` has none. */
function checkIndices(
  indices: Int32Array,
  rows: number,
  classes: number,
  ignoreIndex: number | undefined,
): SparseTargets {
  if (indices.length !== rows) fail("RANGE", "labels", `[rows] = ${rows} elements`, `${indices.length}`);
  let ignored = 0;
  for (let row = 0; row < rows; row++) {
    const index = indices[row] as number;
    if (index === ignoreIndex) ignored++;
    else if (!(index >= 0 && index < classes)) {
      fail("RANGE", "labels", `class indices from 0 to ${classes - 1}`, `${index}`, { row });
    }
  }
  if (ignored === 0) return { kind: "sparse", offsets: upTo(rows), indices, isSingle: true };
  const offsets = newArray(Int32Array, rows + 1);
  const kept = newArray(Int32Array, rows - ignored);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    const index = indices[row] as number;
    if (index !== ignoreIndex) kept[length++] = index;
    offsets[row + 1] = length;
  }
  return { kind: "sparse", offsets, indices: kept, isSingle: false };
}

function maskOf(value: unknown, rows: number, classes: number): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (!isUint8Array(value)) fail("TYPE", "options.mask", "a Uint8Array", describe(value));
  readable(value, "options.mask");
  if (value.length !== rows * classes && value.length !== classes) {
    fail(
      "RANGE",
      "options.mask",
      `[rows, classes] = ${rows * classes} or [classes] = ${classes} elements`,
      `${value.length}`,
    );
  }
  return value;
}

function checkMask(mask: Uint8Array, classes: number): void {
  // A loop, which is many times as fast as findIndex.
  for (let i = 0; i < mask.length; i++) {
    if ((mask[i] as number) > 1) throw invalidByte("options.mask", mask[i], i, classes);
  }
}

export function checkWeights(weights: Float32Array): void {
  const row = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (row >= 0) {
    fail("RANGE", "options.rowWeights", "finite weights of at least 0", String(weights[row]), { row });
  }
}

/** What the reduction divides by, as a factor. */
export function factorOf(
  reduction: Reduction,
  rows: number,
  weights: Float32Array | undefined,
  argument: string,
): number {
  if (reduction !== "mean") return 1;
  if (rows === 0) fail("EMPTY_REDUCTION", "logits", 'at least one row for the "mean"', "none");
  if (!weights) return 1 / rows;
  let total = 0;
  for (const weight of weights) total += weight;
  if (total === 0) {
    fail("EMPTY_REDUCTION", argument, 'a positive weight for the "mean"', "weights that sum to 0");
  }
  return 1 / total;
}

const OUT = ["loss", "grad"];

/** Whether an array has bytes in common with one that the call reads besides the logits. */
function overlapsInput(
  array: ArrayBufferView,
  labels: unknown,
  options: Readonly<Record<string, unknown>>,
): boolean {
  if (ArrayBuffer.isView(labels)) {
    if (overlap(array, labels)) return true;
  } else {
    const { offsets, indices } = labels as SparseLabels;
    if (overlap(array, offsets) || overlap(array, indices)) return true;
  }
  for (const name in options) {
    const option = options[name];
    if (ArrayBuffer.isView(option) && overlap(array, option)) return true;
  }
  return false;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value);
}

/** Checks a call of a loss. Throws a LossError, or returns what the engine needs. */
export type Validate<Own> = (logits: unknown, labels: unknown, options: unknown) => Call<Own>;

/** The check of the calls of a loss. What is the same for all of them is found here, once. */
export function validatorOf<Own>(definition: LossDefinition<Own>): Validate<Own> {
  const checks = Object.entries(definition.options).map(([name, check]) => ({
    name,
    argument: `options.${name}`,
    check: check as OptionCheck<unknown>,
  }));
  const names = [...COMMON, ...checks.map(({ name }) => name)];
  return (logits, labels, options) => validate(logits, labels, options, definition, checks, names);
}

function validate<Own>(
  logitsGiven: unknown,
  labelsGiven: unknown,
  optionsGiven: unknown,
  definition: LossDefinition<Own>,
  checks: readonly { name: string; argument: string; check: OptionCheck<unknown> }[],
  names: readonly string[],
): Call<Own> {
  const logits = float32(logitsGiven, "logits");
  const { length } = logits;
  const kinds = definition.labels;
  if (
    !(isUint8Array(labelsGiven) && kinds.includes("multi-hot")) &&
    !(isFloat32Array(labelsGiven) && kinds.includes("soft")) &&
    !(isInt32Array(labelsGiven) && kinds.includes("index")) &&
    !(isPlainObject(labelsGiven) && kinds.includes("multi-hot"))
  ) {
    fail("TYPE", "labels", expectedLabels(kinds, labelsGiven), describe(labelsGiven));
  }
  const options = record(optionsGiven, "options", names);

  const classes = count(options.classes, "options.classes", 1, MAX_CLASSES);
  const rows = length / classes;
  if (!Number.isInteger(rows)) {
    fail("RANGE", "logits", `a length that is a multiple of classes = ${classes}`, `${length} elements`);
  }
  const values: Record<string, unknown> = {};
  const shape = { rows, classes, given: options };
  for (const { name, argument, check } of checks) values[name] = check(options[name], argument, shape);

  let targets: Targets;
  let isIgnored: ((row: number) => boolean) | undefined;
  if (isUint8Array(labelsGiven)) {
    targets = { kind: "multi-hot", values: own(dense(labelsGiven, length)) };
  } else if (isFloat32Array(labelsGiven)) {
    targets = { kind: "soft", values: own(dense(labelsGiven, length)) };
  } else if (isInt32Array(labelsGiven)) {
    const ignoreIndex = values.ignoreIndex as number | undefined;
    const sparse = checkIndices(own(readable(labelsGiven, "labels")), rows, classes, ignoreIndex);
    targets = sparse;
    if (!sparse.isSingle) {
      isIgnored = (row) => sparse.offsets[row] === sparse.offsets[row + 1];
    }
  } else {
    const sparse = checkSparse(labelsGiven as object, rows, classes, "labels");
    targets = { kind: "sparse", ...sparse, isSingle: false };
  }

  const reduction = reductionOf(options.reduction);
  const gradient = flag(options.gradient, "options.gradient", true);
  const maskGiven = maskOf(options.mask, rows, classes);
  let rowWeights: Float32Array | undefined;
  if (options.rowWeights !== undefined) {
    rowWeights = float32Of(options.rowWeights, "options.rowWeights", rows, "[rows]");
    rowWeights = own(readable(rowWeights, "options.rowWeights"));
    checkWeights(rowWeights);
  }
  if (isIgnored) {
    const weights = newArray(Float32Array, rows);
    for (let row = 0; row < rows; row++) weights[row] = isIgnored(row) ? 0 : (rowWeights?.[row] ?? 1);
    rowWeights = weights;
  }

  const out: Call<Own>["out"] = { loss: undefined, grad: undefined };
  if (options.out !== undefined) {
    const given = record(options.out, "options.out", OUT);
    if (given.loss !== undefined) {
      if (reduction !== "none") {
        fail("TYPE", "options.out.loss", 'nothing unless reduction is "none"', describe(given.loss));
      }
      const loss = float32Of(given.loss, "options.out.loss", rows, "[rows]");
      if (overlap(loss, logits) || overlapsInput(loss, labelsGiven, options)) {
        fail("RANGE", "options.out.loss", "memory apart from the inputs", "an array that overlaps one");
      }
      out.loss = loss;
    }
    if (given.grad !== undefined) {
      if (!gradient) {
        fail("TYPE", "options.out.grad", "nothing where gradient is false", describe(given.grad));
      }
      const grad = float32Of(given.grad, "options.out.grad", length, "[rows, classes]");
      const isApart = !overlap(grad, logits) || sameMemory(grad, logits);
      if (!isApart || overlapsInput(grad, labelsGiven, options) || (out.loss && overlap(grad, out.loss))) {
        fail(
          "RANGE",
          "options.out.grad",
          "the logits themselves or memory apart from all other arrays",
          "an overlapping array",
        );
      }
      out.grad = grad;
    }
  }

  let mask: Mask | undefined;
  if (maskGiven) {
    const values = own(maskGiven);
    checkMask(values, classes);
    mask = { values, isPerRow: values.length !== classes };
  }
  const call = {
    logits,
    targets,
    rows,
    classes,
    mask,
    reduction,
    rowWeights,
    gradient,
    out,
    factor: factorOf(reduction, rows, rowWeights, isIgnored ? "labels" : "options.rowWeights"),
    own: values as Own,
  };
  checkAttached(call);
  return call;
}

/** Getters of the options may have taken away arrays that had been looked at before, by making the memory grow. */
function checkAttached<Own>({ logits, targets, mask, rowWeights, out, own }: Call<Own>): void {
  attached(logits, "logits");
  if (targets.kind === "sparse") {
    attached(targets.offsets, "labels.offsets");
    attached(targets.indices, "labels.indices");
  } else {
    attached(targets.values, "labels");
  }
  if (mask) attached(mask.values, "options.mask");
  if (rowWeights) attached(rowWeights, "options.rowWeights");
  if (out.loss) attached(out.loss, "options.out.loss");
  if (out.grad) attached(out.grad, "options.out.grad");
  const { threshold, positiveWeights } = own as { threshold?: unknown; positiveWeights?: unknown };
  if (isFloat32Array(threshold)) attached(threshold, "options.threshold");
  if (isFloat32Array(positiveWeights)) attached(positiveWeights, "options.positiveWeights");
}

/** The error for a byte that is neither 0 nor 1. */
export function invalidByte(
  argument: string,
  value: number | undefined,
  index: number,
  classes: number,
): LossError {
  return new LossError("RANGE", {
    argument,
    expected: "0 or 1",
    received: String(value),
    row: Math.floor(index / classes),
    index: index % classes,
  });
}
