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
  const text = textIn(value, place);
  const binary = decoded(text);
  if (binary === undefined || binary.length % 4 !== 0 || btoa(binary) !== text) {
    fail("RANGE", place, "float32 numbers as base64", `${text.length} characters`);
  }
  const numbers = newArray(Float32Array, binary.length / 4);
  const bytes = new Uint8Array(numbers.buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return numbers;
}

function decoded(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
