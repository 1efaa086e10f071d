import { describe, expect, it } from "vitest";
import type { LossError } from "../src/index.ts";
import { boundsOf, lossOf, referenceOf, softNames } from "./support/losses.ts";
import { normal, uniform } from "./support/random.ts";
import { ulp, ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/** Normal scores of the given spread; a third of the labels is 0 or 1. */
function softExample(rows: number, classes: number, spread: number, seed: number) {
  const random = uniform(seed);
  const score = normal(random);
  const logits = Float32Array.from({ length: rows * classes }, () => score() * spread);
  const labels = Float32Array.from({ length: rows * classes }, () => {
    const kind = random();
    return kind < 0.2 ? 0 : kind < 0.3 ? 1 : random();
  });
  return { logits, labels };
}

describe.each(softNames)("%s with soft labels", (name) => {
  const bounds = boundsOf(name);

  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it.each([0.1, 1, 10, 100, 1000])("agrees with the reference at spread %d", (spread) => {
      for (let classes = 1; classes <= 70; classes++) {
        const { logits, labels } = softExample(3, classes, spread, classes);
        const options = { classes, reduction: "none" } as const;
        const got = loss(logits, labels, options);
        const right = referenceOf(name)(logits, labels, options);
        got.loss.forEach((x, i) => {
          expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(bounds.loss);
        });
        got.grad.forEach((x, i) => {
          expect(ulpError(x, right.grad[i]!)).toBeLessThanOrEqual(bounds.grad);
        });
        expect(loss(logits, labels, { ...options, gradient: false }).loss).toEqual(got.loss);
      }
    });

    it("gives a row the same bits in any batch, in place, and in the instance's memory", () => {
      for (const classes of [1, 3, 17, 1000, 20_001]) {
        const { logits, labels } = softExample(7, classes, 5, classes);
        const whole = loss(logits, labels, { classes, reduction: "none" });
        for (const row of [0, 3, 6]) {
          const [from, to] = [row * classes, (row + 1) * classes];
          const one = loss(logits.slice(from, to), labels.slice(from, to), { classes, reduction: "none" });
          expect(one.loss[0]).toBe(whole.loss[row]);
          expect(one.grad).toEqual(whole.grad.slice(from, to));
        }
        const batch = losses.allocate(7, classes);
        batch.logits.set(logits);
        const out = { grad: batch.logits };
        expect(loss(batch.logits, labels, { classes, reduction: "none", out }).loss).toEqual(whole.loss);
        expect(batch.logits).toEqual(whole.grad);
        batch.free();
      }
    });

    it("takes labels that lie in a batch", () => {
      const { logits, labels } = softExample(7, 30, 5, 2);
      const batch = losses.allocate(7, 30, { labels: "soft" });
      expect(batch.labels).toEqual(new Float32Array(210));
      batch.logits.set(logits);
      batch.labels.set(labels);
      const right = loss(logits, labels, { classes: 30 });
      expect(loss(batch.logits, batch.labels, { classes: 30 })).toEqual(right);
      batch.labels[100] = 1.5;
      expect(() => loss(batch.logits, batch.labels, { classes: 30 })).toThrow("labels");
      batch.free();
      expect(() => batch.labels).toThrow("batch");
      expect(() => losses.allocate(7, 30, { labels: "hard" as "soft" })).toThrow(
        'options.labels: expected "multi-hot" or "soft", received "hard"',
      );
    });

    it("leaves out what the mask says", () => {
      const [rows, classes] = [30, 13];
      const { logits, labels } = softExample(rows, classes, 5, 8);
      const mask = Uint8Array.from({ length: classes }, (_, i) => Number(i % 3 !== 1));
      const kept = (array: Float32Array) => array.filter((_, i) => mask[i % classes] === 1);
      const right = loss(kept(logits), kept(labels), { classes: 9, reduction: "none" });
      const got = loss(logits, labels, { classes, reduction: "none", mask });
      expect(got.loss).toEqual(right.loss);
      expect(kept(got.grad)).toEqual(right.grad);
      expect(got.grad.every((g, i) => mask[i % classes] === 1 || g === 0)).toBe(true);
    });

    it("keeps a NaN to its own row, and takes infinities where a limit exists", () => {
      const logits = Float32Array.of(1, NaN, 2, -Infinity, 1, Infinity);
      const labels = Float32Array.of(0.5, 0.5, 0.5, 0, 0.25, 1);
      const { loss: each, grad } = loss(logits, labels, { classes: 2, reduction: "none" });
      const right = referenceOf(name)(logits, labels, { classes: 2, reduction: "none" });
      expect(each[0]).toBeNaN();
      expect(grad.slice(0, 2)).toEqual(Float32Array.of(NaN, NaN));
      expect(each[1]).toBe(right.loss[1]);
      for (const i of [2, 3, 4, 5]) {
        expect(ulpError(grad[i]!, right.grad[i]!)).toBeLessThanOrEqual(bounds.grad);
      }
    });

    it.each([1.5, -0.25, NaN, Infinity])("refuses a label of %d", (label) => {
      const labels = Float32Array.of(0, 1, 0.5, 0.5, 0, label);
      const out = { grad: new Float32Array(6).fill(7) };
      let thrown: Partial<LossError> = {};
      try {
        loss(new Float32Array(6), labels, { classes: 3, out });
      } catch (error) {
        thrown = error as LossError;
      }
      expect(thrown).toMatchObject({ code: "RANGE", argument: "labels", row: 1, index: 2 });
      expect(out.grad.every((g) => g === 7)).toBe(true);
    });
  });
});

describe("many soft labels", () => {
  // More than the kernel looks at at once, and some left over.
  const length = 3000;
  const logits = new Float32Array(length);

  forEachVariant((losses) => {
    it("may be -0", () => {
      const labels = new Float32Array(length).fill(-0);
      const { loss } = losses.zlpr(logits, labels, { classes: length });
      expect(loss).toBe(losses.zlpr(logits, new Float32Array(length), { classes: length }).loss);
    });

    it.each([0, 1023, 1024, 2500, 2999])("are refused for a wrong one at %d", (index) => {
      for (const wrong of [1 + 2 ** -23, -(2 ** -149), NaN, -Infinity]) {
        const labels = new Float32Array(length).fill(0.5);
        // Not the first one to stand out, but the first wrong one.
        labels.fill(-0, 0, index);
        labels[index] = wrong;
        expect(() => losses.zlpr(logits, labels, { classes: length })).toThrow(
          expect.objectContaining({ code: "RANGE", argument: "labels", row: 0, index }),
        );
      }
    });
  });
});

describe("soft zlpr", () => {
  forEachVariant((losses) => {
    it("of labels 0 and 1 is that of multi-hot ones", () => {
      const [rows, classes] = [20, 31];
      const { logits } = softExample(rows, classes, 10, 9);
      const hot = Uint8Array.from({ length: rows * classes }, (_, i) => Number(i % 5 === 2));
      const right = losses.zlpr(logits, hot, { classes, reduction: "none" });
      const got = losses.zlpr(logits, Float32Array.from(hot), { classes, reduction: "none" });
      got.loss.forEach((x, i) => {
        expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(2);
      });
      got.grad.forEach((x, i) => {
        expect(ulpError(x, right.grad[i]!)).toBeLessThanOrEqual(4);
      });
    });

    it("has its least value, and its divergence is 0, where s is half the logit of t", () => {
      const labels = Float32Array.of(0.5, 0.9, 0.2, 0.01, 0.6);
      const logits = labels.map((t) => Math.log(t / (1 - t)) / 2);
      const { loss, grad } = losses.zlprDivergence(logits, labels, { classes: 5 });
      expect(loss).toBeLessThan(1e-12);
      for (const g of grad) expect(Math.abs(g)).toBeLessThan(1e-7);
      const half = losses.zlprDivergence(new Float32Array(3), new Float32Array(3).fill(0.5), { classes: 3 });
      expect(half).toEqual({ loss: 0, grad: new Float32Array(3) });
      const { grad: same } = losses.zlpr(logits, labels, { classes: 5 });
      expect(same).toEqual(grad);
    });

    it("has a gradient with respect to the thresholds", () => {
      const [rows, classes] = [9, 7];
      const { logits, labels } = softExample(rows, classes, 3, 10);
      const threshold = Float32Array.from({ length: rows }, (_, row) => 100 * (row - 4));
      const options = { classes, threshold, reduction: "none" } as const;
      const got = losses.zlpr(logits, labels, options);
      const right = referenceOf("zlpr")(logits, labels, options);
      got.thresholdGrad.forEach((slope, row) => {
        expect(slope).toBeCloseTo(right.thresholdGrad![row]!, 5);
      });
      got.loss.forEach((x, i) => {
        expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(2);
      });
    });
  });

  forEachVariant((losses) => {
    it.each([0.1, 0.01, 1e-3, 1e-4])(
      "keeps its digits where scores are within %d of the best ones",
      (distance) => {
        const random = uniform(8);
        const score = normal(random);
        for (const classes of [1, 5, 40, 1001]) {
          const labels = Float32Array.from({ length: 4 * classes }, () => 0.02 + 0.96 * random());
          const logits = labels.map((t) => Math.log(t / (1 - t)) / 2 + distance * score());
          const options = { classes, reduction: "none" } as const;
          const got = losses.zlprDivergence(logits, labels, options);
          const right = referenceOf("zlprDivergence")(logits, labels, options);
          got.loss.forEach((x, i) => {
            const loss = right.loss[i]!;
            // What the reference, itself a difference of numbers around 10, may be off.
            expect(Math.abs(x - loss)).toBeLessThanOrEqual(16 * ulp(loss) + 2 ** -49);
          });
          got.grad.forEach((x, i) => {
            expect(ulpError(x, right.grad[i]!)).toBeLessThanOrEqual(16);
          });
        }
      },
    );

    it("keeps its digits where all roots have the same error", () => {
      const labels = new Float32Array(200).fill(0.071073979139328);
      const best = Math.log(labels[0]! / (1 - labels[0]!)) / 2;
      const logits = labels.map((_, i) => best + (i % 2 ? 1 : -1) * 0.3601456462048503);
      const { loss } = losses.zlprDivergence(logits, labels, { classes: 200 });
      expect(ulpError(loss, 0.12464426086191871)).toBeLessThanOrEqual(16);
    });

    it("keeps the digits of a slope whose sides nearly cancel", () => {
      const score = normal(uniform(9));
      for (let row = 0; row < 50; row++) {
        const [s0, s1] = [Math.fround(score()), Math.fround(score())];
        const balance = Math.asinh(Math.sinh(s0) + Math.sinh(s1));
        const logits = Float32Array.of(s0, s1, -balance * (1 + 1e-6));
        const options = { classes: 3, threshold: new Float32Array(1) };
        const labels = new Float32Array(3).fill(0.5);
        const got = losses.zlpr(logits, labels, options);
        const right = referenceOf("zlpr")(logits, labels, options);
        expect(ulpError(got.thresholdGrad[0]!, right.thresholdGrad![0]!)).toBeLessThanOrEqual(4);
      }
    });
  });
});
