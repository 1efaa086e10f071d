import type { Span } from "./module.ts";

/*
 * A sweep is cut into blocks of numbers that lie side by side. What is found in a block is kept, so that a sweep that was
 * broken off goes on with the next one.
 */

/** The numbers with the bits from the first to the last one, both included. */
export type Block = readonly [first: number, last: number];

const SIZE = 2 ** 24;

/** The blocks that the numbers of some bits lie in, cut off at both ends. */
export function partOf(first: number, last: number): Block[] {
  const blocks: Block[] = [];
  for (let start = first - (first % SIZE); start <= last; start += SIZE) {
    blocks.push([Math.max(first, start), Math.min(last, start + SIZE - 1)]);
  }
  return blocks;
}

/** All numbers: every float32, infinities and each NaN. */
export const allBlocks: readonly Block[] = partOf(0, 2 ** 32 - 1);

/** The numbers of a block whose bits are multiples of the stride, as the sweeps take them; none, or one span. */
export function spansOf([first, last]: Block, stride: number): Span[] {
  const start = Math.ceil(first / stride) * stride;
  if (start > last) return [];
  return [[start, stride, Math.floor((last - start) / stride) + 1]];
}
