import { refuse } from "./errors.js";

/* The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

/** How the numbers of an array are stored. */
export interface DType {
  /** As numpy names it: "<f4". */
  name: string;
  kind: "float" | "int" | "uint" | "bool";
  /** Bytes a number. */
  size: number;
  /** Whether the bytes of each number have to be turned round. */
  isSwapped: boolean;
}

export interface NpyHeader {
  dtype: DType;
  shape: number[];
  /** Where the numbers begin. */
  start: number;
}

/** What a file was expected to be, for somebody who has another one. */
export const NPY = "a .npy file (numpy.save)";

const MAGIC = "\x93NUMPY";

/** As many bytes as tell how long the header is. */
export const PREAMBLE = 12;

const KINDS = { f: "float", i: "int", u: "uint", b: "bool" } as const;

const TYPES = /^([<>|=])([fiub])([1248])$/;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function isNpy(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString("latin1") === MAGIC;
}

/** Where the header ends, by its first bytes. */
export function headerEnd(preamble: Uint8Array, path: string): number {
  const bytes = Buffer.from(preamble.buffer, preamble.byteOffset, preamble.length);
  if (!isNpy(bytes)) refuse(path, NPY, "something else");
  if (bytes.length < PREAMBLE) refuse(path, "a whole header", `${bytes.length} bytes`);
  const version = bytes[6] as number;
  if (version < 1 || version > 3) refuse(path, "version 1, 2 or 3 of .npy", `version ${version}`);
  return version === 1 ? 10 + bytes.readUInt16LE(8) : 12 + bytes.readUInt32LE(8);
}

/** Reads the whole header: a literal of a Python dictionary, of which numpy writes three entries. */
export function parseHeader(bytes: Uint8Array, path: string): NpyHeader {
  const version = bytes[6] as number;
  const text = Buffer.from(bytes.subarray(version === 1 ? 10 : PREAMBLE)).toString("utf8");
  const type = entry(text, "descr", /(['"])([^'"]*)\1|\[/, path);
  if (type[2] === undefined) refuse(path, "numbers", "records of several fields");
  const [, order] = entry(text, "fortran_order", /(True|False)/, path);
  const [, dimensions = ""] = entry(text, "shape", /\(([\dL,\s]*)\)/, path);
  const shape = Array.from(dimensions.matchAll(/\d+/g), ([digits]) => Number(digits));
  if (order === "True" && shape.length > 1) {
    refuse(path, "rows one after the other (numpy.ascontiguousarray)", "fortran_order: True");
  }
  return { dtype: dtypeOf(type[2], path), shape, start: bytes.length };
}

function entry(text: string, name: string, value: RegExp, path: string): RegExpMatchArray {
  const match = text.match(new RegExp(`['"]${name}['"]\\s*:\\s*(?:${value.source})`));
  if (!match) refuse(path, `a header with ${name}`, JSON.stringify(text.trim().slice(0, 80)));
  return match;
}

function dtypeOf(name: string, path: string): DType {
  const [, order, kind, size] = TYPES.exec(name) ?? [];
  const known = KINDS[kind as keyof typeof KINDS];
  if (known === undefined || (known === "float" && size === "1") || (known === "bool" && size !== "1")) {
    refuse(path, "numbers of type float, int, uint or bool, up to 64 bits", `dtype ${JSON.stringify(name)}`);
  }
  const isSwapped = size !== "1" && order === (isLittleEndian ? ">" : "<");
  return { name, kind: known, size: Number(size), isSwapped };
}

/** The header of an array of these numbers, little-endian, filled up with spaces so that the numbers are aligned. */
export function formatHeader(dtype: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const header = Buffer.alloc(10 + length);
  header.write(`${MAGIC}\x01\x00`, "latin1");
  header.writeUInt16LE(length, 8);
  header.write(`${text.padEnd(length - 1)}\n`, 10, "latin1");
  return header;
}
