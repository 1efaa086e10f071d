import { LossError, type LossErrorCode } from "./error.js";
import { checkLent, isForeignShared, lenderOf } from "./lent.js";
import { newArray } from "./newArray.js";

/* What can be wrong with one value. Each check names the argument, what was expected and what came. */

/** The longest row: 12 bytes a class, those of a batch with soft labels, fit into the 4 GiB that WebAssembly can address. */
export const MAX_CLASSES = 2 ** 28;

export function fail(
  code: LossErrorCode,
  argument: string,
  expected: string,
  received: string,
  place?: { row?: number; index?: number },
): never {
  throw new LossError(code, { argument, expected, received, ...place });
}

/** The arrays that a call may have. */
export type AnyArray = Float32Array | Uint8Array | Int32Array | Uint32Array;

const TYPES = { Float32Array, Uint8Array, Int32Array, Uint32Array };

/** A short description of any value, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) {
    return "length" in value ? `${nameOf(value)} of length ${String(value.length)}` : "a DataView";
  }
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as (this: unknown) => string | undefined;

/** The name of a typed array's type, undefined for anything else. Unlike instanceof it knows arrays of other realms. */
function nameOf(value: unknown): string | undefined {
  return tagOf.call(value);
}

/** Whether an argument is a typed array of that type. */
export function isTypedArray<N extends keyof typeof TYPES>(
  value: unknown,
  name: N,
): value is InstanceType<(typeof TYPES)[N]> {
  return nameOf(value) === name;
}

export function isFloat32Array(value: unknown): value is Float32Array {
  return nameOf(value) === "Float32Array";
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return nameOf(value) === "Uint8Array";
}

const { prototype: floats } = Float32Array;
const { prototype: bytes } = Uint8Array;
const { prototype: integers } = Int32Array;
const { prototype: wholes } = Uint32Array;

/** Whether an array is of none of the classes that somebody derived, of which any method or property may be a function of theirs. */
function isPlain(array: AnyArray): boolean {
  const prototype = Object.getPrototypeOf(array);
  return prototype === floats || prototype === bytes || prototype === integers || prototype === wholes;
}

const ofAll = Object.getPrototypeOf(bytes) as Uint8Array;

function getterOf<T>(name: "buffer" | "byteOffset" | "length"): (this: AnyArray) => T {
  return Object.getOwnPropertyDescriptor(ofAll, name)?.get as (this: AnyArray) => T;
}

const bufferOf = getterOf<ArrayBuffer>("buffer");
const byteOffsetOf = getterOf<number>("byteOffset");
const lengthOf = getterOf<number>("length");

/**
 * An argument as it is, but for an array of a derived class: a plain view of it. So whatever looks at an array later runs no
 * function of the caller.
 */
export function plain(value: unknown): unknown {
  if (!ArrayBuffer.isView(value) || isPlain(value as AnyArray)) return value;
  const Plain = TYPES[nameOf(value) as keyof typeof TYPES];
  // One of another type, or without a buffer, is refused later.
  if (!Plain || isDetached(value as AnyArray)) return value;
  const array = value as AnyArray;
  return new Plain(bufferOf.call(array), byteOffsetOf.call(array), lengthOf.call(array));
}

/** Whether an array has lost its buffer, or a part of it that it lay in: its methods throw. */
function isDetached(array: AnyArray): boolean {
  try {
    ofAll.at.call(array, 0);
    return false;
  } catch {
    return true;
  }
}

/** Shared memory could change between the check and the use: it is copied first, unless it is that of a batch. */
export function own<T extends AnyArray>(array: T): T {
  return isForeignShared(array.buffer) ? copyOf(array) : array;
}

/** A plain array of the same type and numbers. */
export function copyOf<T extends AnyArray>(array: T): T {
  const Plain = TYPES[nameOf(array) as keyof typeof TYPES];
  const copy = newArray<AnyArray>(Plain, array.length);
  copy.set(array);
  return copy as T;
}

export function attached<T extends AnyArray>(array: T, argument: string): T {
  // The length of one that has lost its buffer reads 0; but once V8 (of Node 20 and 22) has also met an array of a resizable
  // buffer, what it was: that in bytes always reads 0.
  if (array.byteLength === 0 && isDetached(array)) {
    fail(
      "DETACHED",
      argument,
      "an array with a buffer",
      "one whose buffer was transferred, shrunk or left behind by growing memory",
    );
  }
  return array;
}

/** An array that can be read: it has a buffer, and is not of a batch that was freed. */
export function readable<T extends AnyArray>(array: T, argument: string): T {
  attached(array, argument);
  checkLent(array, argument);
  return array;
}

export function float32Of(value: unknown, argument: string, length: number, shape: string): Float32Array {
  if (!isFloat32Array(value)) fail("TYPE", argument, "a Float32Array", describe(value));
  const array = attached(value, argument);
  if (array.length !== length) fail("RANGE", argument, `${shape} = ${length} elements`, `${array.length}`);
  return array;
}

/** An object with no other properties than these. */
export function record(value: unknown, argument: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    fail("TYPE", argument, "an object", describe(value));
  }
  for (const name in value) {
    if (!names.includes(name) && Object.hasOwn(value, name))
      fail("TYPE", `${argument}.${name}`, `one of ${names.join(", ")}`, "an unknown name");
  }
  return value as Record<string, unknown>;
}

/** A whole number from `least` to `most`. */
export function count(value: unknown, argument: string, least: number, most: number): number {
  if (typeof value !== "number") fail("TYPE", argument, "a number", describe(value));
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    fail("RANGE", argument, `a whole number from ${least} to ${most}`, describe(value));
  }
  return value;
}

export function flag(value: unknown, argument: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== "boolean") fail("TYPE", argument, "true or false", describe(value));
  return value;
}

/** Whether two arrays lie in one memory: shared memory has a buffer more each time that it grows. */
function areTogether(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.buffer === b.buffer) return true;
  const lender = lenderOf(a.buffer);
  return lender !== undefined && lender === lenderOf(b.buffer);
}

/** Whether two arrays have bytes in common. */
export function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return (
    areTogether(a, b) &&
    a.byteLength > 0 &&
    b.byteLength > 0 &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Whether two arrays of one buffer are the same bytes. */
export function sameMemory(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;
}

export function isInt32Array(value: unknown): value is Int32Array {
  return nameOf(value) === "Int32Array";
}

/** Refuses what is no typed array of one of these types. */
export function requireType(value: unknown, argument: string, ...names: (keyof typeof TYPES)[]): void {
  const isOne = names.some((name) => isTypedArray(value, name));
  if (!isOne) fail("TYPE", argument, names.join(" or "), describe(value));
}

/**
 * An argument that has to be a typed array of one of these types, and readable. Of shared memory, a copy.
 */
export function typedArray<N extends keyof typeof TYPES>(
  value: unknown,
  argument: string,
  ...names: N[]
): InstanceType<(typeof TYPES)[N]> {
  requireType(value, argument, ...names);
  return own(readable(plain(value) as InstanceType<(typeof TYPES)[N]>, argument));
}
