import { createHash } from "node:crypto";

/** What was found in some numbers that were tried. Errors are in ULP. */
export interface Tally {
  count: number;
  max: number;
  sum: number;
  /** How many errors are greater than ½, which rounding alone may make, and than 1. */
  aboveHalf: number;
  aboveOne: number;
  /** Of the bits of the results. */
  hash: string;
  /** The bits of the number with the greatest error. */
  worst: number;
}

/** What was found in all of them, of tallies in the order of their numbers. */
export function merged(tallies: readonly Tally[]): Tally {
  const total = (key: "count" | "sum" | "aboveHalf" | "aboveOne") =>
    tallies.reduce((sum, tally) => sum + tally[key], 0);
  const worst = tallies.reduce((most, tally) => (tally.max > most.max ? tally : most));
  return {
    count: total("count"),
    max: worst.max,
    sum: total("sum"),
    aboveHalf: total("aboveHalf"),
    aboveOne: total("aboveOne"),
    hash: createHash("sha256")
      .update(tallies.map(({ hash }) => hash).join())
      .digest("hex")
      .slice(0, 16),
    worst: worst.worst,
  };
}
