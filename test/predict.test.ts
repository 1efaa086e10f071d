import { describe, expect, it } from "vitest";
import { aboveThreshold, topK } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { lists } from "./support/labels.ts";
import { normal, uniform } from "./support/random.ts";

const logits = new Float32Array([2, -1, 0.5, -3, -1, -2]);

/** Scores on a grid, so that many are equal; some NaN and infinite. */
function tied(length: number, seed: number): Float32Array {
  const random = uniform(seed);
  const score = normal(random);
  return Float32Array.from({ length }, () => {
    const kind = random();
    if (kind < 0.05) return NaN;
    if (kind < 0.1) return kind < 0.075 ? -Infinity : Infinity;
    if (kind < 0.2) return kind < 0.15 ? 0 : -0;
    return Math.round(score() * 4) / 4;
  });
}

/** By a stable sort of each row. */
function topBySort(scores: Float32Array, classes: number, k: number, threshold?: number): number[][] {
  return Array.from({ length: scores.length / classes }, (_, row) => {
    const of = scores.subarray(row * classes, (row + 1) * classes);
    return [...of.keys()]
      .filter((c) => (threshold === undefined ? !Number.isNaN(of[c]!) : of[c]! > threshold))
      .sort((a, b) => (of[a] === of[b] ? 0 : of[a]! > of[b]! ? -1 : 1))
      .slice(0, k);
  });
}

describe("aboveThreshold", () => {
  it("predicts the classes above 0 by default", () => {
    const { offsets, indices } = aboveThreshold(logits, { classes: 3 });
    expect(offsets).toEqual(new Int32Array([0, 2, 2]));
    expect(indices).toEqual(new Int32Array([0, 2]));
  });

  it("leaves out a score at the threshold, and NaN", () => {
    const scores = new Float32Array([0, -0, 1e-45, NaN, Infinity, -Infinity]);
    expect(lists(aboveThreshold(scores, { classes: 6 }))).toEqual([[2, 4]]);
    expect(lists(aboveThreshold(logits, { classes: 3, threshold: -1 }))).toEqual([[0, 2], []]);
    // Compared as it is: 0.1 is below the float32 next to it.
    expect(lists(aboveThreshold(new Float32Array([0.1]), { classes: 1, threshold: 0.1 }))).toEqual([[0]]);
  });

  it.each([1, 2, 7, 64, ...effort([1000], [])])("does what a filter does, %d classes", (classes) => {
    const scores = tied(13 * classes, classes);
    for (const threshold of [-1.25, 0, 0.5]) {
      const expected = Array.from({ length: 13 }, (_, row) =>
        Array.from({ length: classes }, (_, c) => c).filter((c) => scores[row * classes + c]! > threshold),
      );
      expect(lists(aboveThreshold(scores, { classes, threshold }))).toEqual(expected);
    }
  });

  it("gives no rows for no rows", () => {
    expect(aboveThreshold(new Float32Array(0), { classes: 3 })).toEqual({
      offsets: new Int32Array(1),
      indices: new Int32Array(0),
    });
  });
});

describe("topK", () => {
  it("predicts the best first", () => {
    const { offsets, indices } = topK(logits, { classes: 3, k: 2 });
    expect(offsets).toEqual(new Int32Array([0, 2, 4]));
    expect(indices).toEqual(new Int32Array([0, 2, 1, 2]));
    expect(lists(topK(logits, { classes: 3, k: 2, threshold: 0 }))).toEqual([[0, 2], []]);
  });

  it("prefers the lower index of equal scores", () => {
    const scores = new Float32Array([1, 2, -0, 2, 0, 2, 1, -0]);
    expect(lists(topK(scores, { classes: 8, k: 2 }))).toEqual([[1, 3]]);
    expect(lists(topK(scores, { classes: 8, k: 8 }))).toEqual([[1, 3, 5, 0, 6, 2, 4, 7]]);
  });

  it("predicts -∞ in the last place, unless there is a threshold, and NaN never", () => {
    const scores = new Float32Array([-Infinity, NaN, 1, -Infinity, NaN, NaN, NaN, NaN]);
    expect(lists(topK(scores, { classes: 4, k: 4 }))).toEqual([[2, 0, 3], []]);
    expect(lists(topK(scores, { classes: 4, k: 2 }))).toEqual([[2, 0], []]);
    expect(lists(topK(scores, { classes: 4, k: 4, threshold: -3e38 }))).toEqual([[2], []]);
  });

  it.each([1, 2, 5, 33, ...effort([700], [])])("does what a stable sort does, %d classes", (classes) => {
    const random = normal(uniform(classes));
    const distinct = Float32Array.from({ length: 11 * classes }, random);
    for (const scores of [
      tied(11 * classes, classes),
      distinct,
      distinct.toSorted(),
      distinct.toSorted().reverse(),
    ]) {
      for (const k of [0, 1, 2, 3, 10, classes - 1, classes].filter((size) => size <= classes)) {
        for (const threshold of [undefined, -0.5, 0, 2]) {
          expect(lists(topK(scores, { classes, k, threshold }))).toEqual(
            topBySort(scores, classes, k, threshold),
          );
        }
      }
    }
  });

  it("gives arrays without room to spare", () => {
    const { offsets, indices } = topK(logits, { classes: 3, k: 3, threshold: 0 });
    expect(indices).toHaveLength(offsets.at(-1)!);
    expect(indices.buffer.byteLength).toBe(8);
  });
});
