import { describe, expect, it } from "vitest";
import type { RowFormula } from "../src/reference/loss.ts";
import { sigmoidCrossEntropyRow } from "../src/reference/sigmoidCrossEntropy.ts";
import { zlprRow } from "../src/reference/zlpr.ts";
import { example } from "./support/random.ts";

/*
 * The reference's gradients against central differences of its own losses, in float64: a step of 1e-5 leaves an error
 * of about 1e-10·loss''' from the formula and 1e-16/1e-5 from rounding.
 */
const STEP = 1e-5;

function check<Own>(formula: RowFormula<Own>, own: Parameters<RowFormula<Own>>[2]): void {
  for (const classes of [1, 2, 3, 8, 21]) {
    const { logits, labels } = example(1, classes, 3, classes);
    for (const isPositive of [
      Array.from(labels, (y) => y === 1),
      logits.slice().fill(1),
      logits.slice().fill(0),
    ].map((all) => Array.from(all, Boolean))) {
      const scores = Array.from(logits);
      const { loss, grad } = formula(scores, isPositive, own);
      for (let i = 0; i < classes; i++) {
        const moved = (by: number) => formula(scores.with(i, scores[i]! + by), isPositive, own).loss;
        const difference = (moved(STEP) - moved(-STEP)) / (2 * STEP);
        expect(Math.abs(difference - grad[i]!)).toBeLessThan(1e-9 * Math.max(1, loss));
      }
    }
  }
}

describe("gradients of the reference are the slopes of its losses", () => {
  it.each([0, 1.5, -4])("zlpr, threshold %d", (threshold) => check(zlprRow, { threshold }));
  it("sigmoidCrossEntropy", () => check(sigmoidCrossEntropyRow, {}));
});
