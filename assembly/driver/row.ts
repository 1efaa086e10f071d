import { widen } from "./vectors";

/**
 * What one sweep over a row finds, and what follows from it.
 *
 *   offset  0        8        16       24         28         32     48      56     64
 *           a: f64   b: f64   loss     negative   positive   peak   slope   lone
 */
@unmanaged
export class Row {
  /** Σ e^s over the negative classes. */
  a: f64;
  /** Σ e^-s over the positive classes. */
  b: f64;
  /** The row's loss. */
  loss: f64;
  /** What e^s is multiplied by for the gradient of a negative class. */
  negative: f32;
  /** What -e^-s is multiplied by for the gradient of a positive class. */
  positive: f32;
  /** The greatest magnitudes of the scores, one a lane, see `magnitude`. */
  peak: v128;
  /** ∂/∂threshold, with the row's factor. */
  slope: f64;
  /** -s of the one positive class, of a row of a loss that has just one. */
  lone: f64;
}

/** Rows are worked off in blocks, so that logarithms and divisions are taken of two rows at once. */
// @ts-ignore: decorator
@inline export const BLOCK_ROWS = 64;

// @ts-ignore: decorator
@lazy const ROWS = memory.data(BLOCK_ROWS * 64, 16);

/** A row of the block. */
// @ts-ignore: decorator
@inline
export function rowAt(index: i32): Row {
  return changetype<Row>(ROWS + ((<usize>index) << 6));
}

/** The sums of the four lanes of a and of b, in float64. */
// @ts-ignore: decorator
@inline
export function widenSides(a: v128, b: v128): v128 {
  const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  return v128.add<f64>(widen(low), widen(high));
}

// @ts-ignore: decorator
@lazy
const NEGATE_SECOND = memory.data<u64>([0, 0x8000000000000000], 16);

/** Fills in a and b of the pair a, -b. */
// @ts-ignore: decorator
@inline
export function storeSides(row: Row, sides: v128): void {
  v128.store(changetype<usize>(row), v128.xor(sides, v128.load(NEGATE_SECOND)));
}

/** x of positive classes, and no bits of the others. */
// @ts-ignore: decorator
@inline
export function positiveOf(x: v128, sign: v128): v128 {
  return v128.and(x, v128.shr<i32>(sign, 31));
}

/** Fills in `lone`, which is in one of the lanes; the others have no bits. */
// @ts-ignore: decorator
@inline
export function storeLone(row: Row, lone: v128): void {
  const pair = v128.or(lone, v128.shuffle<i64>(lone, lone, 1, 0));
  row.lone = <f64>reinterpret<f32>(i32x4.extract_lane(pair, 0) | i32x4.extract_lane(pair, 1));
}
