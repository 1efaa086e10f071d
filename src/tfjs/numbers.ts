import { describe, fail, isFloat32Array } from "../engine/checks.js";
import { isTensor, type Tensor, type TensorFlow } from "./tensorflow.js";
import { readValues } from "./values.js";

/** Numbers as an array of any kind, or as a tensor. */
export type Numbers = ArrayLike<number> | Tensor;

/** Numbers for each batch, made of its labels and scores. No gradient goes through them. */
export type PerBatch = (yTrue: Tensor, yPred: Tensor) => Numbers;

/** What an option gives for this batch. */
export function numbersFor(
  option: Numbers | PerBatch,
  argument: string,
  yTrue: Tensor,
  yPred: Tensor,
): Numbers {
  const given: unknown = typeof option === "function" ? option(yTrue, yPred) : option;
  const isArray = Array.isArray(given) || (ArrayBuffer.isView(given) && "length" in given);
  if (!isTensor(given) && !isArray) fail("TYPE", argument, "numbers or a tensor", describe(given));
  return given as Numbers;
}

/** Numbers in an array that stays what it is. */
export function toFloats(tf: TensorFlow, numbers: Numbers): Float32Array {
  return Float32Array.from(isTensor(numbers) ? readValues(tf, numbers) : numbers);
}

/** Numbers of 0 and 1 as bytes. */
export function toBytes(tf: TensorFlow, numbers: Numbers, argument: string): Uint8Array {
  const values = isTensor(numbers) ? readValues(tf, numbers) : numbers;
  const bytes = new Uint8Array(values.length);
  const wrong = writeBytes(values, bytes);
  if (wrong >= 0) fail("RANGE", argument, "0 or 1", String(values[wrong]), { index: wrong });
  return bytes;
}

/** Copies float32 numbers of 0 and 1. Most are 0: they are looked at in pairs, each of which as a float64 is 0 too. */
function writePairs(values: Float32Array, into: Uint8Array): boolean {
  const { buffer, byteOffset, length } = values;
  if (byteOffset % 8 !== 0) return false;
  const pairs = new Float64Array(buffer, byteOffset, length >> 1);
  into.fill(0);
  for (let i = 0; i < pairs.length; i++) {
    if (pairs[i] !== 0 && !(writeOne(values, 2 * i, into) && writeOne(values, 2 * i + 1, into))) return false;
  }
  return length % 2 === 0 || writeOne(values, length - 1, into);
}

function writeOne(values: Float32Array, at: number, into: Uint8Array): boolean {
  const value = values[at] as number;
  into[at] = value;
  return value === 0 || value === 1;
}

/** Copies numbers of 0 and 1 to an array of that length. Stops at the first other one and tells where it is; -1 if there is none. */
export function writeBytes(values: ArrayLike<number>, into: Uint8Array): number {
  if (isFloat32Array(values) && writePairs(values, into)) return -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value !== 0 && value !== 1) return i;
    into[i] = value;
  }
  return -1;
}

/** Numbers as a float32 tensor. */
export function toTensor(tf: TensorFlow, numbers: Numbers): Tensor {
  return isTensor(numbers) ? tf.cast(numbers, "float32") : tf.tensor(Float32Array.from(numbers));
}
