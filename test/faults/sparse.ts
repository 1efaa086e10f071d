import type { LossErrorCode } from "../../src/index.ts";
import { detached } from "../support/arrays.ts";
import { LOST } from "./calls.ts";

const OFFSETS = Int32Array.of(0, 1, 3);
const INDICES = Int32Array.of(0, 1, 2);

/** Sparse labels that are refused. */
export const SPARSE: [title: string, code: LossErrorCode, message: string, () => object][] = [
  [
    "no offsets",
    "TYPE",
    "labels.offsets: expected Int32Array or Uint32Array, received undefined",
    () => ({ indices: INDICES }),
  ],
  [
    "no indices",
    "TYPE",
    "labels.indices: expected Int32Array or Uint32Array, received undefined",
    () => ({ offsets: OFFSETS }),
  ],
  [
    "number[] offsets",
    "TYPE",
    "labels.offsets: expected Int32Array or Uint32Array, received an array of length 3",
    () => ({ offsets: [0, 1, 3], indices: INDICES }),
  ],
  [
    "Float32Array indices",
    "TYPE",
    "labels.indices: expected Int32Array or Uint32Array, received Float32Array of length 3",
    () => ({ offsets: OFFSETS, indices: new Float32Array(3) }),
  ],
  [
    "detached offsets",
    "DETACHED",
    `labels.offsets: expected ${LOST}`,
    () => ({ offsets: detached(OFFSETS.slice()), indices: INDICES }),
  ],
  [
    "detached indices",
    "DETACHED",
    `labels.indices: expected ${LOST}`,
    () => ({ offsets: OFFSETS, indices: detached(INDICES.slice()) }),
  ],
  [
    "length < rows + 1",
    "RANGE",
    "labels.offsets: expected rows + 1 = 3 elements, received 2",
    () => ({ offsets: OFFSETS.subarray(0, 2), indices: INDICES }),
  ],
  [
    "length > rows + 1",
    "RANGE",
    "labels.offsets: expected rows + 1 = 3 elements, received 4",
    () => ({ offsets: Int32Array.of(0, 1, 3, 3), indices: INDICES }),
  ],
  [
    "first ≠ 0",
    "RANGE",
    "labels.offsets: expected 0 at first, received 1 (row 0)",
    () => ({ offsets: Int32Array.of(1, 1, 3), indices: INDICES }),
  ],
  [
    "offsets that fall",
    "RANGE",
    "labels.offsets: expected offsets that do not fall, after 4, received 3 (row 1)",
    () => ({ offsets: Int32Array.of(0, 4, 3), indices: INDICES }),
  ],
  [
    "offsets that fall below 0",
    "RANGE",
    "labels.offsets: expected offsets that do not fall, after 0, received -1 (row 0)",
    () => ({ offsets: Int32Array.of(0, -1, 3), indices: INDICES }),
  ],
  [
    "last < indices.length",
    "RANGE",
    "labels.offsets: expected indices.length = 3 at last, received 2 (row 1)",
    () => ({ offsets: Int32Array.of(0, 1, 2), indices: INDICES }),
  ],
  [
    "last > indices.length, above 2³¹",
    "RANGE",
    "labels.offsets: expected indices.length = 3 at last, received 4294967295 (row 1)",
    () => ({ offsets: Uint32Array.of(0, 1, 2 ** 32 - 1), indices: INDICES }),
  ],
  [
    "index ≥ classes",
    "RANGE",
    "labels.indices: expected class indices from 0 to 2, received 3 (row 1, index 1)",
    () => ({ offsets: OFFSETS, indices: Int32Array.of(0, 1, 3) }),
  ],
  [
    "negative index",
    "RANGE",
    "labels.indices: expected class indices from 0 to 2, received -1 (row 0, index 0)",
    () => ({ offsets: OFFSETS, indices: Int32Array.of(-1, 1, 2) }),
  ],
  ...[2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32 - 2].map((index): (typeof SPARSE)[number] => [
    `Uint32 above 2³¹, which never wraps: ${index}`,
    "RANGE",
    `labels.indices: expected class indices from 0 to 2, received ${index} (row 1, index 0)`,
    () => ({ offsets: OFFSETS, indices: Uint32Array.of(0, index, 2) }),
  ]),
  [
    "a duplicate in a row",
    "RANGE",
    "labels.indices: expected no class twice in a row, received 2 (row 1, index 2)",
    () => ({ offsets: Int32Array.of(0, 0, 3), indices: Int32Array.of(2, 0, 2) }),
  ],
];
