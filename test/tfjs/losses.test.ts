import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { hasComposed } from "../../src/tfjs/composed.ts";
import * as values from "../../src/tfjs/values.ts";
import {
  allNames,
  boundsOf,
  exampleFor,
  type LossName,
  names,
  optionsOf,
  referenceOf,
  softNames,
} from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { ulpError } from "../support/ulp.ts";
import {
  BACKENDS,
  composedNames,
  makeLoss,
  take,
  useBackend,
  VIAS,
  valueAndGrad,
  viasOf,
} from "./support.ts";

/* Every loss, on both backends, by its kernel and by operations, against the reference. */

const [ROWS, CLASSES] = [7, 37];
const REDUCTIONS = ["mean", "sum", "none"] as const;

interface Example {
  logits: Float32Array;
  labels: Uint8Array | Float32Array;
}

function softExample(seed: number): Example {
  const { logits } = exampleFor("zlpr", ROWS, CLASSES, 3, seed);
  return { logits, labels: Float32Array.from({ length: ROWS * CLASSES }, uniform(seed)) };
}

function examplesOf(name: LossName): Example[] {
  const examples: Example[] = names.includes(name) ? [exampleFor(name, ROWS, CLASSES, 3, 1)] : [];
  return softNames.includes(name) ? [...examples, softExample(2)] : examples;
}

function tensors({ logits, labels }: Example, dtype: "float32" | "int32" | "bool" = "float32") {
  const shape: [number, number] = [ROWS, CLASSES];
  return { yPred: tf.tensor2d(logits, shape), yTrue: tf.tensor2d(labels, shape, dtype) };
}

/** The greatest error, in ULP. */
function ulps(got: Float32Array, right: ArrayLike<number>): number {
  expect(got.length).toBe(right.length);
  return got.reduce((most, value, i) => Math.max(most, ulpError(value, right[i]!)), 0);
}

/** The greatest error, as a part of the greatest number. */
function error(got: Float32Array, right: ArrayLike<number>): number {
  expect(got.length).toBe(right.length);
  const most = Array.from(right).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return got.reduce((worst, value, i) => Math.max(worst, Math.abs(value - right[i]!) / most), 0);
}

function referenceResult(name: LossName, { logits, labels }: Example, options: object) {
  const { loss, grad } = referenceOf(name)(logits, labels, { classes: CLASSES, ...options });
  return { loss: typeof loss === "number" ? [loss] : loss, grad: grad! };
}

/** Computed by its kernel everywhere, for good. */
const KERNEL_ONLY = "combinatorialSoftmax";

for (const name of allNames.filter((name) => !hasComposed(name) && name !== KERNEL_ONLY)) {
  it.skip(`skipped: ${name} has no form made of operations in src/tfjs/composed.ts`, () => {});
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(allNames)("%s", (name) => {
    it.each(REDUCTIONS)("by its kernel is within its bounds, reduction %s", (reduction) => {
      for (const options of optionsOf(name)) {
        for (const example of examplesOf(name)) {
          const { yTrue, yPred } = tensors(example);
          const loss = makeLoss(name, { ...options, reduction, via: "kernel" });
          const got = valueAndGrad(loss, yTrue, yPred);
          const right = referenceResult(name, example, { ...options, reduction });
          const bounds = boundsOf(name);
          // A difference of two terms, and that of a loss and its least value, have fewer digits.
          const isDifference = example.labels instanceof Float32Array || "labelSmoothing" in options;
          if (isDifference) expect(error(got.value, right.loss)).toBeLessThan(1e-6);
          else expect(ulps(got.value, right.loss)).toBeLessThanOrEqual(bounds.loss + 1);
          if (isDifference) expect(error(got.grad, right.grad)).toBeLessThan(1e-6);
          else expect(ulps(got.grad, right.grad)).toBeLessThanOrEqual(bounds.grad + 1);
        }
      }
    });

    it.each(hasComposed(name) ? REDUCTIONS : [])(
      "by operations agrees with the reference, reduction %s",
      (reduction) => {
        for (const options of optionsOf(name)) {
          for (const example of examplesOf(name)) {
            const { yTrue, yPred } = tensors(example);
            const loss = makeLoss(name, { ...options, reduction, via: "composed" });
            const got = valueAndGrad(loss, yTrue, yPred);
            const right = referenceResult(name, example, { ...options, reduction });
            expect(error(got.value, right.loss)).toBeLessThan(2e-6);
            // float32 exponents of up to 64·s lose six bits.
            expect(error(got.grad, right.grad)).toBeLessThan("scale" in options ? 1e-4 : 4e-6);
          }
        }
      },
    );

    it("has rows in all leading dimensions", () => {
      const [rows, classes] = [6, 5];
      const { logits, labels } = exampleFor(name, rows, classes, 2, 3);
      const yPred = tf.tensor3d(logits, [2, 3, classes]);
      const yTrue = tf.tensor3d(labels, [2, 3, classes]);
      const flat = referenceOf(name)(logits, names.includes(name) ? labels : Float32Array.from(labels), {
        classes,
        reduction: "none",
      });
      for (const via of viasOf(name)) {
        const none = makeLoss(name, { reduction: "none", via })(yTrue, yPred);
        expect(none.shape).toEqual([2, 3]);
        expect(error(take(none), flat.loss as unknown as Float32Array)).toBeLessThan(1e-5);
        const { grad } = valueAndGrad(makeLoss(name, { reduction: "sum", via }), yTrue, yPred);
        expect(error(grad, flat.grad!)).toBeLessThan(1e-5);
      }
    });

    it("takes labels of every dtype", () => {
      const example = exampleFor(name, ROWS, CLASSES, 2, 4);
      const loss = makeLoss(name, { via: "kernel" });
      const floats = tensors(example);
      const right = valueAndGrad(loss, floats.yTrue, floats.yPred);
      for (const dtype of ["int32", "bool"] as const) {
        const { yTrue, yPred } = tensors(example, dtype);
        expect(yTrue.dtype).toBe(dtype);
        expect(valueAndGrad(loss, yTrue, yPred)).toEqual(right);
      }
    });

    it("computes no gradient where none is asked for", () => {
      const { yTrue, yPred } = tensors(exampleFor(name, ROWS, CLASSES, 2, 5));
      const loss = makeLoss(name, { via: "kernel" });
      const takeArray = vi.spyOn(values, "takeArray");
      const alone = take(loss(yTrue, yPred));
      expect(takeArray).not.toHaveBeenCalled();
      expect(alone).toEqual(valueAndGrad(loss, yTrue, yPred).value);
      expect(takeArray).toHaveBeenCalledOnce();
      takeArray.mockRestore();
    });
  });

  it("takes class indices, of which some are ignored", () => {
    const { logits } = exampleFor("softmaxCrossEntropy", ROWS, CLASSES, 2, 6);
    const indices = Int32Array.from({ length: ROWS }, (_, row) => (row === 2 ? -1 : (row * 11) % CLASSES));
    const yPred = tf.tensor2d(logits, [ROWS, CLASSES]);
    for (const reduction of REDUCTIONS) {
      const right = referenceOf("softmaxCrossEntropy")(logits, indices, { classes: CLASSES, reduction });
      for (const via of VIAS) {
        for (const yTrue of [
          tf.tensor1d(indices, "int32"),
          tf.tensor2d(indices, [ROWS, 1], "int32"),
          tf.tensor1d(Float32Array.from(indices)),
        ]) {
          const got = valueAndGrad(makeLoss("softmaxCrossEntropy", { via, reduction }), yTrue, yPred);
          const loss = typeof right.loss === "number" ? [right.loss] : right.loss;
          expect(error(got.value, loss)).toBeLessThan(1e-6);
          expect(error(got.grad, right.grad!)).toBeLessThan(2e-6);
        }
      }
    }
  });

  it("sees every float32 label, wherever it is", () => {
    for (const classes of [1, 2, 3, 8, 9]) {
      const yPred = tf.linspace(-2, 2, classes).reshape([1, classes]) as tf.Tensor;
      for (let i = 0; i < classes; i++) {
        const label = (value: number, type: "float32" | "int32" = "float32") => {
          const values = new Float32Array(classes);
          values[i] = value;
          return tf.tensor2d(values, [1, classes], type);
        };
        const focal = makeLoss("focal", { warn: false });
        const positive = valueAndGrad(focal, label(1), yPred);
        expect(positive).toEqual(valueAndGrad(focal, label(1, "int32"), yPred));
        expect(positive).not.toEqual(valueAndGrad(focal, label(0), yPred));
        expect(valueAndGrad(focal, label(-0), yPred)).toEqual(valueAndGrad(focal, label(0), yPred));
        for (const wrong of [0.5, 2, -1, NaN, 2 ** -149, Infinity]) {
          expect(() => focal(label(wrong), yPred)).toThrow(
            `yTrue: expected 0 or 1, received ${Math.fround(wrong)} (row 0, index ${i})`,
          );
        }
      }
    }
  });

  it("takes float32 labels for a distribution where rows have not one positive class", () => {
    const logits = new Float32Array([1, -2, 0.5, 3, 0, -1]);
    const labels = new Float32Array([1, 1, 0, 0, 0, 0]);
    const right = referenceOf("softmaxCrossEntropy")(logits, labels, { classes: 3, reduction: "none" });
    const yPred = tf.tensor2d(logits, [2, 3]);
    const loss = makeLoss("softmaxCrossEntropy", { reduction: "none" });
    const got = valueAndGrad(loss, tf.tensor2d(labels, [2, 3]), yPred);
    expect(error(got.value, right.loss as unknown as Float32Array)).toBeLessThan(1e-6);
    expect(error(got.grad, right.grad!)).toBeLessThan(1e-6);
    expect(() => loss(tf.tensor2d(labels, [2, 3], "int32"), yPred)).toThrow(
      "yTrue: expected one positive class, received 2 (row 0)",
    );
    // The mask leaves no positive class.
    const mask = [1, 0, 1];
    const masked = makeLoss("softmaxCrossEntropy", { mask });
    const some = referenceOf("softmaxCrossEntropy")(logits.slice(0, 3), new Float32Array([0, 1, 0]), {
      classes: 3,
      mask: Uint8Array.from(mask),
    });
    const one = valueAndGrad(masked, tf.tensor2d([0, 1, 0], [1, 3]), tf.tensor2d(logits.slice(0, 3), [1, 3]));
    expect(one).toEqual({ value: new Float32Array([some.loss]), grad: some.grad });
  });

  it.each(composedNames)("%s by operations stays finite for large scores, and is right", (name) => {
    const logits = new Float32Array([200, -300, 1000, -1000, 0, 0, 0, 0, -90, 90, -60, 60]);
    const multiHot = new Uint8Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
    const yPred = tf.tensor2d(logits, [3, 4]);
    const yTrue = tf.tensor2d(multiHot, [3, 4], "bool");
    const right = referenceOf(name)(logits, multiHot, { classes: 4, reduction: "none" });
    const got = valueAndGrad(makeLoss(name, { via: "composed", reduction: "none" }), yTrue, yPred);
    expect(error(got.value, right.loss as unknown as Float32Array)).toBeLessThan(1e-6);
    expect(error(got.grad, right.grad!)).toBeLessThan(2e-6);
  });

  it.each(composedNames.filter((name) => name !== "softmaxCrossEntropy"))(
    "%s by operations keeps the digits of small losses",
    (name) => {
      // Scores far on the right side: 1 + e^s is 1 in float32.
      const logits = new Float32Array([20, -21, -22, 23]);
      const labels = new Uint8Array([1, 0, 0, 1]);
      // A margin leaves nothing of the negative classes.
      const options = name === "asymmetric" ? { margin: 0 } : {};
      const right = referenceOf(name)(logits, labels, { classes: 4, ...options });
      const loss = makeLoss(name, { ...options, via: "composed" });
      const got = take(loss(tf.tensor2d(labels, [1, 4]), tf.tensor2d(logits, [1, 4])))[0]!;
      expect(right.loss).toBeGreaterThan(0);
      expect(Math.abs(got / right.loss - 1)).toBeLessThan(1e-5);
    },
  );

  it("has a slope at a score of 0", () => {
    // Where |s| and max(s, 0) have none.
    for (const name of composedNames) {
      const yTrue = tf.tensor2d([1, 0], [1, 2]);
      const { grad } = valueAndGrad(makeLoss(name, { via: "composed" }), yTrue, tf.zeros([1, 2]));
      const right = referenceOf(name)(new Float32Array(2), new Uint8Array([1, 0]), { classes: 2 });
      expect(error(grad, right.grad!), name).toBeLessThan(1e-6);
    }
  });

  it.each(VIAS)("says that it has no gradient of gradients, %s", (via) => {
    const yTrue = tf.tensor2d([1, 0, 0], [1, 3]);
    const loss = makeLoss("zlpr", { via });
    const slope = tf.grad((x: tf.Tensor) => loss(yTrue, x));
    expect(() => tf.grad((x: tf.Tensor) => tf.sum(slope(x)))(tf.zeros([1, 3]))).toThrow(
      "yPred: expected a gradient that is used as it is, received one that is to be differentiated in turn",
    );
  });
});
