import { describe, expect, it } from "vitest";
import { boundsOf, expected } from "./support/losses.ts";
import { expectSameResult, worst } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

const name = "combinatorialSoftmax";
const bounds = boundsOf(name);

describe("combinatorialSoftmax of no choice", () => {
  forEachVariant((losses) => {
    it("is exactly 0 with no positive class, and with positive ones only", () => {
      for (const scores of [
        [1, 2, 3],
        [3e38, -3e38, 0],
        [Infinity, -Infinity, Infinity],
        [-Infinity, -Infinity, -Infinity],
      ]) {
        for (const label of [0, 1]) {
          const got = losses[name](Float32Array.from(scores), new Uint8Array(3).fill(label), {
            classes: 3,
            reduction: "none",
          });
          expectSameResult(got, { loss: new Float32Array(1), grad: new Float32Array(3) });
        }
      }
    });
  });
});

const [P, M] = [Infinity, -Infinity];

describe("combinatorialSoftmax of infinite scores", () => {
  /** Scores, labels, the loss, and the gradient in full where it is definite. */
  const FIXED: [string, number[], number[], number, number[]][] = [
    [
      "more +∞ than positives, some of them positive",
      [P, P, P, 1, 2],
      [1, 0, 0, 0, 1],
      P,
      [NaN, NaN, NaN, 0, -1],
    ],
    ["more +∞ than positives, none of them positive", [P, P, 1, 2], [0, 0, 1, 0], P, [NaN, NaN, -1, 0]],
    ["more +∞ than positives, all positives among them", [P, P, P, 1], [1, 0, 1, 0], NaN, [NaN, NaN, NaN, 0]],
    ["fewer above -∞ than positives", [1, M, M, M], [1, 1, 0, 0], NaN, [NaN, NaN, NaN, NaN]],
    ["all -∞", [M, M, M], [1, 0, 0], NaN, [NaN, NaN, NaN]],
    ["as many +∞ as positives, the same", [P, P, 1, 2, 3], [1, 1, 0, 0, 0], 0, [0, 0, 0, 0, 0]],
    ["as many +∞ as positives, another", [P, P, 1, 2], [1, 0, 1, 0], P, [0, 1, -1, 0]],
    ["as many above -∞ as positives, the same", [3, 2, M, M, M], [1, 1, 0, 0, 0], 0, [0, 0, 0, 0, 0]],
    ["as many above -∞ as positives, another", [3, 2, M, M], [1, 0, 1, 0], P, [0, 1, -1, 0]],
    ["a positive at -∞", [0, 0, 0, M, 0], [1, 0, 0, 1, 0], P, [-0.5, 0.5, 0.5, -1, 0.5]],
    ["a negative at +∞", [P, 0, 0, 0, 0], [0, 1, 1, 0, 0], P, [1, -0.75, -0.75, 0.25, 0.25]],
    ["a positive at +∞", [P, 0, 0, 0, 0], [1, 1, 0, 0, 0], Math.log(4), [0, -0.75, 0.25, 0.25, 0.25]],
    ["a negative at -∞", [M, 0, 0], [0, 1, 0], Math.LN2, [0, -0.5, 0.5]],
    ["+∞ and -∞ only, as they should be", [P, M], [1, 0], 0, [0, 0]],
    ["+∞ and -∞ only, as they should not be", [P, M], [0, 1], P, [1, -1]],
  ];
  const PADDED: [string, number[], number[], number, number[]][] = [
    [
      "more +∞ than maxLabels, some of them positive",
      [P, P, P, 1, 2],
      [1, 0, 0, 0, 1],
      P,
      [NaN, NaN, NaN, 0, -1],
    ],
    ["more +∞ than maxLabels, as many positive", [P, P, P, 1], [1, 0, 1, 0], NaN, [NaN, NaN, NaN, 0]],
    ["more +∞ than maxLabels, fewer positive", [P, P, P, 1], [1, 0, 0, 0], P, [NaN, NaN, NaN, 0]],
    ["all -∞, none positive", [M, M, M], [0, 0, 0], 0, [0, 0, 0]],
    ["all -∞, one positive", [M, M, M], [1, 0, 0], P, [-1, 0, 0]],
    ["one +∞, positive", [P, M, M], [1, 0, 0], 0, [0, 0, 0]],
    ["one +∞, negative", [P, M, M], [0, 0, 0], P, [1, 0, 0]],
    // Beside the infinite one, none or one more: 1 + 2 subsets.
    ["one +∞, and a choice", [P, 0, 0], [1, 0, 0], Math.log(3), [0, 1 / 3, 1 / 3]],
    ["as many +∞ as maxLabels", [P, P, 5], [1, 1, 0], 0, [0, 0, 0]],
    ["as many +∞ as maxLabels, one of them wrong", [P, P, 5, 4], [1, 0, 1, 0], P, [0, 1, -1, 0]],
    // None, one of two, or both.
    ["some -∞, and a choice", [0, M, 0, M], [1, 0, 0, 0], Math.log(4), [-0.5, 0, 0.5, 0]],
    ["a positive at -∞, and a choice", [0, M, 0, M], [0, 1, 0, 0], P, [0.5, -1, 0.5, 0]],
  ];

  forEachVariant((losses) => {
    const check = (
      scores: number[],
      labels: number[],
      own: { maxLabels?: number },
      loss: number,
      grad: number[],
    ): void => {
      const got = losses[name](Float32Array.from(scores), Uint8Array.from(labels), {
        classes: scores.length,
        reduction: "none",
        ...own,
      });
      expect(got.loss[0]).toBeCloseToFloat32(loss, bounds.loss);
      grad.forEach((slope, i) => {
        // A slope of 0 may be -0, the limit from below.
        const received = Object.is(got.grad[i], -0) ? 0 : got.grad[i];
        expect(received, `gradient ${i} of ${got.grad}`).toBeCloseToFloat32(slope, bounds.grad);
      });
      const row = { rows: 1, classes: scores.length };
      const given = { ...row, logits: Float32Array.from(scores), labels: Uint8Array.from(labels) };
      const most = worst(got, expected(name, given, own));
      expect(most.loss).toBeLessThanOrEqual(bounds.loss);
      expect(most.grad).toBeLessThanOrEqual(bounds.grad);
    };

    it.each(FIXED)("%s", (_, scores, labels, loss, grad) => {
      check(scores, labels, {}, loss, grad);
    });

    it.each(PADDED)("with maxLabels 2: %s", (_, scores, labels, loss, grad) => {
      check(scores, labels, { maxLabels: 2 }, loss, grad);
    });

    it("do not reach the rows beside them", () => {
      const logits = Float32Array.of(1, 2, 3, Infinity, Infinity, 1, 1, 2, 3);
      const labels = Uint8Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0);
      const { loss, grad } = losses[name](logits, labels, { classes: 3, reduction: "none" });
      expect(loss[2]).toBe(loss[0]);
      expect(loss[0]).toBeGreaterThan(0);
      expect(grad.slice(6)).toEqual(grad.slice(0, 3));
    });
  });
});
