/** One of several parts of the rows, counted from 1. */
export interface Shard {
  index: number;
  of: number;
}

/** All rows. */
export const WHOLE: Shard = { index: 1, of: 1 };

/** The most shards that there may be: their numbers stay exact whatever they are added to. */
const MOST_SHARDS = 2 ** 31 - 1;

/** Reads "3/10"; undefined if it is none. */
export function shardOf(text: string): Shard | undefined {
  const [, first, second] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [index, of] = [Number(first), Number(second)];
  return index >= 1 && index <= of && of <= MOST_SHARDS ? { index, of } : undefined;
}

/** Where the rows of a shard begin and end. One shard has at most one row more than another. */
export function rowsOf({ index, of }: Shard, rows: number): { from: number; to: number } {
  const least = Math.floor(rows / of);
  const longer = rows % of;
  const start = (before: number) => before * least + Math.min(before, longer);
  return { from: start(index - 1), to: start(index) };
}
