import type { DecisionCounts, LabelledScores } from "./engine.js";
import { newArray } from "./newArray.js";
import { invalidLabel, labelBytes } from "./rows.js";

/** The counts of `Engine.countDecisions` in plain JavaScript. */
export function countDecisions(
  { logits, labels, rows, classes }: LabelledScores,
  threshold: number,
): DecisionCounts {
  const ofRows = newArray(Uint32Array, 3 * rows);
  const ofClasses = newArray(Uint32Array, 3 * classes);
  const spare = newArray(Uint8Array, classes);
  const add = (row: number, c: number, kind: number, count: number) => {
    ofRows[3 * row + kind]! += count;
    ofClasses[kind * classes + c]! += count;
  };
  for (let row = 0; row < rows; row++) {
    const bytes = labelBytes(labels, row, 1, classes, spare);
    for (let c = 0; c < classes; c++) {
      const label = bytes[c] as number;
      if (label > 1) throw invalidLabel("multi-hot", label, row * classes + c, classes);
      const isPredicted = Number((logits[row * classes + c] as number) > threshold);
      add(row, c, 0, label & isPredicted);
      add(row, c, 1, isPredicted);
      add(row, c, 2, label);
    }
  }
  return { ofRows, ofClasses };
}
