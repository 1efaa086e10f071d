const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);
const double = new Float64Array(1);
const doubleBits = new BigUint64Array(double.buffer);

/** Half way between the largest float32 and 2^128: from here on, the nearest float32 is Infinity. */
const OVERFLOW = 2 ** 128 - 2 ** 103;

/**
 * The spacing of float32 at a number: 2^-149 for subnormal ones and 0, 2^104 for all that lies beyond the largest.
 * Just below a power of 2 it is half of what it is above.
 */
export function ulp(exact: number): number {
  double[0] = exact;
  const exponent = Number(((doubleBits[0] as bigint) >> 52n) & 0x7ffn) - 1023;
  return 2 ** (Math.min(Math.max(exponent, -126), 127) - 23);
}

/**
 * How far `got` is from the exact value, in units in the last place of float32.
 *
 * `exact` may have any number of digits: the float64 next to it differs by less than 2^-29 units. Where the exact value
 * is so large that the nearest float32 is Infinity, Infinity is right; where it is smaller, Infinity counts as 2^128, the
 * next number of the grid. A NaN is right where NaN is exact, and nowhere else.
 */
export function ulpError(got: number, exact: string | number): number {
  const value = Number(exact);
  if (Number.isNaN(value) || Number.isNaN(got)) {
    return Number.isNaN(value) && Number.isNaN(got) ? 0 : Infinity;
  }
  if (got === value) return 0;
  if (Math.abs(value) === Infinity) return Infinity;
  if (Math.abs(got) === Infinity) {
    const sameSign = got > 0 === value > 0;
    if (sameSign && Math.abs(value) >= OVERFLOW) return 0;
    return Math.abs(Math.sign(got) * 2 ** 128 - value) / ulp(value);
  }
  return Math.abs(got - value) / ulp(value);
}

/** The float32 that lies `steps` float32 numbers away from x: upwards for a positive x, downwards for a negative one. */
export function stepped(x: number, steps: number): number {
  float[0] = x;
  floatBits[0] = (floatBits[0] as number) + steps;
  return float[0];
}
