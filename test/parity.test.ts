import { describe, expect, it } from "vitest";
import type { Losses } from "../src/index.ts";
import {
  boundsOf,
  exampleFor,
  expected,
  type LossName,
  longestRow,
  lossOf,
  names,
  referenceOf,
} from "./support/losses.ts";
import type { Example } from "./support/random.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/** Small sizes cover every remainder of the kernels' groups of 16 and vectors of 4, up to four groups and a rest. */
const SIZES = Array.from({ length: 70 }, (_, i) => i + 1);
/** The spreads at which scores stay on the fast path, leave it in some rows, in most rows, and overflow float32's eˣ. */
const SPREADS = [1, 10, 100, 1000];

function worst(name: LossName, losses: Losses, cases: Iterable<Example>): { loss: number; grad: number } {
  const most = { loss: 0, grad: 0 };
  for (const { rows, classes, logits, labels } of cases) {
    const exact = expected(name, { rows, classes, logits, labels });
    const { loss, grad } = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
    for (let row = 0; row < rows; row++) {
      const { loss: exactLoss, grad: exactGrad } = exact[row]!;
      most.loss = Math.max(most.loss, ulpError(loss[row]!, exactLoss));
      for (let i = 0; i < classes; i++) {
        // Gradients are those of the sum here, so that the reference needs no factor.
        most.grad = Math.max(most.grad, ulpError(grad[row * classes + i]!, exactGrad[i]!));
      }
    }
  }
  return most;
}

describe.each(names)("%s agrees with the reference", (name) => {
  forEachVariant((losses) => {
    it.each(SPREADS)("for 1 to 70 classes, scores of spread %d", (spread) => {
      const most = worst(
        name,
        losses,
        SIZES.map((classes) => exampleFor(name, 5, classes, spread, 100 * classes + spread)),
      );
      expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
      expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
    });

    it.each([
      [3, 1000],
      [2, 4099],
      [1, 65_537],
      [300, 7],
    ])("for %d rows of %d classes", (rows, classes) => {
      const most = worst(
        name,
        losses,
        SPREADS.map((spread) => exampleFor(name, rows, classes, spread, spread)),
      );
      expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
      expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
    });

    it.each([1, -1])("for scores of one sign only (%d)", (sign) => {
      const cases = SIZES.flatMap((classes) =>
        [1, 20, 200].map((spread) => {
          const given = exampleFor(name, 3, classes, spread, classes);
          return { ...given, logits: given.logits.map((s) => sign * Math.abs(s)) };
        }),
      );
      const most = worst(name, losses, cases);
      expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
      expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
    });

    it("with equal scores, whose rounding errors all go one way", () => {
      const cases = [-15, -2.3, -0.7, 0, 0.1, 3.3, 30].flatMap((score) =>
        [5, 64, 1000, 5000].map((classes) => {
          const given = exampleFor(name, 2, classes, 1, classes);
          return { ...given, logits: given.logits.fill(score) };
        }),
      );
      const most = worst(name, losses, cases);
      expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
      expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
    });

    it(`in a row of ${longestRow(name)} classes`, () => {
      const given = exampleFor(name, 1, longestRow(name), 2, 9);
      const { loss } = lossOf(losses, name)(given.logits, given.labels, {
        classes: given.classes,
        reduction: "none",
        gradient: false,
      });
      expect(ulpError(loss[0]!, expected(name, given)[0]!.loss)).toBeLessThanOrEqual(boundsOf(name).loss);
    });

    describe("options", () => {
      const classes = 37;
      const given = exampleFor(name, 11, classes, 3, 5);
      const { logits, labels, rows } = given;
      const rowWeights = Float32Array.from({ length: rows }, (_, row) => (row % 4) / 2);

      it.each(["mean", "sum", "none"] as const)("reduction %s, with and without weights", (reduction) => {
        for (const weights of [undefined, rowWeights]) {
          const options = { classes, reduction, ...(weights && { rowWeights: weights }) };
          const got = lossOf(losses, name)(logits, labels, options);
          const right = referenceOf(name)(logits, labels, options);
          expect(closest(got.loss, right.loss)).toBeLessThan(1e-6);
          expect(closest(got.grad!, right.grad!)).toBeLessThan(1e-6);
        }
      });

      it("gradient: false gives the same loss and no gradient", () => {
        const full = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
        const forward = lossOf(losses, name)(logits, labels, { classes, reduction: "none", gradient: false });
        expect(forward).toEqual({ loss: full.loss });
      });

      it("weights scale loss and gradient of their row", () => {
        const plain = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
        const weighted = lossOf(losses, name)(logits, labels, { classes, reduction: "none", rowWeights });
        for (let row = 0; row < rows; row++) {
          const weight = rowWeights[row]!;
          expect(weighted.loss[row]).toBeCloseTo(weight * plain.loss[row]!, 4);
          const from = row * classes;
          for (let i = from; i < from + classes; i++) {
            expect(weighted.grad[i]).toBeCloseTo(weight * plain.grad[i]!, 5);
          }
        }
      });

      it.each([3, 100])("tiny and huge weights lose no accuracy at spread %d", (spread) => {
        const given = exampleFor(name, 11, classes, spread, spread);
        const exact = expected(name, given).flatMap((row) => row.grad);
        for (const weight of [1e-38, 1e-30, 1e-20, 1e-10, 1e10, 1e16]) {
          const weights = new Float32Array(given.rows).fill(weight);
          const w = weights[0]!;
          const { grad } = lossOf(losses, name)(given.logits, given.labels, {
            classes,
            reduction: "sum",
            rowWeights: weights,
          });
          const most = exact.reduce((max, g, i) => Math.max(max, ulpError(grad[i]!, g * w)), 0);
          expect(most, `weight ${weight}`).toBeLessThanOrEqual(boundsOf(name).grad);
        }
      });

      it("a row of weight 0 counts for nothing, whatever it holds", () => {
        const broken = logits.slice();
        broken.fill(NaN, 0, classes);
        broken.fill(Infinity, classes, 2 * classes);
        const weights = new Float32Array(rows).fill(1);
        weights[0] = 0;
        weights[1] = 0;
        const got = lossOf(losses, name)(broken, labels, { classes, rowWeights: weights });
        const rest = lossOf(losses, name)(logits.slice(2 * classes), labels.slice(2 * classes), { classes });
        expect(got.loss).toBe(rest.loss);
        expect(got.grad.slice(2 * classes)).toEqual(rest.grad);
        expect(got.grad.slice(0, 2 * classes).every((g) => g === 0)).toBe(true);
      });

      it("out receives the results, also in place of the logits", () => {
        const fresh = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
        const out = { loss: new Float32Array(rows), grad: logits.slice() };
        const got = lossOf(losses, name)(out.grad, labels, { classes, reduction: "none", out });
        expect(got.loss).toBe(out.loss);
        expect(got.grad).toBe(out.grad);
        expect(out).toEqual(fresh);
      });
    });

    it("gives a row the same bits in any batch, at any offset", () => {
      for (const classes of [1, 3, 4, 17, 64, 67, 1000]) {
        const given = exampleFor(name, 70, classes, 20, classes);
        const whole = lossOf(losses, name)(given.logits, given.labels, { classes, reduction: "none" });
        for (const row of [0, 1, 33, 63, 64, 69]) {
          const [from, to] = [row * classes, (row + 1) * classes];
          const logits = new Float32Array(classes + 5).subarray(row % 5, classes + (row % 5));
          logits.set(given.logits.subarray(from, to));
          const labels = new Uint8Array(classes + 5).subarray(row % 3, classes + (row % 3));
          labels.set(given.labels.subarray(from, to));
          const one = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
          expect(one.loss[0]).toBe(whole.loss[row]);
          expect(one.grad).toEqual(whole.grad.slice(from, to));
        }
      }
    });
  });
});

/** The greatest difference between two results, relative to the greatest value. */
function closest(got: number | Float32Array, right: number | Float32Array): number {
  const a = typeof got === "number" ? [got] : Array.from(got);
  const b = typeof right === "number" ? [right] : Array.from(right);
  expect(a.length).toBe(b.length);
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / scale;
}
