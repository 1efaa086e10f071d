import { describe, expect, it } from "vitest";
import { checkRefused } from "./support/errors.ts";
import { boundsOf, type LossName, lossOf, referenceOf } from "./support/losses.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * Rows whose formulas have 0 · ∞, ∞ - ∞ or 0/0 in them, and what is right all the same: the limit, or NaN where there is none.
 */

const [P, M] = [Infinity, -Infinity];

interface Limit {
  name: LossName;
  why: string;
  options?: object;
  scores: number[];
  labels: number[];
  isSoft?: boolean;
  loss: number;
  grad: number[];
}

const LIMITS: Limit[] = [
  {
    name: "asymmetric",
    why: "a negative class whose probability is the margin counts for nothing",
    options: { margin: 0.5 },
    scores: [0],
    labels: [0],
    loss: 0,
    grad: [0],
  },
  {
    name: "focal",
    why: "a positive class at -∞ has the slope of a line",
    scores: [M],
    labels: [1],
    loss: P,
    grad: [-1],
  },
  { name: "focal", why: "a negative class at -∞ is right", scores: [M], labels: [0], loss: 0, grad: [0] },
  {
    name: "focal",
    why: "negative classes with a factor of 0 count for nothing, also at +∞",
    options: { alpha: 1 },
    scores: [P, 0],
    labels: [0, 0],
    loss: 0,
    grad: [0, 0],
  },
  {
    name: "sigmoidCrossEntropy",
    why: "classes that are infinitely right count for nothing",
    scores: [P, M],
    labels: [1, 0],
    loss: 0,
    grad: [0, 0],
  },
  {
    name: "sigmoidCrossEntropy",
    why: "classes that are infinitely wrong have the slope of a line",
    scores: [M, P],
    labels: [1, 0],
    loss: P,
    grad: [-1, 1],
  },
  {
    name: "lsep",
    why: "negative classes alone are 0, whatever their scores",
    scores: [P, M, 1],
    labels: [0, 0, 0],
    loss: 0,
    grad: [0, 0, 0],
  },
  {
    name: "lsep",
    why: "positive classes alone are 0, whatever their scores",
    scores: [P, M, 1],
    labels: [1, 1, 1],
    loss: 0,
    grad: [0, 0, 0],
  },
  {
    name: "lsep",
    why: "+∞ on both sides has no limit",
    scores: [P, P, 1],
    labels: [1, 0, 0],
    loss: NaN,
    grad: [NaN, NaN, NaN],
  },
  {
    name: "softmaxCrossEntropy",
    why: "one score of +∞ has the whole softmax, which is right",
    scores: [P, 0],
    labels: [1, 0],
    loss: 0,
    grad: [0, 0],
  },
  {
    name: "softmaxCrossEntropy",
    why: "one score of +∞ has the whole softmax, which is wrong",
    scores: [P, 0],
    labels: [0, 1],
    loss: P,
    grad: [1, -1],
  },
  {
    name: "softmaxCrossEntropy",
    why: "soft labels that are all 0 have no loss, also where several scores are +∞",
    scores: [P, P, 0],
    labels: [0, 0, 0],
    isSoft: true,
    loss: 0,
    grad: [NaN, NaN, 0],
  },
  {
    name: "zlprJoint",
    why: "negative classes at -∞ alone are 0",
    scores: [M, M],
    labels: [0, 0],
    loss: 0,
    grad: [0, 0],
  },
];

describe.each(LIMITS)("$name: $why", ({ name, options, scores, labels, isSoft, loss, grad }) => {
  const check = (one: ReturnType<typeof lossOf>): void => {
    const call = { classes: scores.length, reduction: "none", ...options } as const;
    const marks = isSoft ? Float32Array.from(labels) : Uint8Array.from(labels);
    const got = one(Float32Array.from(scores), marks, call);
    expect(got.loss[0]).toBeCloseToFloat32(loss, boundsOf(name).loss);
    // A slope of 0 may be -0, the limit from below.
    expect(Array.from(got.grad, (slope) => slope + 0)).toEqual(grad);
  };

  it("in the reference", () => check(referenceOf(name)));

  forEachVariant((losses) => {
    it("in the kernel's engine", () => check(lossOf(losses, name)));
  });
});

describe("the reference of combinatorialSoftmax says what it needs where there is no room", () => {
  const classes = 200_000;
  const logits = new Float32Array(classes);

  it.each([
    ["a line for each number of positive classes", 60_000, {}, 60_001],
    ["or of the others, if they are fewer", 150_000, {}, 100_001],
    ["or up to maxLabels", 1, { maxLabels: 70_000 }, 70_001],
  ])("%s", (_, positives, options, lines) => {
    const labels = new Uint8Array(classes).fill(1, 0, positives);
    checkRefused(
      () => referenceOf("combinatorialSoftmax")(logits, labels, { classes, ...options }),
      "OUT_OF_MEMORY",
      `memory: expected room for ${8 * (classes + 2) * lines} bytes, received a refusal from the engine`,
    );
  });
});
