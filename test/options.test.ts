import { describe, expect, it } from "vitest";
import { checkRefused } from "./support/errors.ts";
import { type LossName, referenceOf } from "./support/losses.ts";

/*
 * The limits of the options that only one loss has: values on them are taken, values beyond them refused. The kernels have the
 * same checks, which are a part of the definition of a loss.
 */

const logits = Float32Array.of(2, -1, 0.5, 1);
const labels = Uint8Array.of(1, 0, 0, 0);

/** The loss with options of its own. */
function lossWith(name: LossName, scores: Float32Array, marks: Uint8Array, own: Record<string, unknown>) {
  return referenceOf(name)(scores, marks, { classes: 4, ...own }).loss;
}

const AT_LEAST_0 = "a finite number of at least 0";
const SHARE = "a finite number of at least 0 and of at most 1";

/** An option, values that it takes, and values that it does not, with what the error expects. */
const LIMITS: [LossName, string, number[], string, number[]][] = [
  ["asymmetric", "gammaPositive", [0, 9], AT_LEAST_0, [-1e-9, NaN, Infinity]],
  ["asymmetric", "gammaNegative", [0, 9], AT_LEAST_0, [-1e-9, NaN, Infinity]],
  ["asymmetric", "margin", [0, 1], SHARE, [-1e-9, 1.0001, NaN]],
  ["focal", "gamma", [0, 9], AT_LEAST_0, [-1e-9, NaN, Infinity]],
  ["focal", "alpha", [0, 1], SHARE, [-1e-9, 1.0001, NaN]],
  ["lsep", "scale", [1e-9, 64], "a finite number above 0", [0, -1, NaN, Infinity]],
  ["lsep", "margin", [-5, 5], "a finite number", [NaN, Infinity, -Infinity]],
  ["sigmoidCrossEntropy", "positiveWeights", [0, 9], AT_LEAST_0, [-1e-9, NaN, Infinity]],
  ["sigmoidCrossEntropy", "labelSmoothing", [0, 1], SHARE, [-1e-9, 1.0001, NaN]],
  ["softmaxCrossEntropy", "labelSmoothing", [0, 1], SHARE, [-1e-9, 1.0001, NaN]],
  [
    "softmaxCrossEntropy",
    "ignoreIndex",
    [-(2 ** 31), 2 ** 31 - 1],
    "a whole number from -2147483648 to 2147483647",
    [-(2 ** 31) - 1, 2 ** 31, 0.5],
  ],
  ["zlpr", "threshold", [-50, 50], "a finite number", [NaN, Infinity, -Infinity]],
  ["zlprJoint", "threshold", [-50, 50], "a finite number", [NaN, Infinity, -Infinity]],
  ["combinatorialSoftmax", "maxLabels", [1, 4], "a whole number from 1 to 4", [0, 5, 1.5]],
];

describe.each(LIMITS)("%s's %s", (name, option, taken, expected, refused) => {
  it.each(taken)("may be %d", (value) => {
    expect(lossWith(name, logits, labels, { [option]: value })).toBeGreaterThanOrEqual(0);
  });

  it.each(refused)("may not be %d", (value) => {
    checkRefused(
      () => lossWith(name, logits, labels, { [option]: value }),
      "RANGE",
      `options.${option}: expected ${expected}, received ${value}`,
    );
  });
});

describe("arrays of numbers", () => {
  const two = Float32Array.of(...logits, ...logits);
  const marks = Uint8Array.of(...labels, ...labels);

  it("have a number a class, each within the limits", () => {
    const weights = (positiveWeights: Float32Array) => () =>
      lossWith("sigmoidCrossEntropy", two, marks, { positiveWeights });
    expect(weights(Float32Array.of(0, 1, 2, 3))()).toBeGreaterThan(0);
    checkRefused(
      weights(Float32Array.of(0, 1, -0.5, 3)),
      "RANGE",
      "options.positiveWeights: expected finite numbers of at least 0, received -0.5 (index 2)",
    );
    checkRefused(
      weights(Float32Array.of(NaN, 1, 1, 1)),
      "RANGE",
      "options.positiveWeights: expected finite numbers of at least 0, received NaN (index 0)",
    );
    checkRefused(
      weights(new Float32Array(2)),
      "RANGE",
      "options.positiveWeights: expected [classes] = 4 elements, received 2",
    );
  });

  it("have a number a row, of which one that is not finite is refused", () => {
    const thresholds = (threshold: Float32Array) => () => lossWith("zlpr", two, marks, { threshold });
    expect(thresholds(Float32Array.of(-3, 3))()).toBeGreaterThan(0);
    checkRefused(
      thresholds(Float32Array.of(0, NaN)),
      "RANGE",
      "options.threshold: expected finite numbers, received NaN (row 1)",
    );
    checkRefused(
      thresholds(new Float32Array(4)),
      "RANGE",
      "options.threshold: expected [rows] = 2 elements, received 4",
    );
  });
});

describe("the number of positive classes", () => {
  const three = Uint8Array.of(1, 0, 1, 1);

  it("of softmaxCrossEntropy is one", () => {
    checkRefused(
      () => lossWith("softmaxCrossEntropy", logits, three, {}),
      "RANGE",
      "labels: expected one positive class, received 3 (row 0)",
    );
  });

  it("of combinatorialSoftmax may be maxLabels, and no more", () => {
    expect(lossWith("combinatorialSoftmax", logits, three, { maxLabels: 3 })).toBeGreaterThan(0);
    checkRefused(
      () => lossWith("combinatorialSoftmax", logits, three, { maxLabels: 2 }),
      "RANGE",
      "labels: expected at most maxLabels = 2 positive classes, received 3 (row 0)",
    );
  });

  it("is not restricted by the others", () => {
    for (const name of ["asymmetric", "focal", "lsep", "sigmoidCrossEntropy", "zlpr", "zlprJoint"] as const) {
      expect(lossWith(name, logits, three, {})).toBeGreaterThan(0);
    }
  });
});
