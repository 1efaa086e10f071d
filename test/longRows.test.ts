import { describe, expect, it } from "vitest";
import type { Losses } from "../src/index.ts";
import { boundsOf, exampleFor, expected, type LossName, lossOf, type RowResult } from "./support/losses.ts";
import type { Example } from "./support/random.ts";
import { expectSameResult, worst } from "./support/results.ts";
import { stepped } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/* What only rows of more than 64 classes have, in losses of sums: their scores are told to be in range in another way. */

/** Rows of 64 classes are short, of 65 long; 100 and 1003 have groups of sixteen, vectors of four and a rest. */
const SIZES = [64, 65, 100, 1003];

/** Scores at which eˣ, 2^33·eˣ, or a loss that weights enlarge leave the normal numbers, and which look like others. */
const EDGES = [
  11, 27.7, 32, 40, 43.9, 65, 66.2, 87.34, 88.72, 89, 103.98, 110.9, 111.3, 112, 133, 150, 177.4, 200, 1e4,
  5e5, 2.907e6, 4.36e6, 5.8145e6, 8.7e6, 1e7, 1e20,
];

/** Exact results, times a weight. */
function weighted(name: LossName, given: Example, weight: number): RowResult[] {
  return expected(name, given).map(({ loss, grad }) => ({
    loss: loss * weight,
    grad: grad.map((slope) => slope * weight),
  }));
}

function expectWithinBounds(name: LossName, losses: Losses, given: Example, weight = 1): void {
  const { rows, classes, logits, labels } = given;
  const rowWeights = new Float32Array(rows).fill(weight);
  const call = { classes, reduction: "none", ...(weight !== 1 && { rowWeights }) } as const;
  const got = lossOf(losses, name)(logits, labels, call);
  const most = worst(got, weighted(name, given, weight));
  expect(most.loss, "loss").toBeLessThanOrEqual(boundsOf(name).loss);
  expect(most.grad, "gradient").toBeLessThanOrEqual(boundsOf(name).grad);
  // In place, in the kernel's own memory, the scores are gone when the sweep has passed.
  const batch = losses.allocate(rows, classes);
  batch.logits.set(logits);
  batch.labels.set(labels);
  const out = { grad: batch.logits };
  expectSameResult(lossOf(losses, name)(batch.logits, batch.labels, { ...call, out }), got, "in place,");
  batch.free();
}

/** An example with one score of each row set, in places that fall on groups, vectors and the rest. */
function withScore(name: LossName, classes: number, score: number): Example {
  const given = exampleFor(name, 8, classes, 1, classes);
  for (let row = 0; row < 8; row++) {
    const place = row < 4 ? row * 5 : classes - 1 - (row - 4);
    given.logits[row * classes + place] = row & 1 ? score : -score;
  }
  return given;
}

describe.each(["zlpr", "zlprJoint", "lsep", "softmaxCrossEntropy"] as const)("long rows of %s", (name) => {
  forEachVariant((losses) => {
    it.each(SIZES)("with one score at an edge of the range, %d classes", (classes) => {
      for (const edge of EDGES) {
        for (const step of [-1, 0, 1]) {
          expectWithinBounds(name, losses, withScore(name, classes, stepped(Math.fround(edge), step)));
        }
      }
    });

    it.each(SIZES)("with all scores at one height, %d classes", (classes) => {
      for (let score = -150; score <= 70; score += 1.7) {
        const given = exampleFor(name, 4, classes, 0.1, classes);
        for (let i = 0; i < given.logits.length; i++) {
          given.logits[i] = (given.logits[i]! + score) * (given.labels[i] ? -1 : 1);
        }
        expectWithinBounds(name, losses, given);
        // The largest weight of the fast way makes the most of what is lost.
        expectWithinBounds(name, losses, given, 512);
      }
    });

    it("of which a mask leaves more than 64 classes, less, or none: each as if it were alone", () => {
      const classes = 140;
      const kept = [0, 1, 63, 64, 65, 66, 128, 140];
      const rows = kept.length;
      const keeps = (i: number) => i % classes < kept[Math.floor(i / classes)]!;
      const given = exampleFor(name, rows, classes, 3, 7, keeps);
      const mask = Uint8Array.from({ length: rows * classes }, (_, i) => Number(keeps(i)));
      const got = lossOf(losses, name)(given.logits, given.labels, { classes, reduction: "none", mask });
      kept.forEach((length, row) => {
        if (length === 0) return;
        const [from, to] = [row * classes, row * classes + length];
        const alone = lossOf(losses, name)(given.logits.slice(from, to), given.labels.slice(from, to), {
          classes: length,
          reduction: "none",
        });
        const masked = { loss: got.loss.slice(row, row + 1), grad: got.grad.slice(from, to) };
        expectSameResult(masked, alone, `${length} classes,`);
      });
    });

    it("with scores of millions, whose last bits may be any", () => {
      const classes = 5000;
      for (const [least, most] of [
        [1e5, 1e6],
        [2.9e6, 2.915e6],
        [4.3e6, 4.4e6],
        [5.81e6, 5.82e6],
        [1e6, 2e7],
      ] as const) {
        const given = exampleFor(name, 3, classes, 1, least);
        for (let i = 0; i < given.logits.length; i++) {
          const size = least + ((most - least) * (i % classes)) / classes;
          // Right by far, all but a few, which stay small.
          if (i % 50) given.logits[i] = given.labels[i] ? size : -size;
        }
        expectWithinBounds(name, losses, given);
      }
    });

    it.each(SIZES)("with weights at the ends of what the fast path takes, %d classes", (classes) => {
      for (const weight of [2 ** -56, 2 ** -50, 2 ** -44, 2 ** -38, 1, 2 ** 9, 2 ** 40, 2 ** 60]) {
        for (const nudge of [1 - 2 ** -20, 1, 1 + 2 ** -20]) {
          for (const edge of [1, 27.7, 65, 100, 110.9]) {
            const given = withScore(name, classes, edge);
            const rowWeights = new Float32Array(given.rows).fill(weight * nudge);
            const w = rowWeights[0]!;
            const call = { classes, rowWeights, reduction: "sum" } as const;
            const { grad } = lossOf(losses, name)(given.logits, given.labels, call);
            const most = worst({ loss: new Float32Array(0), grad }, weighted(name, given, w));
            expect(most.grad, `weight ${w}, score ${edge}`).toBeLessThanOrEqual(boundsOf(name).grad);
          }
        }
      }
    });
  });
});

describe.each(["zlpr", "zlprJoint"] as const)("long rows of %s", (name) => {
  forEachVariant((losses) => {
    it("with an exponential that only a weight and a threshold make count", () => {
      for (const classes of SIZES) {
        for (const sign of [-1, 1]) {
          for (const [weight, threshold] of [
            [512, 5],
            [512, 3],
            [64, 5],
            [3, 5],
          ] as const) {
            const given = exampleFor(name, 1, classes, 1, 1);
            given.labels.fill(sign === 1 ? 1 : 0);
            given.logits.fill(20 * sign)[3] = 110.6 * sign;
            const options = { threshold: sign * threshold };
            const call = {
              classes,
              ...options,
              reduction: "sum",
              rowWeights: Float32Array.of(weight),
            } as const;
            const { grad } = losses[name](given.logits, given.labels, call);
            const exact = expected(name, given, options)[0]!.grad.map((slope) => slope * weight);
            const most = worst({ loss: new Float32Array(0), grad }, [{ loss: 0, grad: exact }]);
            expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
          }
        }
      }
    });
  });
});
