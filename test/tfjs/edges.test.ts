import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { tfjsLosses, tfjsMetrics } from "../../src/tfjs.ts";
import { checkThrown } from "../support/errors.ts";
import { BACKENDS, composedNames, makeLoss, useBackend, VIAS, valueAndGrad } from "./support.ts";

/* What random batches do not meet. */

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(VIAS)("by way of %s", (via) => {
    it("takes scores and labels that were cast from another type", () => {
      const losses = tfjsLosses(tf);
      const yPred = tf.cast(tf.tensor2d([[2, -1, 0]], [1, 3], "int32"), "float32");
      const yTrue = tf.cast(tf.tensor2d([[1, 0, 0]], [1, 3], "bool"), "float32");
      const got = valueAndGrad(losses.zlpr({ via }), yTrue, yPred);
      const right = valueAndGrad(losses.zlpr({ via }), tf.tensor2d([[1, 0, 0]]), tf.tensor2d([[2, -1, 0]]));
      expect(got).toEqual(right);
      // Float32 labels are a distribution of any sum.
      const twice = tf.cast(tf.greater(tf.tensor2d([[1, 1, 0]]), 0), "float32");
      const loss = losses.softmaxCrossEntropy({ via });
      expect(valueAndGrad(loss, twice, yPred).value[0]).toBeCloseTo(
        valueAndGrad(loss, tf.tensor2d([[1, 1, 0]]), yPred).value[0]!,
        5,
      );
    });

    it.each([[NaN], [-Infinity], [Infinity]])("leaves out a score of %d under the mask", (score) => {
      for (const name of composedNames) {
        const loss = makeLoss(name, { via, mask: [0, 1, 1] });
        const yTrue = tf.tensor2d([[0, 1, 0]]);
        const right = valueAndGrad(loss, yTrue, tf.tensor2d([[0, 1, 2]]));
        const got = valueAndGrad(loss, yTrue, tf.tensor2d([[score, 1, 2]]));
        expect(got, name).toEqual(right);
        expect(got.grad[0], name).toBe(0);
        expect(Number.isFinite(got.value[0]), name).toBe(true);
      }
    });

    it("refuses weights and masks in arrays that are none", () => {
      const [yTrue, yPred] = [
        tf.tensor2d([
          [1, 0],
          [0, 1],
        ]),
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
      ];
      const call = (options: object) => () => makeLoss("zlpr", { via, ...options })(yTrue, yPred);
      for (const rowWeights of [
        [-1, 1],
        [NaN, 1],
        [1, Infinity],
      ]) {
        checkThrown(call({ rowWeights }), { code: "RANGE", argument: "options.rowWeights" });
      }
      checkThrown(call({ rowWeights: [0, 0] }), { code: "EMPTY_REDUCTION", argument: "options.rowWeights" });
      for (const mask of [
        [0.5, 1],
        [2, 1],
        [-1, 1],
      ]) {
        checkThrown(call({ mask }), { code: "RANGE", argument: "options.mask" });
      }
    });

    it("takes class indices of a single class", () => {
      const loss = makeLoss("softmaxCrossEntropy", { via });
      const { value, grad } = valueAndGrad(loss, tf.tensor1d([0, 0], "int32"), tf.tensor2d([[2], [1]]));
      expect([...value, ...grad].map(Math.abs)).toEqual([0, 0, 0]);
    });
  });

  it("measures what was cast from another type", () => {
    const { microF1, averagePrecision } = tfjsMetrics(tf);
    const yPred = tf.cast(tf.tensor2d([[2, -1, 0]], [1, 3], "int32"), "float32");
    const yTrue = tf.cast(tf.tensor2d([[1, 0, 0]], [1, 3], "bool"), "float32");
    for (const metric of [microF1, averagePrecision]) expect(metric(yTrue, yPred).dataSync()[0]).toBe(1);
  });
});
