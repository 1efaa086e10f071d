import { fail } from "../engine/checks.js";
import type { LabelKind } from "../engine/loss.js";
import { shapeText, type Tensor, tensor } from "./tensorflow.js";

/** Labels and scores of a batch whose shapes fit. */
export interface Batch {
  yTrue: Tensor;
  yPred: Tensor;
  rows: number;
  classes: number;
  /** The shape without the classes: that of a loss for each row. */
  leading: number[];
  /** Whether the labels are class indices, one a row. */
  hasIndices: boolean;
}

function isShape(shape: readonly number[], expected: readonly number[]): boolean {
  return shape.length === expected.length && shape.every((length, i) => length === expected[i]);
}

/** Checks shapes and types; all but the last dimension of the scores count rows. */
export function readBatch(kinds: readonly LabelKind[], given: readonly [unknown, unknown]): Batch {
  const yTrue = tensor(given[0], "yTrue");
  const yPred = tensor(given[1], "yPred");
  if (yPred.dtype !== "float32") fail("TYPE", "yPred", "a float32 tensor", yPred.dtype);
  if (!["float32", "int32", "bool"].includes(yTrue.dtype)) {
    fail("TYPE", "yTrue", "a float32, int32 or bool tensor", yTrue.dtype);
  }
  const leading = yPred.shape.slice(0, -1);
  const classes = yPred.shape.at(-1) ?? 0;
  if (classes === 0) fail("RANGE", "yPred", "[…, classes], with a class at least", shapeText(yPred.shape));
  const rows = leading.reduce((product, length) => product * length, 1);
  const isDense = isShape(yTrue.shape, yPred.shape);
  const takesIndices = kinds.includes("index");
  const hasIndices =
    !isDense && takesIndices && (isShape(yTrue.shape, leading) || isShape(yTrue.shape, [...leading, 1]));
  if (!isDense && !hasIndices) {
    const indices = takesIndices ? `, or class indices ${shapeText(leading)}` : "";
    fail("RANGE", "yTrue", `the shape of yPred, ${shapeText(yPred.shape)}${indices}`, shapeText(yTrue.shape));
  }
  return { yTrue, yPred, rows, classes, leading, hasIndices };
}
