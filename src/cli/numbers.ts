import type { DType } from "./npyHeader.js";

/** Numbers as they are stored, or widened so that none of them changes. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array;

/** Reads stored numbers, whose bytes begin at a multiple of 8; may turn them round where they are. */
export function decode(bytes: Buffer<ArrayBuffer>, { kind, size, isSwapped }: DType): Numbers {
  if (isSwapped) swap(bytes, size);
  const { buffer, byteOffset } = bytes;
  const length = bytes.length / size;
  if (kind === "float") {
    if (size === 2) return halves(new Uint16Array(buffer, byteOffset, length));
    return size === 4
      ? new Float32Array(buffer, byteOffset, length)
      : new Float64Array(buffer, byteOffset, length);
  }
  const isSigned = kind === "int";
  if (size === 8) {
    const Wide = isSigned ? BigInt64Array : BigUint64Array;
    return Float64Array.from(new Wide(buffer, byteOffset, length), Number);
  }
  if (size === 4) return new (isSigned ? Int32Array : Uint32Array)(buffer, byteOffset, length);
  if (size === 2) return new (isSigned ? Int16Array : Uint16Array)(buffer, byteOffset, length);
  return new (isSigned ? Int8Array : Uint8Array)(buffer, byteOffset, length);
}

function swap(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  if (size === 4) bytes.swap32();
  if (size === 8) bytes.swap64();
}

let table: Float32Array | undefined;

/** Numbers of float16 as float32, which has all of them. */
function halves(words: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, word) => half(word));
  const floats = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) floats[i] = table[words[i] as number] as number;
  return floats;
}

function half(word: number): number {
  const exponent = (word >> 10) & 31;
  const fraction = word & 1023;
  const sign = word >> 15 === 1 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
