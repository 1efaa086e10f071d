import type { Shape } from "../../bench/data.ts";

/** A few tags, some more, and a vocabulary: shapes of the benchmark. */
export const SHAPES: readonly Shape[] = [
  { rows: 4096, classes: 16 },
  { rows: 1024, classes: 64 },
  { rows: 256, classes: 1000 },
];
