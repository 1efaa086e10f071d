import { newArray } from "../engine/newArray.js";

/*
 * Scores as whole numbers of the same order, which can be sorted digit by digit: the bits of a float32 rise with its
 * value if the sign bit is set for positive numbers, and all bits are turned over for negative ones.
 */

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The key of a score that is not NaN. 0 and -0 have the same. */
export function keyOf(score: number): number {
  float[0] = score + 0;
  return keyOfBits(bits[0] as number);
}

/** The key of the score that has these bits and is not -0. That of NaN is below that of -∞ or above that of +∞. */
export function keyOfBits(word: number): number {
  return (word ^ ((word >> 31) | 0x80000000)) >>> 0;
}

export function scoreOf(key: number): number {
  bits[0] = key >>> 31 === 1 ? key & 0x7fffffff : ~key;
  return float[0] as number;
}

/** The next float32 below a score, which is neither NaN nor -∞. */
export function nextBelow(score: number): number {
  return score === 0 ? -(2 ** -149) : scoreOf(keyOf(score) - 1) + 0;
}

/** The greatest float32 that is not above a number: float32 scores that exceed one exceed the other. */
export function floorFloat32(value: number): number {
  const rounded = Math.fround(value);
  return rounded > value ? nextBelow(rounded) : rounded;
}

/** Keys, and with each a number that belongs to it. */
export interface KeyedList {
  keys: Uint32Array;
  values: Uint32Array;
}

/** Sorts a list by rising key, in linear time. Overwrites the one given. */
export function sortByKey(list: KeyedList): KeyedList {
  const { length } = list.keys;
  let from = list;
  let to: KeyedList = { keys: newArray(Uint32Array, length), values: newArray(Uint32Array, length) };
  const starts = newArray(Uint32Array, DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    countDigits(from.keys, shift, starts);
    distribute(from, to, shift, starts);
    [from, to] = [to, from];
  }
  return from;
}

/** Where the keys of each digit are to begin. */
function countDigits(keys: Uint32Array, shift: number, starts: Uint32Array): void {
  starts.fill(0);
  for (let i = 0; i < keys.length; i++) starts[((keys[i] as number) >>> shift) & (DIGITS - 1)]!++;
  let start = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const size = starts[digit] as number;
    starts[digit] = start;
    start += size;
  }
}

function distribute(from: KeyedList, to: KeyedList, shift: number, starts: Uint32Array): void {
  const { keys, values } = from;
  const { keys: toKeys, values: toValues } = to;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    const place = starts[(key >>> shift) & (DIGITS - 1)]!++;
    toKeys[place] = key;
    toValues[place] = values[i] as number;
  }
}
