import { describe, expect, it } from "vitest";
import type { Losses } from "../src/index.ts";
import { boundsOf, exampleFor, expected, type LossName, lossOf } from "./support/losses.ts";
import { type Example, uniform } from "./support/random.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/* What only the losses of points have: the ways that their options and sizes lead through the kernels. */

function expectWithinBounds(name: LossName, losses: Losses, given: Example, options: object): void {
  const { classes, logits, labels } = given;
  const got = lossOf(losses, name)(logits, labels, { classes, reduction: "none", ...options });
  const most = { loss: 0, grad: 0 };
  expected(name, given, options).forEach((exact, row) => {
    most.loss = Math.max(most.loss, ulpError(got.loss[row]!, exact.loss));
    exact.grad.forEach((g, i) => {
      most.grad = Math.max(most.grad, ulpError(got.grad[row * classes + i]!, g));
    });
  });
  expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
  expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
}

/** Rows of one class, so that no error hides behind that of another, with scores of the fast way. */
function singles(label: 0 | 1, reach: number): Example {
  const rows = 20_000;
  const random = uniform(rows + reach);
  const logits = Float32Array.from({ length: rows }, () => reach * (2 * random() - 1));
  return { rows, classes: 1, logits, labels: new Uint8Array(rows).fill(label) };
}

forEachVariant((losses) => {
  describe("powers", () => {
    it.each([0, 1, 2, 3, 4, 1.5])("focal with γ = %d", (gamma) => {
      expectWithinBounds("focal", losses, singles(0, 15.9), { gamma });
      expectWithinBounds("focal", losses, singles(1, 15.9), { gamma, alpha: 0.25 });
    });

    it.each([0, 1, 2, 3, 4])("asymmetric with γ₊ = %d", (gammaPositive) => {
      expectWithinBounds("asymmetric", losses, singles(1, 15.9), { gammaPositive });
    });

    it.each([0, 1, 2, 3, 4])("asymmetric with γ₋ = %d", (gammaNegative) => {
      for (const margin of [0, 1e-8, 1.1e-7, 0.001, 0.05, 0.5, 0.999, 0.9999]) {
        expectWithinBounds("asymmetric", losses, singles(0, 15.9), { gammaNegative, margin });
        // With γ₋ = 1 these are fast as well, and the largest numbers that it has to do with.
        expectWithinBounds("asymmetric", losses, singles(0, 39.9), { gammaNegative, margin });
      }
    });
  });

  describe("asymmetric beside the margin", () => {
    it("has the digits of a difference of a few units in the last place", () => {
      for (const margin of [1e-6, 0.05, 0.3, 0.9]) {
        const edge = Math.fround(Math.log(margin / (1 - margin)));
        const unit = 2 ** (Math.floor(Math.log2(Math.abs(edge))) - 23);
        const logits = Float32Array.from({ length: 200 }, (_, i) => edge + (i - 100) * unit);
        const given = { rows: 200, classes: 1, logits, labels: new Uint8Array(200) };
        expectWithinBounds("asymmetric", losses, given, { margin, gammaNegative: 2 });
      }
    });

    it("groups below the edge have a gradient of 0, whatever was there before", () => {
      const classes = 50;
      const logits = new Float32Array(classes).fill(-10);
      const out = { grad: new Float32Array(classes).fill(7) };
      const { loss } = losses.asymmetric(logits, new Uint8Array(classes), { classes, out });
      expect(loss).toBe(0);
      expect(out.grad).toEqual(new Float32Array(classes));
    });
  });

  describe("sigmoidCrossEntropy with weights of the positive classes", () => {
    it.each([1, 3, 100])("scores of spread %d, rows of any length", (spread) => {
      for (const classes of [...Array.from({ length: 40 }, (_, i) => i + 1), 1023, 1024, 1025, 2500]) {
        const random = uniform(classes);
        const positiveWeights = Float32Array.from({ length: classes }, () => 10 * random());
        positiveWeights[classes >> 1] = 0;
        const given = exampleFor("sigmoidCrossEntropy", 5, classes, spread, classes + spread);
        expectWithinBounds("sigmoidCrossEntropy", losses, given, { positiveWeights });
      }
    });
  });

  describe.each(["sigmoidCrossEntropy", "focal", "asymmetric"] as const)("%s", (name) => {
    it("rows keep their bits beside rows with large scores, and with a weight of 1", () => {
      for (const classes of [1, 3, 7, 16, 30, 70, 600, 1100]) {
        const given = exampleFor(name, 9, classes, 2, classes);
        const call = { classes, reduction: "none" } as const;
        const clean = lossOf(losses, name)(given.logits, given.labels, call);
        const rowWeights = new Float32Array(9).fill(1);
        expect(lossOf(losses, name)(given.logits, given.labels, { ...call, rowWeights })).toEqual(clean);
        const large = given.logits.slice();
        for (let row = 0; row < 9; row += 2) large[row * classes + (row % classes)] = 200;
        const beside = lossOf(losses, name)(large, given.labels, call);
        for (let row = 1; row < 9; row += 2) {
          expect(beside.loss[row]).toBe(clean.loss[row]);
          const [from, to] = [row * classes, (row + 1) * classes];
          expect(beside.grad.slice(from, to)).toEqual(clean.grad.slice(from, to));
        }
        expectWithinBounds(name, losses, { ...given, logits: large }, {});
      }
    });
  });

  describe("sigmoidCrossEntropy", () => {
    it("gives a row the same bits beside a row whose product is large", () => {
      const random = uniform(24);
      for (let i = 0; i < 300; i++) {
        const row = Float32Array.from({ length: 24 }, () => 10 * random() - 5);
        const lossAfter = (...rows: Float32Array[]): number => {
          const logits = Float32Array.from(rows.flatMap((scores) => [...scores]));
          const labels = new Uint8Array(logits.length);
          return losses.sigmoidCrossEntropy(logits, labels, { classes: 24, reduction: "none" }).loss[0]!;
        };
        const alone = lossAfter(row);
        expect(lossAfter(row, new Float32Array(24).fill(39.9))).toBe(alone);
        expect(lossAfter(row)).toBe(alone);
      }
      // Two ways to its loss that differ.
      const bits = Float32Array.of(
        -1.7077772617340088,
        -1.3372703790664673,
        -0.2462967485189438,
        3.4189224243164062,
        -0.02226252853870392,
        2.8592593669891357,
        -0.039319463074207306,
        1.3977744579315186,
        -0.4085565507411957,
        -3.0075972080230713,
        3.770341396331787,
        -3.143829345703125,
        0.5579490065574646,
        0.8175448179244995,
        -0.0473104752600193,
        -2.5803022384643555,
        0.7806558609008789,
        0.8813338875770569,
        3.9578638076782227,
        -1.8222752809524536,
        -1.4312896728515625,
        -0.8169887661933899,
        -2.190168857574463,
        4.4702606201171875,
      );
      const zeros = new Float32Array(24);
      const one = losses.sigmoidCrossEntropy(bits, new Uint8Array(24), { classes: 24 }).loss;
      const both = Float32Array.from([...bits, ...zeros.fill(39.9)]);
      const two = losses.sigmoidCrossEntropy(both, new Uint8Array(48), { classes: 24, reduction: "none" });
      expect(two.loss[0]).toBe(Math.fround(one));
    });
  });

  describe("inputs that were found to be worst", () => {
    it.each([
      ["focal", { gamma: 4 }, 5.456081867218018, "-6.9381777751935961e-12"],
      ["asymmetric", { gammaPositive: 4 }, 6.143675327301025, "-2.2548556422684496e-13"],
    ] as const)("%s with %o", (name, options, score, exact) => {
      const call = { classes: 1, ...options };
      const { grad } = lossOf(losses, name)(Float32Array.of(score), Uint8Array.of(1), call);
      expect(ulpError(grad[0]!, exact)).toBeLessThanOrEqual(16);
    });
  });
});
