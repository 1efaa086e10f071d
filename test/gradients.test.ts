import { describe, expect, it } from "vitest";
import { exampleFor, expected, names, optionsOf } from "./support/losses.ts";

/*
 * The reference's gradients against central differences of its own losses. The scores are multiples of the step, so that
 * float32 holds them moved as well; the error of the difference is of the order of step², times the loss's third slope.
 */
const STEP = 2 ** -12;

describe.each(names)("the gradient of %s's reference is the slope of its loss", (name) => {
  it.each(optionsOf(name))("with options %o", (options) => {
    for (const classes of [1, 2, 3, 8, 21]) {
      const given = exampleFor(name, 1, classes, 3, classes);
      const logits = given.logits.map((s) => Math.round(s / STEP) * STEP);
      for (const labels of [given.labels, given.labels.map(() => 1), given.labels.map(() => 0)]) {
        const loss = (scores: Float32Array) =>
          expected(name, { ...given, logits: scores, labels }, options)[0]!.loss;
        const { grad } = expected(name, { ...given, logits, labels }, options)[0]!;
        const slopes = grad.map((_, i) => {
          const slope = (step: number) =>
            (loss(logits.with(i, logits[i]! + step)) - loss(logits.with(i, logits[i]! - step))) / (2 * step);
          // Richardson's extrapolation: the error is of the order of step⁴.
          return (4 * slope(STEP) - slope(2 * STEP)) / 3;
        });
        const scale = Math.max(1, ...grad.map(Math.abs));
        slopes.forEach((slope, i) => {
          expect(Math.abs(slope - grad[i]!) / scale, `class ${i} of ${classes}`).toBeLessThan(1e-7);
        });
      }
    }
  });
});
