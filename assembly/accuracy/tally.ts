import { ulpError } from "./exact";

/**
 * What is found in numbers that are tried one after the other. A reader outside knows the layout:
 *
 *   offset  0    8    16         24        32    40     44
 *           max  sum  aboveHalf  aboveOne  hash  worst  (unused)
 */
@unmanaged
export class Tally {
  /** The greatest error, in ULP. */
  max: f64;
  /** Of all errors. */
  sum: f64;
  /** How many errors are greater than ½, where rounding alone ends, and than 1. */
  aboveHalf: f64;
  aboveOne: f64;
  /** Of the bits of the results, in their order. */
  hash: u64;
  /** The bits of the number with the greatest error. */
  worst: u32;
  unused: u32;
}

export function clear(tally: Tally): void {
  memory.fill(changetype<usize>(tally), 0, 48);
}

/** Every NaN is the same one: which of them a processor makes is not defined. */
// @ts-ignore: decorator
@inline
function bitsOf(got: f32): u64 {
  return got == got ? reinterpret<u32>(got) : 0x7fc00000;
}

// @ts-ignore: decorator
@inline
export function hashed(hash: u64, bits: u64): u64 {
  return rotl<u64>((hash ^ bits) * 0x9e3779b97f4a7c15, 29);
}

/** Notes the result at the number of these bits. */
// @ts-ignore: decorator
@inline
export function note(tally: Tally, bits: u32, got: f32, exact: f64): void {
  const error = ulpError(got, exact);
  tally.sum += error;
  tally.hash = hashed(tally.hash, bitsOf(got));
  if (error > 0.5) {
    tally.aboveHalf += 1;
    if (error > 1) tally.aboveOne += 1;
    if (error > tally.max) {
      tally.max = error;
      tally.worst = bits;
    }
  } else if (error > tally.max) {
    tally.max = error;
    tally.worst = bits;
  }
}
