import { describe, expect, it } from "vitest";
import {
  allNames,
  boundsOf,
  exampleFor,
  expected,
  type LossName,
  lossOf,
  names,
  optionsOf,
  type RowResult,
  referenceOf,
  softNames,
  suitedLabels,
} from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { bits, expectSameBits, expectSameResult, worst } from "../support/results.ts";
import { stepped } from "../support/ulp.ts";
import { forEachVariant } from "../support/variants.ts";

/* Scores that are not numbers, not finite, or at the edges of what a kernel's paths are for. */

const LARGEST = 3.4028234663852886e38;
const CALL = { reduction: "none" } as const;

interface Given {
  rows: number;
  classes: number;
  logits: Float32Array;
  labels: Uint8Array | Float32Array;
}

/** Expects a loss and its gradient within the bounds that its reference states. */
function expectWithin(
  name: LossName,
  loss: ReturnType<typeof lossOf>,
  given: Given,
  what = "",
  exact?: RowResult[],
  options: object = {},
): void {
  const got = loss(given.logits, given.labels, { classes: given.classes, ...CALL, ...options });
  const most = worst(got, exact ?? expected(name, given, options));
  expect(most.loss, `${what} loss`).toBeLessThanOrEqual(boundsOf(name).loss);
  expect(most.grad, `${what} gradient`).toBeLessThanOrEqual(boundsOf(name).grad);
}

/** Labels that suit a loss: soft ones for the one that takes no others. */
function marksFor(name: LossName, hot: Uint8Array, classes: number): Uint8Array | Float32Array {
  return name === "zlprDivergence" ? Float32Array.from(hot) : suitedLabels(name, hot, classes);
}

/** Where the paths of the kernels and of the exponential end, and what overflows, vanishes or is subnormal. */
const THRESHOLDS = [
  0.5,
  1,
  11,
  16,
  20,
  80 / 3,
  27.7,
  32,
  40,
  43.9,
  65,
  66.2,
  80,
  87.3365,
  88.7228,
  89,
  103.972,
  103.98,
  110.5,
  110.9,
  133,
  150,
  177.4,
];

/**
 * The scores of `asymmetric` from which on a negative class counts, and from which on its probability is so far above the
 * margin that float32 has all powers of the difference.
 */
function marginsEnds({ gammaNegative = 4, margin = 0.05 }: { gammaNegative?: number; margin?: number }) {
  if (margin === 0) return [];
  const edge = Math.log(margin / (1 - margin));
  const least = 2 * 2 ** (-126 / (gammaNegative + 1));
  return [edge, edge + Math.log1p(least / (margin * (1 - margin)))];
}

/** Those, on both sides of 0, and what a loss has besides. */
function thresholdsOf(name: LossName, options: object = {}): number[] {
  const ends = name === "asymmetric" ? marginsEnds(options) : [];
  return [...THRESHOLDS.flatMap((edge) => [edge, -edge]), ...ends].map(Math.fround);
}

/** Lengths with short rows, long ones, whole vectors and rests. */
const LENGTHS = [1, 3, 4, 5, 8, 13, 19, 64, 67];

/** Batches whose rows have one score at an edge, and its neighbours, in each of their lanes; and what is exact. */
function atEdges(
  name: LossName,
  classes: number,
  options: object = {},
): { given: Given; exact: RowResult[]; what: string }[] {
  const lanes = Math.min(classes, 20);
  const rows = 3 * lanes;
  return thresholdsOf(name, options).map((edge) => {
    const { logits, labels: hot } = exampleFor(name as (typeof names)[number], rows, classes, 1, classes);
    for (let row = 0; row < rows; row++) {
      const lane = classes - 1 - (row % lanes);
      logits[row * classes + lane] = stepped(edge, Math.floor(row / lanes) - 1);
    }
    const given = { rows, classes, logits, labels: marksFor(name, hot, classes) };
    return { given, exact: expected(name, given, options), what: `score ${edge},` };
  });
}

/** A row of which one class is positive, and at -∞. */
function withPositiveAtMinusInfinity(classes: number, lane: number) {
  const logits = Float32Array.from({ length: classes }, (_, i) => (i % 5) - 2);
  logits[lane] = -Infinity;
  const labels = new Uint8Array(classes);
  labels[lane] = 1;
  return { logits, labels };
}

describe.each(allNames)("thresholds ±1 ULP on both sides agree with the exact value: %s", (name) => {
  // Exact values take longer than the kernels, and are the same for all variants.
  const batches = new Map<number, ReturnType<typeof atEdges>>();
  const batchesOf = (classes: number) => {
    const known = batches.get(classes) ?? atEdges(name, classes);
    batches.set(classes, known);
    return known;
  };

  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it.each(LENGTHS)("in every lane of %d classes", (classes) => {
      for (const { given, exact, what } of batchesOf(classes)) expectWithin(name, loss, given, what, exact);
    });

    it.each([3, 17, 67])("for all scores of a row of %d at one edge", (classes) => {
      for (const score of thresholdsOf(name)) {
        const rows = 6;
        const logits = Float32Array.from({ length: rows * classes }, (_, i) => stepped(score, (i % 3) - 1));
        const hot = Uint8Array.from({ length: rows * classes }, (_, i) =>
          Number((i * 7) % 11 < Math.floor(i / classes)),
        );
        const labels = marksFor(name, hot, classes);
        expectWithin(name, loss, { rows, classes, logits, labels }, `score ${score},`);
      }
    });

    // Where one score is beyond a limit, all of its row leaves the fast path: here all are on the same side.
    it.each([33, 47, 79])("for all scores of a row of %d just below, at or just above an edge", (classes) => {
      const rows = 9;
      for (const score of thresholdsOf(name)) {
        const logits = Float32Array.from({ length: rows * classes }, (_, i) =>
          stepped(score, (Math.floor(i / classes) % 3) - 1),
        );
        // Rows without positives, with some, and with no others.
        const hot = Uint8Array.from({ length: rows * classes }, (_, i) =>
          Number((i * 7) % 11 < [0, 2, 11][Math.floor(i / (3 * classes))]!),
        );
        const labels = marksFor(name, hot, classes);
        expectWithin(name, loss, { rows, classes, logits, labels }, `score ${score},`);
      }
    });

    it.each([7, 66])(
      "scores in [90, 100], of which eˣ overflows but e^(x - max) does not: %d classes",
      (classes) => {
        const random = uniform(classes);
        const rows = 8;
        for (const sign of [1, -1]) {
          const logits = Float32Array.from({ length: rows * classes }, () => sign * (90 + 10 * random()));
          const hot = Uint8Array.from({ length: rows * classes }, () => Number(random() < 0.3));
          expectWithin(name, loss, { rows, classes, logits, labels: marksFor(name, hot, classes) });
        }
      },
    );

    it("subnormals are exact, in every lane", () => {
      const tiny = [2 ** -149, -(2 ** -149), 2 ** -126, 2 ** -126 - 2 ** -149, -(2 ** -130), 3 * 2 ** -149];
      for (const classes of LENGTHS) {
        const zeros = new Float32Array(classes);
        const labels = marksFor(
          name,
          Uint8Array.from(zeros, (_, i) => Number(i % 3 === 1)),
          classes,
        );
        const right = loss(zeros, labels, { classes, ...CALL });
        const logits = zeros.map((_, i) => tiny[i % tiny.length]!);
        const given = { rows: 1, classes, logits, labels };
        expectWithin(name, loss, given);
        // They change nothing: a score of 0 has the same result to the last bit of float32.
        expect(loss(logits, labels, { classes, ...CALL }).loss[0]).toBeCloseToFloat32(right.loss[0]!, 1);
      }
    });

    it("results that are subnormal are exact", () => {
      // Exponentials of these are from 2^-149 to 2^-126, the least normal number.
      for (const score of [-87.4, -90, -95.5, -100, -103, -103.9]) {
        for (const classes of [1, 4, 6, 67]) {
          const logits = new Float32Array(classes).fill(score);
          if (name === "softmaxCrossEntropy" || name === "combinatorialSoftmax" || name === "lsep")
            logits[0] = 0;
          const hot = new Uint8Array(classes);
          if (logits[0] === 0) hot[0] = 1;
          expectWithin(name, loss, { rows: 1, classes, logits, labels: marksFor(name, hot, classes) });
        }
      }
    });

    it("-0 is as +0", () => {
      for (const classes of LENGTHS) {
        const labels = marksFor(
          name,
          Uint8Array.from({ length: classes }, (_, i) => i & 1),
          classes,
        );
        const zero = loss(new Float32Array(classes), labels, { classes, ...CALL });
        expectSameResult(loss(new Float32Array(classes).fill(-0), labels, { classes, ...CALL }), zero);
      }
    });

    it("±3.4e38 in one row: finite where the exact value is", () => {
      for (const classes of LENGTHS) {
        for (let lane = 0; lane < classes; lane += classes > 20 ? 9 : 1) {
          for (const extreme of [LARGEST, -LARGEST]) {
            const given = exampleFor(name as (typeof names)[number], 2, classes, 3, lane + 1);
            given.logits[classes + lane] = extreme;
            given.logits[classes + ((lane + 1) % classes)] = -extreme;
            expectWithin(name, loss, { ...given, labels: marksFor(name, given.labels, classes) });
          }
        }
      }
    });

    it("NaN: its row's loss and gradient row are NaN, others keep their bits, in every lane and in the tail", () => {
      const nans = new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00000, 0x7fa00001, 0xffffffff).buffer);
      for (const classes of [...LENGTHS, 33]) {
        const given = exampleFor(name as (typeof names)[number], 3, classes, 4, classes);
        const labels = marksFor(name, given.labels, classes);
        const clean = loss(given.logits, labels, { classes, ...CALL });
        for (let lane = 0; lane < classes; lane++) {
          const broken = given.logits.slice();
          new Uint32Array(broken.buffer)[classes + lane] = bits(nans)[lane % 4]!;
          const { loss: rows, grad } = loss(broken, labels, { classes, ...CALL });
          expect(rows[1]).toBeNaN();
          expect(grad.subarray(classes, 2 * classes).every(Number.isNaN)).toBe(true);
          for (const row of [0, 2]) {
            const part = [row * classes, (row + 1) * classes] as const;
            expect(Object.is(rows[row], clean.loss[row])).toBe(true);
            expectSameBits(grad.slice(...part), clean.grad.slice(...part));
          }
        }
      }
    });
  });
});

/** Options that have limits of their own, beside those with which all tests are run. */
const MORE_OPTIONS: Partial<Record<LossName, object[]>> = {
  focal: [{ gamma: 4 }],
  asymmetric: [1, 2, 3].flatMap((gammaNegative) =>
    [1e-6, 0.4, 0.9].map((margin) => ({ gammaPositive: 4 - gammaNegative, gammaNegative, margin })),
  ),
};

const withOptions = allNames.flatMap((name) =>
  [...optionsOf(name).slice(1), ...(MORE_OPTIONS[name] ?? [])].map((options) => ({ name, options })),
);

describe.each(withOptions)("thresholds ±1 ULP under other options: $name $options", ({ name, options }) => {
  const batches = [3, 19, 67].flatMap((classes) => atEdges(name, classes, options));

  forEachVariant((losses) => {
    it("agree with the exact value in every lane", () => {
      for (const { given, exact, what } of batches) {
        expectWithin(name, lossOf(losses, name), given, `${given.classes} classes, ${what}`, exact, options);
      }
    });
  });
});

/** The losses in which a negative class at +∞ has the gradient 1, and those at -∞ as positives -1. */
const BOUNDLESS = [
  "zlpr",
  "zlprJoint",
  "lsep",
  "sigmoidCrossEntropy",
  "softmaxCrossEntropy",
  "combinatorialSoftmax",
  "focal",
] as const;

/** Those of them whose classes do not compete. */
const SINGLE: readonly LossName[] = ["sigmoidCrossEntropy", "focal"];

describe.each(names)("infinite scores of %s", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it("a negative at -∞ counts for nothing, and its gradient is +0, in every lane", () => {
      for (const classes of [2, 3, 5, 9, 17, 67]) {
        for (let lane = 0; lane < classes; lane++) {
          const given = exampleFor(name, 1, classes - 1, 3, classes);
          given.labels[0] = 1;
          const labels = suitedLabels(name, given.labels, classes - 1);
          const insert = <T>(values: Iterable<T>, value: T) => [...values].toSpliced(lane, 0, value);
          const scores = Float32Array.from(insert(given.logits, -Infinity));
          const marks = Uint8Array.from(insert(labels, 0));
          const got = loss(scores, marks, { classes, ...CALL });
          expect(Object.is(got.grad[lane], 0)).toBe(true);
          const rest = { loss: got.loss, grad: Float32Array.from([...got.grad].toSpliced(lane, 1)) };
          const exact = expected(name, { rows: 1, classes: classes - 1, logits: given.logits, labels });
          const most = worst(rest, exact);
          expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
          expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
        }
      }
    });

    it("a positive at +∞: its term is 0", () => {
      const scores = Float32Array.of(0.5, Infinity, -1);
      expectWithin(name, loss, { rows: 1, classes: 3, logits: scores, labels: Uint8Array.of(0, 1, 0) });
      const one = loss(Float32Array.of(Infinity), Uint8Array.of(1), { classes: 1, ...CALL });
      expect(Array.from(one.loss)).toEqual([0]);
      expect(Math.abs(one.grad[0]!)).toBe(0);
    });
  });
});

describe.each(BOUNDLESS)("infinite scores of %s", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it("a negative at +∞: loss +∞, gradient 1 there", () => {
      for (const classes of [2, 4, 5, 19, 66]) {
        for (let lane = 1; lane < classes; lane++) {
          const logits = new Float32Array(classes);
          logits[lane] = Infinity;
          const labels = new Uint8Array(classes);
          labels[0] = 1;
          const got = loss(logits, labels, { classes, ...CALL });
          expect(got.loss[0]).toBe(Infinity);
          expect(got.grad[lane]).toBe(1);
          // 0 on the other negatives, where classes compete.
          if (SINGLE.includes(name)) continue;
          for (let i = 1; i < classes; i++) if (i !== lane) expect(Object.is(got.grad[i], 0)).toBe(true);
        }
      }
    });

    it("two of them: those gradients NaN, where classes compete", () => {
      if (SINGLE.includes(name)) {
        const logits = Float32Array.of(Infinity, 0, Infinity);
        const given = { rows: 1, classes: 3, logits, labels: new Uint8Array(3) };
        const got = loss(logits, given.labels, { classes: 3, ...CALL });
        expect([got.loss[0], got.grad[0], got.grad[2]]).toEqual([Infinity, 1, 1]);
        expectWithin(name, loss, given);
        return;
      }
      for (const classes of [3, 4, 5, 19, 66]) {
        const logits = new Float32Array(classes);
        logits[classes - 2] = Infinity;
        logits[classes - 1] = Infinity;
        const labels = new Uint8Array(classes);
        labels[0] = 1;
        const got = loss(logits, labels, { classes, ...CALL });
        expect(got.loss[0]).toBe(Infinity);
        expect(Array.from(got.grad.subarray(classes - 2))).toEqual([NaN, NaN]);
        for (let i = 1; i < classes - 2; i++) expect(Object.is(got.grad[i], 0)).toBe(true);
      }
    });

    it("a positive at -∞: loss +∞, gradient -1", () => {
      for (const classes of [2, 4, 5, 19, 66]) {
        for (let lane = 0; lane < classes; lane++) {
          const { logits, labels } = withPositiveAtMinusInfinity(classes, lane);
          const got = loss(logits, labels, { classes, ...CALL });
          expect(got.loss[0]).toBe(Infinity);
          expect(got.grad[lane]).toBe(-1);
          expectWithin(name, loss, { rows: 1, classes, logits, labels });
        }
      }
    });
  });
});

describe("infinite scores of asymmetric", () => {
  const lengths = [2, 4, 5, 19, 66];

  forEachVariant((losses) => {
    const loss = lossOf(losses, "asymmetric");

    it("a negative at +∞: the most that a class can cost above the margin, and gradient +0", () => {
      for (const options of [{}, { margin: 0.3, gammaNegative: 1 }, { margin: 0.5, gammaNegative: 2.5 }]) {
        for (const classes of lengths) {
          for (let lane = 0; lane < classes; lane++) {
            const logits = Float32Array.from({ length: classes }, (_, i) => (i % 5) - 2);
            logits[lane] = Infinity;
            const given = { rows: 1, classes, logits, labels: new Uint8Array(classes) };
            expect(
              Object.is(loss(logits, given.labels, { classes, ...CALL, ...options }).grad[lane], 0),
            ).toBe(true);
            expectWithin("asymmetric", loss, given, "", undefined, options);
          }
        }
      }
    });

    it("without a margin: loss +∞, gradient 1", () => {
      for (const classes of lengths) {
        const logits = new Float32Array(classes);
        logits[classes - 1] = Infinity;
        const options = { margin: 0 };
        const labels = new Uint8Array(classes);
        const got = loss(logits, labels, { classes, ...CALL, ...options });
        expect([got.loss[0], got.grad[classes - 1]]).toEqual([Infinity, 1]);
        expectWithin("asymmetric", loss, { rows: 1, classes, logits, labels }, "", undefined, options);
      }
    });

    it("a positive at -∞: loss +∞, gradient -1", () => {
      for (const classes of lengths) {
        for (let lane = 0; lane < classes; lane++) {
          const { logits, labels } = withPositiveAtMinusInfinity(classes, lane);
          const got = loss(logits, labels, { classes, ...CALL });
          expect([got.loss[0], got.grad[lane]]).toEqual([Infinity, -1]);
          expectWithin("asymmetric", loss, { rows: 1, classes, logits, labels });
        }
      }
    });
  });
});

describe("softmaxCrossEntropy of a row all -∞", () => {
  forEachVariant((losses) => {
    it("is NaN", () => {
      for (const classes of [1, 2, 5, 66]) {
        const logits = new Float32Array(classes).fill(-Infinity);
        for (const labels of [
          Int32Array.of(0),
          new Uint8Array(classes).fill(1, 0, 1),
          new Float32Array(classes).fill(1, 0, 1),
        ]) {
          const { loss, grad } = lossOf(losses, "softmaxCrossEntropy")(logits, labels, { classes, ...CALL });
          expect(loss[0]).toBeNaN();
          expect(grad.every(Number.isNaN)).toBe(true);
        }
      }
    });
  });
});

describe.each(softNames)("infinite scores of %s with soft labels", (name) => {
  forEachVariant((losses) => {
    it("give the limit where there is one, else NaN, in every lane", () => {
      for (const classes of [2, 4, 5, 19]) {
        for (let lane = 0; lane < classes; lane++) {
          for (const score of [Infinity, -Infinity, NaN]) {
            const random = uniform(lane);
            const logits = Float32Array.from({ length: 2 * classes }, () => 4 * random() - 2);
            const labels = Float32Array.from({ length: 2 * classes }, () => random());
            logits[lane] = score;
            expectWithin(name, lossOf(losses, name), { rows: 2, classes, logits, labels }, `${score},`);
            expect(lossOf(losses, name)(logits, labels, { classes, ...CALL }).loss[1]).toBeLessThan(Infinity);
          }
        }
      }
    });
  });

  it("as the reference says", () => {
    const logits = Float32Array.of(Infinity, 0);
    expect(referenceOf(name)(logits, Float32Array.of(0, 1), { classes: 2 }).loss).toBe(Infinity);
  });
});
