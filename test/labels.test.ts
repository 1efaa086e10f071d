import { describe, expect, it } from "vitest";
import type { Losses, SparseLabels } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { boundsOf, exampleFor, expected, lossOf, names, optionsOf, referenceOf } from "./support/losses.ts";
import { type Example, example, uniform } from "./support/random.ts";
import { expectSameBits, expectSameResult } from "./support/results.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/** The labels of an example in compressed sparse rows, the indices of each row in falling order. */
function sparse({ rows, classes, labels }: Example): SparseLabels {
  const offsets = [0];
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = classes - 1; i >= 0; i--) if (labels[row * classes + i]) indices.push(i);
    offsets.push(indices.length);
  }
  return { offsets: Int32Array.from(offsets), indices: Uint32Array.from(indices) };
}

function randomMask(length: number, seed: number): Uint8Array {
  const random = uniform(seed);
  return Uint8Array.from({ length }, () => Number(random() < 0.6));
}

/** The last ones go through the stage in several parts: some rows at a time, and rows that are longer than it. */
const SHAPES: [rows: number, classes: number][] = [
  [5, 1],
  [7, 13],
  [70, 19],
  [9, 6000],
  [2, 33_333],
];

/** There is no stage where there are no kernels. */
function shapesFor({ variant }: Losses): [rows: number, classes: number][] {
  return variant === "js" ? effort(SHAPES, SHAPES.slice(0, 2)) : SHAPES;
}

describe.each(names)("%s takes labels in every form", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it.each(shapesFor(losses))(
      "sparse ones give the bits of dense ones: %d rows of %d classes",
      (rows, classes) => {
        const given = exampleFor(name, rows, classes, 10, classes);
        const dense = loss(given.logits, given.labels, { classes, reduction: "none" });
        expectSameResult(loss(given.logits, sparse(given), { classes, reduction: "none" }), dense);
      },
    );

    it("sparse ones of a high score beside low ones lose nothing", () => {
      const classes = 40;
      const logits = new Float32Array(classes).fill(-5);
      logits[3] = 30;
      const labels = new Uint8Array(classes);
      labels[3] = 1;
      const given = { rows: 1, classes, logits, labels };
      const exact = expected(name, given)[0]!;
      const got = loss(logits, sparse(given), { classes, reduction: "none" });
      expect(ulpError(got.loss[0]!, exact.loss)).toBeLessThanOrEqual(boundsOf(name).loss);
      exact.grad.forEach((g, i) => {
        expect(ulpError(got.grad[i]!, g)).toBeLessThanOrEqual(boundsOf(name).grad);
      });
    });
  });
});

/** The rows without the classes that the mask leaves out, each as a call of its own. */
function withoutMasked(
  losses: Losses,
  name: (typeof names)[number],
  { rows, classes, logits, labels }: Example,
  keeps: (row: number, i: number) => boolean,
): { loss: Float32Array; grad: Float32Array } {
  const loss = new Float32Array(rows);
  const grad = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const kept = Array.from({ length: classes }, (_, i) => i).filter((i) => keeps(row, i));
    if (kept.length === 0) continue;
    const one = lossOf(losses, name)(
      Float32Array.from(kept, (i) => logits[row * classes + i]!),
      Uint8Array.from(kept, (i) => labels[row * classes + i]!),
      { classes: kept.length, reduction: "none" },
    );
    loss[row] = one.loss[0]!;
    kept.forEach((i, k) => {
      grad[row * classes + i] = one.grad[k]!;
    });
  }
  return { loss, grad };
}

describe.each(names)("%s with a mask", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it.each(shapesFor(losses))("is the loss of the classes that are left: %d rows of %d", (rows, classes) => {
      const mask = randomMask(rows * classes, classes);
      mask.fill(0, 0, classes);
      const given = exampleFor(name, rows, classes, 10, classes, (i) => mask[i] === 1);
      const right = withoutMasked(losses, name, given, (row, i) => mask[row * classes + i] === 1);
      // What is left out may be anything.
      const logits = given.logits.map((s, i) => (mask[i] ? s : NaN));
      for (const labels of [given.labels, sparse(given)]) {
        const got = loss(logits, labels, { classes, reduction: "none", mask });
        expectSameResult(got, right);
      }
    });

    it("of one row's length leaves the same classes out of every row", () => {
      const [rows, classes] = [11, 21];
      const mask = randomMask(classes, 7);
      const given = exampleFor(name, rows, classes, 5, 3, (i) => mask[i % classes] === 1);
      const right = withoutMasked(losses, name, given, (_, i) => mask[i] === 1);
      const got = loss(given.logits, given.labels, { classes, reduction: "none", mask });
      expect(got).toEqual(right);
    });

    it("works in place, and where the arrays lie in the instance's memory", () => {
      const [rows, classes] = [40, effort(1000, 20)];
      const mask = randomMask(rows * classes, 5);
      const given = exampleFor(name, rows, classes, 5, 4, (i) => mask[i] === 1);
      const fresh = loss(given.logits, given.labels, { classes, mask });
      const batch = losses.allocate(rows, classes);
      batch.logits.set(given.logits);
      batch.labels.set(given.labels);
      const inMemory = loss(batch.logits, batch.labels, { classes, mask, out: { grad: batch.grad } });
      expect(inMemory.loss).toBe(fresh.loss);
      expectSameBits(batch.grad, fresh.grad);
      const inPlace = loss(batch.logits, batch.labels, { classes, mask, out: { grad: batch.logits } });
      expect(inPlace.loss).toBe(fresh.loss);
      expectSameBits(batch.logits, fresh.grad);
      batch.free();
    });
  });
});

describe.each(names)("%s with its own options", (name) => {
  forEachVariant((losses) => {
    it.each(optionsOf(name))("%o agrees with the reference", (options) => {
      const { loss: lossBound, grad: gradBound } = boundsOf(name);
      for (let classes = 1; classes <= effort(40, 6); classes++) {
        for (const spread of [1, 10, 100]) {
          const given = exampleFor(name, 4, classes, spread, 50 * classes + spread);
          const exact = expected(name, given, options);
          const got = lossOf(losses, name)(given.logits, given.labels, {
            classes,
            reduction: "none",
            ...options,
          });
          exact.forEach((row, index) => {
            expect(ulpError(got.loss[index]!, row.loss)).toBeLessThanOrEqual(lossBound);
            row.grad.forEach((g, i) => {
              expect(ulpError(got.grad[index * classes + i]!, g)).toBeLessThanOrEqual(gradBound);
            });
          });
        }
      }
    });
  });
});

describe.each(["zlpr", "zlprJoint"] as const)("%s with a threshold a row", (name) => {
  forEachVariant((losses) => {
    const [rows, classes] = [70, 11];
    const given = example(rows, classes, 5, 6);
    const threshold = Float32Array.from({ length: rows }, (_, row) => (row % 9) * 12 - 50);

    it("is the loss with each row's own threshold", () => {
      const got = losses[name](given.logits, given.labels, { classes, reduction: "none", threshold });
      for (let row = 0; row < rows; row++) {
        const [from, to] = [row * classes, (row + 1) * classes];
        const one = losses[name](given.logits.slice(from, to), given.labels.slice(from, to), {
          classes,
          reduction: "none",
          threshold: threshold[row]!,
        });
        expect(got.loss[row]).toBe(one.loss[0]);
        expect(got.grad.slice(from, to)).toEqual(one.grad);
      }
    });

    it("gives the gradient with respect to the thresholds", () => {
      const rowWeights = Float32Array.from({ length: rows }, (_, row) => (row % 4) / 2);
      for (const options of [{}, { rowWeights }, { reduction: "none" as const }]) {
        const call = { classes, threshold, ...options };
        const got = lossOf(losses, name)(given.logits, given.labels, call);
        const right = referenceOf(name)(given.logits, given.labels, call);
        got.thresholdGrad!.forEach((slope, row) => {
          const exact = right.thresholdGrad![row]!;
          expect(Math.abs(slope - exact)).toBeLessThanOrEqual(1e-6 * Math.max(1e-3, Math.abs(exact)));
        });
      }
    });

    it("has none where there is no gradient, or one threshold", () => {
      const forward = losses[name](given.logits, given.labels, { classes, threshold, gradient: false });
      expect(Object.keys(forward)).toEqual(["loss"]);
      const single = losses[name](given.logits, given.labels, { classes, threshold: 1 });
      expect(Object.keys(single)).toEqual(["loss", "grad"]);
    });
  });
});

describe("sigmoidCrossEntropy with a weight a class", () => {
  forEachVariant((losses) => {
    it.each([false, true])("agrees with the reference, masked: %s", (isMasked) => {
      const [rows, classes] = [40, 37];
      const given = example(rows, classes, 5, 11);
      const positiveWeights = Float32Array.from({ length: classes }, (_, i) => i / 7);
      const mask = isMasked ? { mask: randomMask(rows * classes, 12) } : {};
      const options = { classes, positiveWeights, reduction: "none" as const, ...mask };
      const got = losses.sigmoidCrossEntropy(given.logits, given.labels, options);
      const right = referenceOf("sigmoidCrossEntropy")(given.logits, given.labels, options);
      got.loss.forEach((x, i) => {
        expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(2);
      });
      got.grad.forEach((x, i) => {
        expect(ulpError(x, right.grad[i]!)).toBeLessThanOrEqual(4);
      });
    });
  });
});

describe("a wrong label", () => {
  forEachVariant((losses) => {
    it.each([
      ["multi-hot", Uint8Array, [2, 255]],
      ["soft", Float32Array, [-1e-9, 1.0001, NaN]],
    ] as const)("is found in every place: %s", (_, Labels, wrong) => {
      // On both sides of the blocks of 1024, and of the vectors behind them.
      for (const length of effort([1, 3, 5, 17, 70, 1024, 1050], [1, 5, 17])) {
        const logits = new Float32Array(length);
        for (let index = 0; index < length; index += length > 100 ? 7 : 1) {
          for (const value of wrong) {
            const labels = new Labels(length);
            labels[index] = value;
            const refused = () => losses.zlpr(logits, labels, { classes: length });
            expect(refused).toThrowError(expect.objectContaining({ argument: "labels", row: 0, index }));
          }
        }
      }
    });
  });
});
