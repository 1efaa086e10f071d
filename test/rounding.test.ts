import { describe, expect, it } from "vitest";
import { boundsOf, expected, lossOf } from "./support/losses.ts";
import { worst } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * Scores found by climbing on the error: exponentials whose errors all go one way, in sums that are just above a power of 2,
 * of which the loss is just below one. Sums that rounded to float32 before they are complete would leave the bounds here.
 */

type Name = "zlpr" | "zlprJoint" | "softmaxCrossEntropy";

interface Case {
  names: Name[];
  classes: number;
  scores: Record<number, number>;
  /** Of the classes that are not named. */
  rest: number;
  positives?: number[];
  weight?: number;
}

const CASES: Case[] = [
  {
    names: ["zlpr", "zlprJoint"],
    classes: 16,
    scores: { 0: -3.118834972381592, 4: -3.8101160526275635, 8: -3.118664264678955, 12: -3.8081657886505127 },
    rest: -38,
  },
  {
    names: ["zlpr", "zlprJoint"],
    classes: 80,
    scores: { 0: -3.807507038116455, 4: -3.1683759689331055 },
    rest: -38,
  },
  {
    names: ["zlpr", "zlprJoint"],
    classes: 80,
    scores: {
      0: -3.116637706756592,
      4: -3.855968713760376,
      8: -3.1173410415649414,
      12: -3.850581407546997,
      1: 38,
    },
    rest: -38,
    positives: [1],
  },
  {
    names: ["zlpr", "zlprJoint"],
    classes: 80,
    scores: {
      0: -3.8092546463012695,
      4: -3.1131420135498047,
      8: -3.1176810264587402,
      12: -3.80482816696167,
      1: 38,
    },
    rest: -38,
    positives: [1],
  },
  {
    names: ["softmaxCrossEntropy", "zlpr"],
    classes: 16,
    scores: {
      0: 0.811908483505249,
      4: -1.2668788433074951,
      8: -1.2677193880081177,
      12: 0.811908483505249,
      3: 26.576799392700195,
    },
    rest: -40,
    positives: [3],
  },
  {
    names: ["zlpr", "zlprJoint"],
    classes: 16,
    scores: {
      0: 2.449512243270874,
      4: 1.761742115020752,
      8: 2.4464728832244873,
      12: 1.7619024515151978,
      1: 1.0410178899765015,
    },
    rest: -38,
    weight: 1.687533974647522,
  },
  {
    names: ["zlpr", "zlprJoint"],
    classes: 16,
    scores: {
      0: 1.777878761291504,
      4: 2.456264019012451,
      8: 2.468888998031616,
      12: 1.076340913772583,
      1: 1.0407954454421997,
    },
    rest: -38,
    weight: 1.4916588068008423,
  },
];

describe.each(CASES)("$classes classes with the scores $scores", (given) => {
  const { classes, scores, rest, positives = [], weight = 1 } = given;
  const logits = Float32Array.from({ length: classes }, (_, i) => scores[i] ?? rest);
  const labels = Uint8Array.from({ length: classes }, (_, i) => Number(positives.includes(i)));
  const w = Math.fround(weight);

  forEachVariant((losses) => {
    it.each(given.names)("are within the bounds of %s", (name) => {
      const call = { classes, reduction: "none", rowWeights: Float32Array.of(w) } as const;
      const got = lossOf(losses, name)(logits, labels, call);
      const exact = expected(name, { rows: 1, classes, logits, labels }).map(({ loss, grad }) => ({
        loss: loss * w,
        grad: grad.map((slope) => slope * w),
      }));
      const most = worst(got, exact);
      expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
      expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
    });
  });
});
