import { copyOf } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import type { LabelRows } from "./labels.js";
import { averagePrecision, comparable, countReached, sortSegment } from "./positives.js";

/** How well the scores of a class rank its rows, the positive ones above the others: the mean over the classes. */
export function classRanking(logits: Float32Array, labels: LabelRows, rows: number, classes: number): number {
  const starts = startsOf(labels, rows, classes);
  const sorted = positiveScores(logits, labels, rows, starts);
  const counts = newArray(Uint32Array, sorted.length);
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    for (let c = 0; c < classes; c++) {
      const start = starts[c] as number;
      const end = starts[c + 1] as number;
      if (start === end) continue;
      const score = comparable(logits[base + c] as number);
      if (score >= (sorted[start] as number)) countReached(sorted, counts, start, end, score);
    }
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const start = starts[c] as number;
    const end = starts[c + 1] as number;
    if (start < end) sum += averagePrecision(sorted, counts, start, end);
  }
  return sum / classes;
}

/** [classes + 1]: where the positives of each class begin in a list of them all. */
function startsOf(labels: LabelRows, rows: number, classes: number): Uint32Array {
  const starts = newArray(Uint32Array, classes + 1);
  for (let row = 0; row < rows; row++) {
    const { bytes } = labels;
    const base = labels.open(row);
    for (let c = 0; c < classes; c++) starts[c + 1]! += bytes[base + c] as number;
  }
  for (let c = 0; c < classes; c++) starts[c + 1]! += starts[c] as number;
  return starts;
}

/** The scores of the positives, class after class, sorted within each. */
function positiveScores(
  logits: Float32Array,
  labels: LabelRows,
  rows: number,
  starts: Uint32Array,
): Float32Array {
  const classes = starts.length - 1;
  const scores = newArray(Float32Array, starts[classes] as number);
  const ends = copyOf(starts);
  for (let row = 0; row < rows; row++) {
    const { bytes } = labels;
    const labelBase = labels.open(row);
    const base = row * classes;
    for (let c = 0; c < classes; c++) {
      if (bytes[labelBase + c] === 1) scores[ends[c]!++] = comparable(logits[base + c] as number);
    }
  }
  for (let c = 0; c < classes; c++) sortSegment(scores, starts[c] as number, starts[c + 1] as number);
  return scores;
}
