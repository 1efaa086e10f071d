import { describe, expect, it } from "vitest";
import { effort } from "./support/effort.ts";
import {
  boundsOf,
  exampleFor,
  expected,
  type LossName,
  lossOf,
  names,
  suitedLabels,
} from "./support/losses.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

const LARGEST = 3.4028234663852886e38;

describe.each(names)("%s with special scores", (name) => {
  forEachVariant((losses) => {
    it("a NaN makes its row NaN, in every lane, and leaves the others their bits", () => {
      for (const classes of effort([1, 2, 3, 4, 5, 16, 19, 33], [1, 3, 6])) {
        const { logits, labels } = exampleFor(name, 3, classes, 4, classes);
        const clean = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
        for (let i = 0; i < classes; i++) {
          const broken = logits.with(classes + i, NaN);
          const { loss, grad } = lossOf(losses, name)(broken, labels, { classes, reduction: "none" });
          expect(loss[1]).toBeNaN();
          expect(grad.slice(classes, 2 * classes).every(Number.isNaN)).toBe(true);
          for (const row of [0, 2]) {
            expect(loss[row]).toBe(clean.loss[row]);
            expect(grad.slice(row * classes, (row + 1) * classes)).toEqual(
              clean.grad.slice(row * classes, (row + 1) * classes),
            );
          }
          // The gradient in place has to find the NaN before it writes.
          const inPlace = losses.allocate(3, classes);
          inPlace.logits.set(broken);
          inPlace.labels.set(labels);
          const at = inPlace.logits;
          lossOf(losses, name)(at, inPlace.labels, { classes, reduction: "none", out: { grad: at } });
          expect(at).toEqual(grad);
          inPlace.free();
        }
      }
    });

    it("a NaN of either sign, quiet or with a payload", () => {
      const bits = new Uint32Array([0x7fc00000, 0xffc00000, 0x7fa00001, 0xffffffff]);
      for (const nan of new Float32Array(bits.buffer)) {
        const { loss } = lossOf(losses, name)(new Float32Array([1, nan, 2]), new Uint8Array([0, 1, 0]), {
          classes: 3,
        });
        expect(loss).toBeNaN();
      }
    });

    it.each(effort([1, 3, 4, 6, 16, 21], [1, 3, 6]))(
      "infinite and largest scores give the limits, %d classes",
      (classes) => {
        const extremes = [Infinity, -Infinity, LARGEST, -LARGEST];
        for (const extreme of extremes) {
          for (let i = 0; i < classes; i++) {
            const given = exampleFor(name, 4, classes, 5, classes + i);
            given.logits[classes + i] = extreme;
            const { loss, grad } = lossOf(losses, name)(given.logits, given.labels, {
              classes,
              reduction: "none",
            });
            expected(name, given).forEach((exact, row) => {
              expect(loss[row]).toBeCloseToFloat32(exact.loss, boundsOf(name).loss);
              exact.grad.forEach((g, k) => {
                expect(grad[row * classes + k]).toBeCloseToFloat32(g, boundsOf(name).grad);
              });
            });
          }
        }
      },
    );

    it("a negative class at -∞ counts for nothing", () => {
      const logits = new Float32Array([1, -Infinity, -2, 0.5]);
      const labels = new Uint8Array([1, 0, 0, 0]);
      const { loss, grad } = lossOf(losses, name)(logits, labels, { classes: 4 });
      const without = lossOf(losses, name)(logits.filter(Number.isFinite), new Uint8Array([1, 0, 0]), {
        classes: 3,
      });
      expect(loss).toBeCloseTo(without.loss, 6);
      expect(Object.is(grad[1], 0)).toBe(true);
    });

    it("-0 is 0", () => {
      const labels = suitedLabels(name, new Uint8Array([0, 1, 0, 1, 0]), 5);
      const zero = lossOf(losses, name)(new Float32Array(5), labels, { classes: 5 });
      expect(lossOf(losses, name)(new Float32Array(5).fill(-0), labels, { classes: 5 })).toEqual(zero);
    });

    it("no rows give an empty result", () => {
      const none = lossOf(losses, name)(new Float32Array(0), new Uint8Array(0), {
        classes: 3,
        reduction: "sum",
      });
      expect(none).toEqual({ loss: 0, grad: new Float32Array(0) });
    });
  });
});

describe("zlpr with several infinite scores", () => {
  forEachVariant((losses) => {
    it("shares that are not defined are NaN, all other gradients are defined", () => {
      const logits = new Float32Array([Infinity, Infinity, 3, 1, -1]);
      const labels = new Uint8Array([0, 0, 0, 1, 1]);
      const { loss, grad } = losses.zlpr(logits, labels, { classes: 5 });
      expect(loss).toBe(Infinity);
      expect(Array.from(grad.slice(0, 3))).toEqual([NaN, NaN, 0]);
      const total = 1 + Math.exp(-1) + Math.exp(1);
      expect(grad[3]).toBeCloseTo(-Math.exp(-1) / total, 6);
      expect(grad[4]).toBeCloseTo(-Math.exp(1) / total, 6);
    });

    it("a positive at -∞ takes all of its side", () => {
      const { loss, grad } = losses.zlpr(new Float32Array([-Infinity, 2, -3]), new Uint8Array([1, 1, 0]), {
        classes: 3,
      });
      expect(loss).toBe(Infinity);
      expect(Array.from(grad.slice(0, 2), Math.abs)).toEqual([1, 0]);
      expect(grad[0]).toBe(-1);
    });
  });
});

describe("results in the range of float32 are found however they come about", () => {
  forEachVariant((losses) => {
    it("a huge weight on a row at the threshold's end of the fast path", () => {
      for (const threshold of [-40, 40]) {
        const logits = new Float32Array([threshold, threshold]);
        const { loss, grad } = losses.zlpr(logits, new Uint8Array([0, 1]), {
          classes: 2,
          threshold,
          reduction: "sum",
          rowWeights: new Float32Array([1e30]),
        });
        expect(loss / 1e30).toBeCloseTo(2 * Math.LN2, 6);
        expect(grad[0]! / 1e30).toBeCloseTo(0.5, 6);
        expect(grad[1]! / 1e30).toBeCloseTo(-0.5, 6);
      }
    });

    it("a huge weight on a tiny loss", () => {
      const logits = new Float32Array([-120]);
      for (const name of ["zlpr", "zlprJoint", "sigmoidCrossEntropy"] as const) {
        const { loss } = lossOf(losses, name)(logits, new Uint8Array(1), {
          classes: 1,
          reduction: "none",
          rowWeights: new Float32Array([1e15]),
        });
        expect(loss[0]! / (1e15 * Math.exp(-120))).toBeCloseTo(1, 6);
      }
    });

    it("scores whose sum leaves float32, under a small weight", () => {
      const logits = new Float32Array(16);
      logits[0] = 3e38;
      logits[4] = 3e38;
      const { loss } = losses.sigmoidCrossEntropy(logits, new Uint8Array(16), {
        classes: 16,
        reduction: "none",
        rowWeights: new Float32Array([0.25]),
      });
      expect(loss[0]! / 1.5e38).toBeCloseTo(1, 6);
    });

    it("two infinite scores share nothing, even under a weight that is almost 0", () => {
      const { grad } = losses.zlpr(new Float32Array([Infinity, Infinity, 0]), new Uint8Array(3), {
        classes: 3,
        reduction: "sum",
        rowWeights: new Float32Array([1e-45]),
      });
      expect(grad).toEqual(new Float32Array([NaN, NaN, 0]));
    });

    it.each<[string, LossName, number[], number[], object]>([
      ["a threshold near the end of the fast path", "zlprJoint", [-14, 8.8], [1, 0], { threshold: 39.99 }],
      ["its factor beyond float32", "zlprJoint", [-39, 30], [1, 0], { threshold: 39 }],
      [
        "and under a weight",
        "zlprJoint",
        [-39, 39],
        [1, 0],
        { threshold: 20, rowWeights: Float32Array.of(1e-5) },
      ],
      [
        "a margin under a weight",
        "lsep",
        [39, 39],
        [1, 0],
        { margin: -39, rowWeights: Float32Array.of(1e-10) },
      ],
      [
        "exponentials that only a huge weight shows",
        "combinatorialSoftmax",
        [0, -150, -150, -150, -151, -150, -150, -150],
        [1, 0, 0, 0, 0, 0, 0, 0],
        { rowWeights: Float32Array.of(1e30) },
      ],
      [
        "a huge threshold beside equal scores",
        "zlpr",
        [1e12, 1e12],
        [0, 0],
        { threshold: Math.fround(1e12) },
      ],
      ["scores beside the margin", "asymmetric", [1e-12], [0], { margin: 0.5, gammaNegative: 0 }],
      [
        "that of a block with a large score",
        "asymmetric",
        [1e-12, 100],
        [0, 1],
        { margin: 0.5, gammaNegative: 1 },
      ],
      ["a margin near 1", "asymmetric", [6.906754970550537], [0], { margin: 0.999, gammaNegative: 4.5 }],
    ])("%s: %s", (_, name, scores, marks, options) => {
      const call = { classes: scores.length, reduction: "sum", ...options } as const;
      const [logits, labels] = [Float32Array.from(scores), Uint8Array.from(marks)];
      const weight = (options as { rowWeights?: Float32Array }).rowWeights?.[0] ?? 1;
      const [exact] = expected(name, { rows: 1, classes: scores.length, logits, labels }, options);
      const got = lossOf(losses, name)(logits, labels, call);
      expect(ulpError(Math.fround(got.loss), exact!.loss * weight)).toBeLessThanOrEqual(boundsOf(name).loss);
      exact!.grad.forEach((g, i) => {
        expect(ulpError(got.grad[i]!, g * weight)).toBeLessThanOrEqual(boundsOf(name).grad);
      });
    });

    it("the reference itself has the digits of small differences of huge numbers", () => {
      const threshold = Math.fround(1e12);
      const far = Float32Array.of(threshold, threshold, threshold);
      const { loss } = losses.zlpr(far, new Uint8Array(3), { classes: 3, threshold });
      expect(ulpError(loss, Math.log(4))).toBeLessThanOrEqual(boundsOf("zlpr").loss);
      const pairs = losses.lsep(new Float32Array(4).fill(1e30), Uint8Array.of(1, 0, 0, 0), { classes: 4 });
      expect(ulpError(pairs.loss, Math.log(4))).toBeLessThanOrEqual(boundsOf("lsep").loss);
      const beside = losses.asymmetric(Float32Array.of(1e-12), new Uint8Array(1), {
        classes: 1,
        margin: 0.5,
        gammaNegative: 0,
      });
      // -log(1 - q) with q = p - m = s/4
      expect(ulpError(beside.loss, Math.fround(1e-12) / 4)).toBeLessThanOrEqual(boundsOf("asymmetric").loss);
    });

    it("a divergence is never below 0, at large scores neither", () => {
      const logits = Float32Array.of(-400, 0.5813605785369873, 0.18180769681930542);
      const labels = Float32Array.of(0, 0.7618268132209778, 0.5899153351783752);
      expect(losses.zlprDivergence(logits, labels, { classes: 3 }).loss).toBeGreaterThanOrEqual(0);
    });
  });
});

describe("a NaN in a class whose term has a factor of 0", () => {
  forEachVariant((losses) => {
    const options = { reduction: "none" } as const;
    const calls: Record<string, (logits: Float32Array, labels: Uint8Array, classes: number) => unknown> = {
      "sigmoidCrossEntropy, positiveWeights 0": (logits, labels, classes) =>
        losses.sigmoidCrossEntropy(logits, labels, { ...options, classes, positiveWeights: 0 }),
      "sigmoidCrossEntropy, smoothed, positiveWeights 0": (logits, labels, classes) =>
        losses.sigmoidCrossEntropy(logits, labels, {
          ...options,
          classes,
          positiveWeights: 0,
          labelSmoothing: 0.1,
        }),
      "focal, alpha 0": (logits, labels, classes) =>
        losses.focal(logits, labels, { ...options, classes, alpha: 0 }),
      "focal, alpha 0, gamma 2.5": (logits, labels, classes) =>
        losses.focal(logits, labels, { ...options, classes, alpha: 0, gamma: 2.5 }),
    };

    it.each(Object.keys(calls))("makes its row NaN: %s", (name) => {
      for (const classes of [1, 4, 7, 40]) {
        for (let i = 0; i < classes; i++) {
          const logits = Float32Array.from({ length: 2 * classes }, (_, k) => k - classes);
          const labels = new Uint8Array(2 * classes);
          logits[i] = NaN;
          labels[i] = 1;
          labels[classes + i] = 1;
          const { loss, grad } = calls[name]!(logits, labels, classes) as {
            loss: Float32Array;
            grad: Float32Array;
          };
          expect(loss[0]).toBeNaN();
          expect(loss[1]).not.toBeNaN();
          expect(grad.subarray(0, classes).every(Number.isNaN)).toBe(true);
          expect(grad.subarray(classes).some(Number.isNaN)).toBe(false);
        }
      }
    });
  });
});
