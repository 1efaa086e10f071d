import { describe, expect, it } from "vitest";
import { boundsOf, expected, lossOf } from "./support/losses.ts";
import { worst } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * Scores found by climbing on the error: exponentials whose errors all go one way, in sums that are just above a power of 2,
 * of which the loss is just below one. Sums that rounded to float32 before they are complete would leave the bounds here.
 */

type Name = "zlpr" | "zlprJoint" | "softmaxCrossEntropy" | "sigmoidCrossEntropy";

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
  // Products of exponentials that were rounded to float32 before they went on in float64.
  {
    names: ["sigmoidCrossEntropy"],
    classes: 20,
    scores: {
      0: 15.567960739135742,
      1: -39.434165954589844,
      2: 36.256961822509766,
      3: -18.174118041992188,
      4: -7.360785007476807,
      5: -39.62373733520508,
      6: -12.937873840332031,
      7: -39.43414306640625,
      8: 10.909299850463867,
      9: -39.47306442260742,
      10: -1.351367712020874,
      11: -7.782366752624512,
      12: -19.885923385620117,
      13: 36.03484344482422,
      14: -15.455411911010742,
      15: -21.495906829833984,
      16: -5.5843305587768555,
      17: -39.02326583862305,
      18: 17.10333824157715,
      19: -35.048065185546875,
    },
    rest: 0,
    positives: [0, 2, 8, 13, 18],
  },
  {
    names: ["sigmoidCrossEntropy"],
    classes: 20,
    scores: {
      0: 5.398002624511719,
      1: 6.621870040893555,
      2: 7.8457560539245605,
      3: 9.069605827331543,
      4: 10.29349422454834,
      5: 20.092573165893555,
      6: 1.0749868154525757,
      7: 10.293505668640137,
      8: 15.189168930053711,
      9: 16.428882598876953,
      10: 20.097885131835938,
      11: 18.8663272857666,
      12: 20.09779930114746,
      13: 21.770523071289062,
      14: 34.546756744384766,
      15: 29.384897232055664,
      16: 29.536115646362305,
      17: 29.371952056884766,
      18: 15.189168930053711,
      19: 32.348873138427734,
    },
    rest: 0,
    positives: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    weight: 6749.4326171875,
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
