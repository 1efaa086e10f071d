import { describe, expect, it } from "vitest";
import { effort } from "./support/effort.ts";
import { boundsOf, exampleFor, lossOf } from "./support/losses.ts";
import { example } from "./support/random.ts";
import { ulp, ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

describe("identities", () => {
  forEachVariant((losses) => {
    it("one class: zlpr is sigmoidCrossEntropy", () => {
      const { logits, labels } = example(500, 1, 10, 1);
      const zlpr = losses.zlpr(logits, labels, { classes: 1, reduction: "none" });
      const bce = losses.sigmoidCrossEntropy(logits, labels, { classes: 1, reduction: "none" });
      zlpr.loss.forEach((loss, i) => {
        expect(ulpError(loss, bce.loss[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").loss);
      });
      zlpr.grad.forEach((g, i) => {
        expect(ulpError(g, bce.grad[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").grad);
      });
    });

    it.each([
      ["focal", { gamma: 0 }],
      ["asymmetric", { gammaPositive: 0, gammaNegative: 0, margin: 0 }],
      ["sigmoidCrossEntropy", { positiveWeights: new Float32Array(23).fill(1) }],
    ] as const)("%s with options %o is sigmoidCrossEntropy", (name, options) => {
      const { logits, labels, classes } = example(40, 23, 20, 5);
      const bce = losses.sigmoidCrossEntropy(logits, labels, { classes, reduction: "none" });
      const same = lossOf(losses, name)(logits, labels, { classes, reduction: "none", ...options });
      const { loss, grad } = boundsOf(name);
      same.loss.forEach((x, i) => {
        expect(ulpError(x, bce.loss[i]!)).toBeLessThanOrEqual(2 + loss);
      });
      same.grad.forEach((x, i) => {
        expect(ulpError(x, bce.grad[i]!)).toBeLessThanOrEqual(4 + grad);
      });
    });

    it("lsep of scores and labels of which one class is positive is log Σ e^s minus its score", () => {
      const classes = 30;
      const { logits } = example(20, classes, 5, 6);
      const labels = new Uint8Array(20 * classes);
      for (let row = 0; row < 20; row++) labels[row * classes + ((7 * row) % classes)] = 1;
      const { loss } = losses.lsep(logits, labels, { classes, reduction: "none" });
      loss.forEach((x, row) => {
        const scores = Array.from(logits.subarray(row * classes, (row + 1) * classes));
        const right =
          Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0)) - scores[(7 * row) % classes]!;
        expect(Math.abs(x - right)).toBeLessThan(1e-6 * Math.max(1, right));
      });
    });

    it("the threshold is a shift of the scores", () => {
      // Quarters add up without rounding, so that both sides mean the same numbers.
      for (const threshold of [0.25, -3, 17, 41.5, -100]) {
        const { logits, labels, classes } = example(40, 23, 6, 3);
        const scores = logits.map((s) => Math.round(s * 4) / 4);
        const shifted = scores.map((s) => s + threshold);
        const plain = losses.zlpr(scores, labels, { classes, reduction: "none" });
        const moved = losses.zlpr(shifted, labels, { classes, reduction: "none", threshold });
        moved.loss.forEach((loss, i) => {
          expect(ulpError(loss, plain.loss[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").loss);
        });
        moved.grad.forEach((g, i) => {
          expect(ulpError(g, plain.grad[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").grad);
        });
      }
    });

    it("negating scores and labels leaves zlpr's loss and negates its gradient", () => {
      const { logits, labels, classes } = example(40, 19, 15, 4);
      const plain = losses.zlpr(logits, labels, { classes, reduction: "none" });
      const mirrored = losses.zlpr(
        logits.map((s) => -s),
        labels.map((y) => 1 - y),
        { classes, reduction: "none" },
      );
      mirrored.loss.forEach((loss, i) => {
        expect(ulpError(loss, plain.loss[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").loss);
      });
      mirrored.grad.forEach((g, i) => {
        expect(ulpError(-g, plain.grad[i]!)).toBeLessThanOrEqual(2 * boundsOf("zlpr").grad);
      });
    });

    it("a perfect row has a loss near 0, with all its digits", () => {
      // 19 negatives at -23: log(1 + 19·e^-23) = 19·e^-23·(1 - 9.7e-10)
      const logits = new Float32Array(20).fill(-23);
      const labels = new Uint8Array(20);
      logits[7] = 100;
      labels[7] = 1;
      const { loss } = losses.zlpr(logits, labels, { classes: 20, reduction: "none" });
      expect(ulpError(loss[0]!, 19 * Math.exp(-23))).toBeLessThanOrEqual(boundsOf("zlpr").loss);
    });

    it("the negatives' gradients add up to less than 1, the positives' to more than -1", () => {
      const { logits, labels, rows, classes } = example(50, 30, 5, 8);
      const { grad } = losses.zlpr(logits, labels, { classes, reduction: "none" });
      for (let row = 0; row < rows; row++) {
        let negative = 0;
        let positive = 0;
        for (let i = row * classes; i < (row + 1) * classes; i++) {
          if (labels[i]) positive += grad[i]!;
          else negative += grad[i]!;
        }
        expect(negative).toBeGreaterThanOrEqual(0);
        expect(negative).toBeLessThan(1 + 1e-6);
        expect(positive).toBeLessThanOrEqual(0);
        expect(positive).toBeGreaterThan(-1 - 1e-6);
      }
    });

    it.each([1, 10, 100, 1000])(
      "combinatorialSoftmax of one positive class is softmaxCrossEntropy, spread %d",
      (spread) => {
        const combinatorial = boundsOf("combinatorialSoftmax");
        const softmax = boundsOf("softmaxCrossEntropy");
        for (let classes = 1; classes <= effort(70, 12); classes++) {
          const { logits, labels } = exampleFor("softmaxCrossEntropy", 5, classes, spread, classes);
          const right = losses.softmaxCrossEntropy(logits, labels, { classes, reduction: "none" });
          const got = losses.combinatorialSoftmax(logits, labels, { classes, reduction: "none" });
          got.loss.forEach((x, i) => {
            expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(combinatorial.loss + softmax.loss);
          });
          got.grad.forEach((g, i) => {
            expect(ulpError(g, right.grad[i]!)).toBeLessThanOrEqual(combinatorial.grad + softmax.grad);
          });
        }
      },
    );

    it.each([0, 0.25, -17, 41.5, -100])(
      "combinatorialSoftmax of all subsets is sigmoidCrossEntropy of s - s₀, s₀ = %d",
      (threshold) => {
        const combinatorial = boundsOf("combinatorialSoftmax");
        const sigmoid = boundsOf("sigmoidCrossEntropy");
        for (const spread of [1, 10, 100]) {
          for (const classes of [1, 2, 3, 8, 9, 16, 17, 33, 64]) {
            const { logits, labels } = example(6, classes, spread, classes);
            // Quarters are shifted without rounding, so that both sides mean the same numbers.
            const z = logits.map((s) => Math.round(s * 4) / 4);
            const right = losses.sigmoidCrossEntropy(z, labels, { classes, reduction: "none" });
            const scores = z.map((x) => x + threshold);
            const options = { classes, reduction: "none", maxLabels: classes, threshold } as const;
            const got = losses.combinatorialSoftmax(scores, labels, options);
            got.loss.forEach((x, i) => {
              expect(ulpError(x, right.loss[i]!)).toBeLessThanOrEqual(combinatorial.loss + sigmoid.loss);
            });
            got.grad.forEach((g, i) => {
              expect(ulpError(g, right.grad[i]!)).toBeLessThanOrEqual(combinatorial.grad + sigmoid.grad);
            });
          }
        }
      },
    );

    it("the probabilities of combinatorialSoftmax add up to the number of positive classes, or to at most maxLabels", () => {
      for (const spread of [0.1, 3, 30, 300]) {
        for (const classes of [2, 5, 17, 64, 200]) {
          const { rows, logits, labels } = exampleFor("combinatorialSoftmax", 12, classes, spread, classes);
          const sums = (grad: Float32Array) =>
            Array.from({ length: rows }, (_, row) => {
              const slopes = Array.from(grad.subarray(row * classes, (row + 1) * classes));
              const rounding = slopes.reduce((total, g) => total + ulp(g), 0);
              return {
                sum: slopes.reduce((a, b) => a + b),
                rounding: boundsOf("combinatorialSoftmax").grad * rounding,
              };
            });
          const fixed = losses.combinatorialSoftmax(logits, labels, { classes, reduction: "none" });
          for (const { sum, rounding } of sums(fixed.grad))
            expect(Math.abs(sum)).toBeLessThanOrEqual(rounding);
          const maxLabels = Math.min(classes, 60);
          const padded = losses.combinatorialSoftmax(logits, labels, {
            classes,
            reduction: "none",
            maxLabels,
          });
          sums(padded.grad).forEach(({ sum, rounding }, row) => {
            const positives = labels.subarray(row * classes, (row + 1) * classes).reduce((a, b) => a + b, 0);
            expect(sum + positives).toBeGreaterThanOrEqual(-rounding);
            expect(sum + positives).toBeLessThanOrEqual(maxLabels + rounding);
          });
        }
      }
    });
  });
});
