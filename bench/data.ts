import type { LabelKind } from "../src/engine/loss.ts";
import { drawLabels, type Labels, positivesOfRows } from "./labels.ts";

/** A batch of this many rows of this many classes. */
export interface Shape {
  rows: number;
  classes: number;
  /** Exactly so many positive classes in each row, of multi-hot labels; else their number varies. */
  k?: number;
}

/** What every candidate is given, in ordinary arrays. */
export interface Data extends Shape {
  logits: Float32Array;
  labels: Labels;
  /** Rows without any positive class: they do occur, and no candidate may mind. */
  emptyRows: number;
  positives: number;
}

export function shapeName({ rows, classes, k }: Shape): string {
  return `${rows}×${classes}${k === undefined ? "" : `×${k}`}`;
}

/** Mulberry32: uniform numbers in [0, 1), the same for the same seed on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal deviates by Box and Muller. */
function normalNumbers(random: () => number): () => number {
  // 1 - random() is never 0, whose logarithm would be infinite.
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Scores of deviation 1, as a network gives before and early in training, and labels drawn at random. */
export function makeData(given: Shape, kind: LabelKind, seed: number): Data {
  const { rows, classes } = given;
  const shape = kind === "multi-hot" ? given : { rows, classes };
  // Every shape has numbers of its own, whichever other shapes are measured beside it.
  const random = randomNumbers(seed ^ Math.imul(rows, 0x9e3779b1) ^ Math.imul(classes, 0x85ebca6b));
  const logits = Float32Array.from({ length: rows * classes }, normalNumbers(random));
  const labels = drawLabels(kind, shape, random);
  const perRow = positivesOfRows(labels, shape);
  return {
    ...shape,
    logits,
    labels,
    emptyRows: perRow.filter((count) => count === 0).length,
    positives: perRow.reduce((sum, count) => sum + count, 0),
  };
}
