import { highPair } from "../math/lanes";
import { UNSCALE } from "./range";
import { distance } from "./thread";

/**
 * What one sweep over a row finds, and what follows from it.
 *
 *   offset  0        8        16       24         28         32      40     48           52
 *           a: f64   b: f64   loss     negative   positive   slope   lone   isOutside
 */
@unmanaged
export class Row {
  /** Σ e^s over the negative classes. */
  a: f64;
  /** Σ e^-s over the positive classes. */
  b: f64;
  /** The row's loss. */
  loss: f64;
  /** What the e^s that is kept is multiplied by for the gradient of a negative class. */
  negative: f32;
  /** What the -e^-s that is kept is multiplied by for the gradient of a positive class. */
  positive: f32;
  /** ∂/∂threshold, with the row's factor. */
  slope: f64;
  /** -s of the one positive class, of a row of a loss that has just one. */
  lone: f64;
  /** Whether the row is to go the careful way. */
  isOutside: bool;
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
  return changetype<Row>((ASC_FEATURE_THREADS ? ROWS + distance : ROWS) + ((<usize>index) << 6));
}

/*
 * The sums are taken in float64 one exponential at a time: two added in float32 first would be faster by a tenth, but cost
 * the loss and the gradient another unit in the last place where all errors go one way.
 */

/** What is positive of four numbers, as two sums in float64. */
// @ts-ignore: decorator
@inline
export function positiveParts(e: v128): v128 {
  const zero = f64x2.splat(0);
  return v128.add<f64>(v128.pmax<f64>(f64x2.promote_low_f32x4(e), zero), v128.pmax<f64>(highPair(e), zero));
}

/** What is negative of them. */
// @ts-ignore: decorator
@inline
export function negativeParts(e: v128): v128 {
  const zero = f64x2.splat(0);
  return v128.add<f64>(v128.pmin<f64>(f64x2.promote_low_f32x4(e), zero), v128.pmin<f64>(highPair(e), zero));
}

// @ts-ignore: decorator
@lazy
const UNSCALES = memory.data<f64>([1.0, -1.0, UNSCALE, -UNSCALE], 16);

/** Fills in a and b from the two lanes of a and of -b, which may be scaled as range.ts says. */
// @ts-ignore: decorator
@inline
export function storeSides(row: Row, positive: v128, negative: v128, isScaled: bool): void {
  const sides = v128.add<f64>(
    v128.shuffle<i64>(positive, negative, 0, 2),
    v128.shuffle<i64>(positive, negative, 1, 3),
  );
  v128.store(changetype<usize>(row), v128.mul<f64>(sides, v128.load(UNSCALES + (isScaled ? 16 : 0))));
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
