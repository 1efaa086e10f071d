import type { LabelKind } from "../src/engine/loss.ts";
import type { Shape } from "./data.ts";

/** The labels of each kind that the losses take. */
export interface LabelsOf {
  /** [rows, classes]: 1 for a positive class, 0 for the others. */
  "multi-hot": Uint8Array;
  /** [rows, classes]: from 0 to 1. */
  soft: Float32Array;
  /** [rows]: the positive class. */
  index: Int32Array;
}

export type Labels = LabelsOf[LabelKind];

/**
 * The share of the classes that are positive. Few classes are tags of a picture or a text, one or two of them at a
 * time; many are a vocabulary: 0.7 % is the density of the WordNet example.
 */
function density(classes: number): number {
  return classes <= 64 ? Math.min(1, 1.5 / classes) : 0.007;
}

function multiHot({ rows, classes, k }: Shape, random: () => number): Uint8Array {
  const length = rows * classes;
  const share = density(classes);
  if (k === undefined) return Uint8Array.from({ length }, () => (random() < share ? 1 : 0));
  const labels = new Uint8Array(length);
  for (let start = 0; start < length; start += classes) {
    // Each class with the chance that makes the number come out: all sets of k classes are equally likely.
    let missing = k;
    for (let i = 0; i < classes; i++) {
      if (random() * (classes - i) >= missing) continue;
      labels[start + i] = 1;
      missing--;
    }
  }
  return labels;
}

const DRAWN: { [Kind in LabelKind]: (shape: Shape, random: () => number) => LabelsOf[Kind] } = {
  "multi-hot": multiHot,
  // Of any distribution: no candidate takes another way for another degree.
  soft: ({ rows, classes }, random) => Float32Array.from({ length: rows * classes }, random),
  index: ({ rows, classes }, random) =>
    Int32Array.from({ length: rows }, () => Math.floor(random() * classes)),
};

/** Labels of a kind, drawn at random. */
export function drawLabels(kind: LabelKind, shape: Shape, random: () => number): Labels {
  return DRAWN[kind](shape, random);
}

/** How many positive classes each row has; of soft labels, the sum. */
export function positivesOfRows(labels: Labels, { rows, classes }: Shape): number[] {
  if (labels instanceof Int32Array) return new Array<number>(rows).fill(1);
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (const label of labels.subarray(row * classes, (row + 1) * classes)) sum += label;
    return sum;
  });
}
