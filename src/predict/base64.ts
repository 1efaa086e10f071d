import { fail } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { textIn } from "./json.js";

/** As many bytes as a call takes arguments, and none left over by groups of three. */
const PIECE_BYTES = 3 * 2 ** 12;

/** The bytes of numbers, as JSON can hold them. */
export function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + PIECE_BYTES)));
  }
  return text;
}

export function fromBase64(value: unknown, place: string): Float32Array {
  const binary = binaryOf(value, place, Float32Array.BYTES_PER_ELEMENT, "float32 numbers as base64");
  const numbers = newArray(Float32Array, binary.length / Float32Array.BYTES_PER_ELEMENT);
  fill(new Uint8Array(numbers.buffer), binary);
  return numbers;
}

export function bytesFromBase64(value: unknown, place: string): Uint8Array {
  const binary = binaryOf(value, place, 1, "bytes as base64");
  const bytes = newArray(Uint8Array, binary.length);
  fill(bytes, binary);
  return bytes;
}

/** A character a byte, of numbers of so many bytes. */
function binaryOf(value: unknown, place: string, size: number, expected: string): string {
  const text = textIn(value, place);
  const binary = decoded(text);
  if (binary === undefined || binary.length % size !== 0 || btoa(binary) !== text) {
    fail("RANGE", place, expected, `${text.length} characters`);
  }
  return binary;
}

function fill(bytes: Uint8Array, binary: string): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
}

function decoded(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
