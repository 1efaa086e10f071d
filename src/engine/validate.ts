import type { LossOptions, Reduction } from "../types.js";
import { LossError, type LossErrorCode } from "./error.js";

/*
 * Everything that can be wrong with a call is found here, before anything is computed or written. The values of the
 * labels alone are checked by the engine, which reads them faster.
 */

/** Checks the value of one option of a loss and returns it; `undefined` stands for the default. */
export type OptionCheck<T> = (value: unknown, argument: string) => T;

/** A check for each option that only one loss has. */
export type OptionChecks<Own> = { [Name in keyof Own]-?: OptionCheck<Exclude<Own[Name], undefined>> };

/** The checked values of those options. */
export type OptionValues<Own> = { [Name in keyof Own]-?: Exclude<Own[Name], undefined> };

/** A call that has passed. */
export interface Call<Own> {
  logits: Float32Array;
  labels: Uint8Array;
  rows: number;
  classes: number;
  reduction: Reduction;
  rowWeights: Float32Array | undefined;
  gradient: boolean;
  out: { loss: Float32Array | undefined; grad: Float32Array | undefined };
  /** What the sum of the rows' weighted losses is multiplied by: 1, or 1/Σw for the mean. */
  factor: number;
  own: OptionValues<Own>;
}

/** The longest row: 9 bytes a class have to fit into the 4 GiB that WebAssembly can address. */
export const MAX_CLASSES = 2 ** 28;

function fail(
  code: LossErrorCode,
  argument: string,
  expected: string,
  received: string,
  place?: { row?: number; index?: number },
): never {
  throw new LossError(code, { argument, expected, received, ...place });
}

/** A short description of any value, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) {
    return `${nameOf(value)}${"length" in value ? ` of length ${String(value.length)}` : ""}`;
  }
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** The name of a typed array's type. Unlike instanceof it knows arrays of other realms. */
function nameOf(value: ArrayBufferView): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isFloat32Array(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && nameOf(value) === "Float32Array";
}

function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && nameOf(value) === "Uint8Array";
}

/** Whether an array has lost its buffer, or a part of it that it lay in: its length reads 0, and its methods throw. */
function isDetached(array: Float32Array | Uint8Array): boolean {
  if (array.length > 0) return false;
  try {
    Uint8Array.prototype.at.call(array, 0);
    return false;
  } catch {
    return true;
  }
}

/** Shared memory could change between the check and the use: it is copied first. */
function own<T extends Float32Array | Uint8Array>(array: T): T {
  const isShared = Object.prototype.toString.call(array.buffer) === "[object SharedArrayBuffer]";
  if (!isShared) return array;
  return (isFloat32Array(array) ? new Float32Array(array) : new Uint8Array(array)) as T;
}

function attached<T extends Float32Array | Uint8Array>(array: T, argument: string): T {
  if (isDetached(array)) {
    fail(
      "DETACHED",
      argument,
      "an array with a buffer",
      "one whose buffer was transferred, shrunk or left behind by growing memory",
    );
  }
  return array;
}

function float32(value: unknown, argument: string): Float32Array {
  if (!isFloat32Array(value)) fail("TYPE", argument, "a Float32Array", describe(value));
  return attached(value, argument);
}

function float32Of(value: unknown, argument: string, length: number, shape: string): Float32Array {
  const array = float32(value, argument);
  if (array.length !== length) fail("RANGE", argument, `${shape} = ${length} elements`, `${array.length}`);
  return array;
}

/** An object with no other properties than these. */
export function record(value: unknown, argument: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    fail("TYPE", argument, "an object", describe(value));
  }
  for (const name of Object.keys(value)) {
    if (!names.includes(name))
      fail("TYPE", `${argument}.${name}`, `one of ${names.join(", ")}`, "an unknown name");
  }
  return value as Record<string, unknown>;
}

/** A finite number. */
export function finite(fallback: number): OptionCheck<number> {
  return (value, argument) => {
    if (value === undefined) return fallback;
    if (typeof value !== "number") fail("TYPE", argument, "a number", describe(value));
    if (!Number.isFinite(value)) fail("RANGE", argument, "a finite number", describe(value));
    return value;
  };
}

/** A whole number from `least` to `most`. */
export function count(value: unknown, argument: string, least: number, most: number): number {
  if (typeof value !== "number") fail("TYPE", argument, "a number", describe(value));
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    fail("RANGE", argument, `a whole number from ${least} to ${most}`, describe(value));
  }
  return value;
}

function reductionOf(value: unknown): Reduction {
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

function flag(value: unknown, argument: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") fail("TYPE", argument, "true or false", describe(value));
  return value;
}

function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

function sameMemory(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;
}

function checkWeights(weights: Float32Array): void {
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] as number;
    if (!(weight >= 0 && weight < Infinity)) {
      fail("RANGE", "options.rowWeights", "finite weights of at least 0", String(weight), { row });
    }
  }
}

/** What the reduction divides by, as a factor. */
function factorOf(reduction: Reduction, rows: number, weights: Float32Array | undefined): number {
  if (reduction !== "mean") return 1;
  if (rows === 0) fail("EMPTY_REDUCTION", "logits", 'at least one row for the "mean"', "none");
  if (!weights) return 1 / rows;
  let total = 0;
  for (const weight of weights) total += weight;
  if (total === 0) {
    fail("EMPTY_REDUCTION", "options.rowWeights", 'a positive sum for the "mean"', "weights that sum to 0");
  }
  return 1 / total;
}

const COMMON: readonly (keyof LossOptions)[] = ["classes", "reduction", "rowWeights", "gradient", "out"];

/** Checks a call of a loss. Throws a LossError, or returns what the engine needs. */
export function validate<Own>(
  logitsGiven: unknown,
  labelsGiven: unknown,
  optionsGiven: unknown,
  checks: OptionChecks<Own>,
): Call<Own> {
  const logits = float32(logitsGiven, "logits");
  if (!isUint8Array(labelsGiven)) fail("TYPE", "labels", "a Uint8Array", describe(labelsGiven));
  const labels = attached(labelsGiven, "labels");
  const options = record(optionsGiven, "options", [...COMMON, ...Object.keys(checks)]);

  const classes = count(options.classes, "options.classes", 1, MAX_CLASSES);
  const rows = logits.length / classes;
  if (!Number.isInteger(rows)) {
    fail(
      "RANGE",
      "logits",
      `a length that is a multiple of classes = ${classes}`,
      `${logits.length} elements`,
    );
  }
  if (labels.length !== logits.length) {
    fail("RANGE", "labels", `one element a logit = ${logits.length}`, `${labels.length}`);
  }

  const reduction = reductionOf(options.reduction);
  const gradient = flag(options.gradient, "options.gradient", true);
  let rowWeights: Float32Array | undefined;
  if (options.rowWeights !== undefined) {
    rowWeights = float32Of(options.rowWeights, "options.rowWeights", rows, "[rows]");
  }

  const outGiven = options.out === undefined ? {} : record(options.out, "options.out", ["loss", "grad"]);
  const out: Call<Own>["out"] = { loss: undefined, grad: undefined };
  if (outGiven.loss !== undefined) {
    if (reduction !== "none")
      fail("TYPE", "options.out.loss", 'nothing unless reduction is "none"', describe(outGiven.loss));
    out.loss = float32Of(outGiven.loss, "options.out.loss", rows, "[rows]");
    const loss = out.loss;
    if ([logits, labels, rowWeights].some((input) => input && overlap(input, loss))) {
      fail("RANGE", "options.out.loss", "memory apart from the inputs", "an array that overlaps one");
    }
  }
  if (outGiven.grad !== undefined) {
    if (!gradient)
      fail("TYPE", "options.out.grad", "nothing where gradient is false", describe(outGiven.grad));
    out.grad = float32Of(outGiven.grad, "options.out.grad", logits.length, "[rows, classes]");
    const grad = out.grad;
    const others = sameMemory(grad, logits)
      ? [labels, rowWeights, out.loss]
      : [logits, labels, rowWeights, out.loss];
    if (others.some((other) => other && overlap(other, grad))) {
      fail(
        "RANGE",
        "options.out.grad",
        "the logits themselves or memory apart from all other arrays",
        "an overlapping array",
      );
    }
  }

  const ownWeights = rowWeights && own(rowWeights);
  if (ownWeights) checkWeights(ownWeights);
  const values: Record<string, unknown> = {};
  for (const name in checks) values[name] = checks[name](options[name], `options.${name}`);

  return {
    logits,
    labels: own(labels),
    rows,
    classes,
    reduction,
    rowWeights: ownWeights,
    gradient,
    out,
    factor: factorOf(reduction, rows, ownWeights),
    own: values as OptionValues<Own>,
  };
}

/** The error for the first label that is neither 0 nor 1. */
export function invalidLabel(value: number | undefined, index: number, classes: number): LossError {
  return new LossError("RANGE", {
    argument: "labels",
    expected: "0 or 1",
    received: String(value),
    row: Math.floor(index / classes),
    index: index % classes,
  });
}
