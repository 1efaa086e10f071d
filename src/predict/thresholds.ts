import { nextBelow, scoreOf } from "./order.js";

/** The lowest float32: no finite threshold is below it. */
export const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/**
 * The threshold between two neighbouring scores, given by their keys: that below which classes are not predicted any
 * more, if there is one, and that from which on they are.
 */
export function thresholdBetween(lowerKey: number | undefined, upperKey: number | undefined): number {
  if (upperKey === undefined) return lowerKey === undefined ? 0 : scoreOf(lowerKey);
  const upper = scoreOf(upperKey);
  if (lowerKey === undefined) return nextBelow(upper);
  const lower = scoreOf(lowerKey);
  const middle = Math.fround((lower + upper) / 2) + 0;
  return middle < upper ? middle : lower;
}
