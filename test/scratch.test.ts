import { describe, expect, it } from "vitest";
import { engineFor } from "../src/engine/load.ts";
import { createLosses } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { type LossName, lossOf } from "./support/losses.ts";
import { example } from "./support/random.ts";
import { expectSameBits } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

/* Kernels that need memory to work in get as much as they use: nothing of what lies behind it changes. */

const CASES: [LossName, object, "soft" | "multi-hot"][] = [
  ["zlpr", {}, "soft"],
  ["zlprDivergence", {}, "soft"],
  ["softmaxCrossEntropy", {}, "soft"],
  ["softmaxCrossEntropy", { labelSmoothing: 0.1 }, "multi-hot"],
  ["combinatorialSoftmax", {}, "multi-hot"],
  ["combinatorialSoftmax", { maxLabels: 5 }, "multi-hot"],
];

describe.each(CASES)("the memory in which %s works, with options %o and %s labels", (name, options, kind) => {
  forEachVariant(({ variant }) => {
    // Rows so long that the memory for a call is as large as the call needs, and no larger.
    it.each(effort([50_000, 50_001, 50_003], [50_003]))("is enough for rows of %d classes", (classes) => {
      const losses = createLosses({ variant });
      const { logits } = example(1, classes, 3, classes);
      const labels =
        kind === "soft"
          ? new Float32Array(classes).fill(0.25)
          : new Uint8Array(classes).fill(1, 7, name === "softmaxCrossEntropy" ? 8 : 11);
      const call = () => lossOf(losses, name)(logits, labels, { classes, ...options });
      const right = call();
      const behind = losses.allocate(1, 400_000);
      behind.logits.fill(123);
      const again = call();
      expect(again.loss).toBe(right.loss);
      expectSameBits(again.grad, right.grad);
      expect(behind.logits.findIndex((x) => x !== 123)).toBe(-1);
    });
  });
});

describe("the memory in which decisions are counted", () => {
  it.each([1, 17, 3001, 40_003])("is enough for rows of %d classes", (classes) => {
    const engine = engineFor("simd");
    const given = { ...example(7, classes, 2, classes) };
    const right = engine.countDecisions(given, 0);
    const behind = engine.allocate(1, 400_000, false);
    behind.logits.fill(123);
    expect(engine.countDecisions(given, 0)).toEqual(right);
    expect(behind.logits.findIndex((x) => x !== 123)).toBe(-1);
  });
});
