import { checkSparse, readSparse, type SparseLabels } from "../sparse.js";
import type { LossOptions, Reduction } from "../types.js";
import {
  attached,
  count,
  describe,
  fail,
  flag,
  float32Of,
  isFloat32Array,
  isInt32Array,
  isUint8Array,
  MAX_CLASSES,
  overlap,
  own,
  plain,
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
  /** What was given as `out`, to be handed back: of a derived class it may be, of which `out` has a plain view. */
  returned: { loss: Float32Array | undefined; grad: Float32Array | undefined };
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

/** Whether labels are of a type that a loss takes. */
function isTaken(labels: unknown, kinds: readonly LabelKind[]): boolean {
  if (isUint8Array(labels) || isPlainObject(labels)) return kinds.includes("multi-hot");
  return isFloat32Array(labels) ? kinds.includes("soft") : isInt32Array(labels) && kinds.includes("index");
}

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

type DenseLabels = Uint8Array | Float32Array | Int32Array;

/** Labels that are one array: a number a class, of which the engine checks the values, or an index a row. */
function targetsOf(
  labels: DenseLabels,
  rows: number,
  classes: number,
  ignoreIndex: number | undefined,
): Targets {
  if (isInt32Array(labels)) {
    return checkIndices(own(readable(labels, "labels")), rows, classes, ignoreIndex);
  }
  attached(labels, "labels");
  if (labels.length !== rows * classes) {
    fail("RANGE", "labels", `one element a logit = ${rows * classes}`, `${labels.length}`);
  }
  return isFloat32Array(labels)
    ? { kind: "soft", values: own(labels) }
    : { kind: "multi-hot", values: own(labels) };
}

function sparseTargets(labels: SparseLabels, rows: number, classes: number): Targets {
  return { kind: "sparse", ...checkSparse(labels, rows, classes, "labels"), isSingle: false };
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
      const expected = `class indices from 0 to ${classes - 1}, or ignoreIndex = ${ignoreIndex}`;
      fail("RANGE", "labels", expected, `${index}`, { row });
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

function maskOf(value: unknown, rows: number, classes: number): Mask | undefined {
  if (value === undefined) return undefined;
  if (!isUint8Array(value)) fail("TYPE", "options.mask", "a Uint8Array", describe(value));
  const values = own(readable(value, "options.mask"));
  if (values.length !== rows * classes && values.length !== classes) {
    fail(
      "RANGE",
      "options.mask",
      `[rows, classes] = ${rows * classes} or [classes] = ${classes} elements`,
      `${values.length}`,
    );
  }
  return { values, isPerRow: values.length !== classes };
}

function checkMask(mask: Uint8Array, classes: number): void {
  // A loop, which is many times as fast as findIndex.
  for (let i = 0; i < mask.length; i++) {
    if ((mask[i] as number) > 1) throw invalidByte("options.mask", mask[i], i, classes);
  }
}

function weightsOf(value: unknown, rows: number): Float32Array | undefined {
  if (value === undefined) return undefined;
  const array = float32Of(value, "options.rowWeights", rows, "[rows]");
  const weights = own(readable(array, "options.rowWeights"));
  checkWeights(weights);
  return weights;
}

export function checkWeights(weights: Float32Array): void {
  const row = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (row >= 0) {
    fail("RANGE", "options.rowWeights", "finite weights of at least 0", String(weights[row]), { row });
  }
}

/** Row weights that leave out the rows without a class. */
function withoutIgnored(
  { offsets }: SparseTargets,
  rows: number,
  weights: Float32Array | undefined,
): Float32Array {
  const result = newArray(Float32Array, rows);
  for (let row = 0; row < rows; row++) {
    result[row] = offsets[row] === offsets[row + 1] ? 0 : (weights?.[row] ?? 1);
  }
  return result;
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

function touches(array: ArrayBufferView, other: unknown): boolean {
  return ArrayBuffer.isView(other) && overlap(array, other);
}

/** Whether an array has bytes in common with one that the call reads besides the logits. */
function overlapsInput(
  array: ArrayBufferView,
  labels: unknown,
  sparse: SparseLabels | undefined,
  mask: unknown,
  rowWeights: unknown,
  own: Readonly<Record<string, unknown>>,
): boolean {
  if (sparse ? touches(array, sparse.offsets) || touches(array, sparse.indices) : touches(array, labels)) {
    return true;
  }
  if (touches(array, mask) || touches(array, rowWeights)) return true;
  for (const name in own) if (touches(array, own[name])) return true;
  return false;
}

function lossPlace(
  given: unknown,
  reduction: Reduction,
  logits: Float32Array,
  rows: number,
  isInput: (array: Float32Array) => boolean,
): Float32Array {
  if (reduction !== "none") {
    fail("TYPE", "options.out.loss", 'nothing unless reduction is "none"', describe(given));
  }
  const loss = float32Of(plain(given), "options.out.loss", rows, "[rows]");
  if (overlap(loss, logits) || isInput(loss)) {
    fail("RANGE", "options.out.loss", "memory apart from the inputs", "an array that overlaps one");
  }
  return loss;
}

function gradPlace(
  given: unknown,
  gradient: boolean,
  logits: Float32Array,
  loss: Float32Array | undefined,
  isInput: (array: Float32Array) => boolean,
): Float32Array {
  if (!gradient) fail("TYPE", "options.out.grad", "nothing where gradient is false", describe(given));
  const grad = float32Of(plain(given), "options.out.grad", logits.length, "[rows, classes]");
  const isApart = !overlap(grad, logits) || sameMemory(grad, logits);
  if (!isApart || isInput(grad) || (loss && overlap(grad, loss))) {
    fail(
      "RANGE",
      "options.out.grad",
      "the logits themselves or memory apart from all other arrays",
      "an overlapping array",
    );
  }
  return grad;
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
  const kinds = definition.labels;
  if (!isFloat32Array(logitsGiven)) {
    const isExchanged =
      isFloat32Array(labelsGiven) && ArrayBuffer.isView(logitsGiven) && isTaken(logitsGiven, kinds);
    const expected = isExchanged ? "a Float32Array; logits come before labels" : "a Float32Array";
    fail("TYPE", "logits", expected, describe(logitsGiven));
  }
  if (!isTaken(labelsGiven, kinds)) {
    fail("TYPE", "labels", expectedLabels(kinds, labelsGiven), describe(labelsGiven));
  }

  // Getters and proxies of the caller may do anything, also to the arrays: all of them come before any array is looked at.
  const options = record(optionsGiven, "options", names);
  const { classes: classesGiven, reduction: reductionGiven, gradient: gradientGiven } = options;
  const maskGiven = plain(options.mask);
  const weightsGiven = plain(options.rowWeights);
  const values: Record<string, unknown> = {};
  for (const { name } of checks) values[name] = plain(options[name]);
  const { out: outGiven } = options;
  const places = outGiven === undefined ? undefined : record(outGiven, "options.out", OUT);
  const loss = places?.loss;
  const grad = places?.grad;
  const sparse = isPlainObject(labelsGiven) ? readSparse(labelsGiven as object) : undefined;
  const labels = plain(labelsGiven);

  const logits = attached(plain(logitsGiven) as Float32Array, "logits");
  const { length } = logits;
  const classes = count(classesGiven, "options.classes", 1, MAX_CLASSES);
  const rows = length / classes;
  if (!Number.isInteger(rows)) {
    fail("RANGE", "logits", `a length that is a multiple of classes = ${classes}`, `${length} elements`);
  }
  const shape = { rows, classes, given: values };
  for (const { name, argument, check } of checks) values[name] = check(values[name], argument, shape);

  const targets = sparse
    ? sparseTargets(sparse, rows, classes)
    : targetsOf(labels as DenseLabels, rows, classes, values.ignoreIndex as number | undefined);
  const reduction = reductionOf(reductionGiven);
  const gradient = flag(gradientGiven, "options.gradient", true);
  const mask = maskOf(maskGiven, rows, classes);
  const weights = weightsOf(weightsGiven, rows);

  const isInput = (array: Float32Array) =>
    overlapsInput(array, labels, sparse, maskGiven, weightsGiven, values);
  const lossOut = loss === undefined ? undefined : lossPlace(loss, reduction, logits, rows, isInput);
  const gradOut = grad === undefined ? undefined : gradPlace(grad, gradient, logits, lossOut, isInput);

  if (mask) checkMask(mask.values, classes);
  const isIgnoring = !sparse && targets.kind === "sparse" && !targets.isSingle;
  const rowWeights = isIgnoring ? withoutIgnored(targets, rows, weights) : weights;
  return {
    logits,
    targets,
    rows,
    classes,
    mask,
    reduction,
    rowWeights,
    gradient,
    out: { loss: lossOut, grad: gradOut },
    returned: { loss, grad } as Call<Own>["returned"],
    factor: factorOf(reduction, rows, rowWeights, isIgnoring ? "labels" : "options.rowWeights"),
    own: values as Own,
  };
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
