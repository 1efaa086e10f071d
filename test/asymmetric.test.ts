import { describe, expect, it } from "vitest";
import { boundsOf, expected, lossOf } from "./support/losses.ts";
import { uniform } from "./support/random.ts";
import { worst } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * The margin of `asymmetric` is a number of the user's choice, and the constants that the kernels make of it round well or
 * badly: what holds for a few margins may not hold for others.
 */

/** Margins and scores found by climbing on the error of a kernel that had all powers in float32, which left the bounds here. */
const FOUND: [margin: number, score: number][] = [
  [0.007743288509540446, -4.716980934143066],
  [0.437, -0.11052017658948898],
  [0.00012053890552636966, -6.104359149932861],
  [0.435, 0.02359829843044281],
  [0.3851123953770864, -0.2136646956205368],
  [0.00003, -8.643915176391602],
  [1.412803197727418e-7, -1.662206768989563],
  [0.0008448192646237946, -6.851760387420654],
  [0.4461550985560326, -0.0732705220580101],
];

/** The kernels have a fast path between the inner two of each, and none beyond. */
const ENDS = [
  [0.99, 0.998, 0.999, 0.999 + 2 ** -53, 0.9999, 0.99999, 0.999999, 0.9999999],
  [1e-6, 1.1e-7, 1e-7, 1e-7 - 2 ** -76, 1e-8, 1e-12, 1e-20, 1e-30],
];

const EXPONENTS = [1, 2, 3, 4];

/** Scores beside the edge of a margin, a little above it, and anywhere. */
function scoresFor(margin: number, count: number, seed: number): Float32Array {
  const random = uniform(seed);
  const edge = Math.log(margin) - Math.log1p(-margin);
  return Float32Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) return edge + 10 ** (-6 * random());
    return i % 3 === 1 ? edge + 4 * random() : 80 * (random() - 0.5);
  });
}

describe("asymmetric, one negative class", () => {
  forEachVariant((losses) => {
    function check(logits: Float32Array, options: { gammaNegative?: number; margin: number }): void {
      const labels = new Uint8Array(logits.length);
      const call = { classes: 1, reduction: "none", ...options } as const;
      const exact = expected("asymmetric", { rows: logits.length, classes: 1, logits, labels }, options);
      const most = worst(lossOf(losses, "asymmetric")(logits, labels, call), exact);
      const what = JSON.stringify(options);
      expect(most.loss, `loss, ${what}`).toBeLessThanOrEqual(boundsOf("asymmetric").loss);
      expect(most.grad, `gradient, ${what}`).toBeLessThanOrEqual(boundsOf("asymmetric").grad);
    }

    it.each(FOUND)("margin %d at the score %d", (margin, score) => {
      check(Float32Array.of(score), { margin });
    });

    it("any margin", () => {
      const random = uniform(7);
      for (let i = 0; i < 120; i++) {
        const margin = 10 ** (-7 + random() * (7 + Math.log10(0.999)));
        check(scoresFor(margin, 300, i), { gammaNegative: EXPONENTS[i % 4]!, margin });
      }
    });

    it.each(ENDS.flat())("margin %d, at an end of the fast path", (margin) => {
      for (const gammaNegative of EXPONENTS)
        check(scoresFor(margin, 900, gammaNegative), { gammaNegative, margin });
    });
  });
});
