import { LossError } from "./error.js";

interface ArrayType<T> {
  new (length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** A new array of zeros; an error with a code where the engine has no room for it. */
export function newArray<T>(Type: ArrayType<T>, length: number): T {
  try {
    return new Type(length);
  } catch (cause) {
    throw new LossError("OUT_OF_MEMORY", {
      argument: "memory",
      expected: `room for ${Type.BYTES_PER_ELEMENT * length} bytes`,
      received: "a refusal from the engine",
      cause,
    });
  }
}
