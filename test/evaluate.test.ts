import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  aboveThreshold,
  bestThreshold,
  type Evaluation,
  evaluate,
  type ThresholdMetric,
  topK,
} from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { lists, toSparse } from "./support/labels.ts";
import { type Example, example, uniform } from "./support/random.ts";

/** A case as test/golden/evaluate.py stores it. */
interface GoldenCase {
  name: string;
  classes: number;
  threshold: number;
  scores: string;
  labels: string;
  measures: Evaluation;
}

const golden: GoldenCase[] = JSON.parse(
  readFileSync(new URL("golden/evaluate.json", import.meta.url), "utf8"),
);

const METRICS: ThresholdMetric[] = ["microF1", "macroF1", "samplesF1"];

/** Measures are sums of up to thousands of ratios. */
function expectClose(got: object, expected: object): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(got[name as never] - value), name).toBeLessThanOrEqual(1e-13 * Math.max(1, value));
  }
}

/** Rounds the scores to a grid, so that many are equal, and puts some of these among them. */
function tie({ logits, ...rest }: Example, specials: number[], seed: number): Example {
  const random = uniform(seed);
  const tied = logits.map((score) => {
    const special = specials[Math.floor(random() * 10 * specials.length)];
    return special ?? Math.round(score * 2) / 2;
  });
  return { ...rest, logits: tied };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The rankings by their definitions, pair by pair, of a list of rows (or of columns). */
function naiveRanking(scores: number[], labels: number[]) {
  const known = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  const positives = [...known.keys()].filter((i) => labels[i] === 1);
  const negatives = [...known.keys()].filter((i) => labels[i] === 0);
  const reach = (list: number[], i: number) => list.filter((j) => known[j]! >= known[i]!).length;
  const all = [...known.keys()];
  const isRanked = positives.length > 0 && negatives.length > 0;
  const best = Math.max(...scores.filter((score) => !Number.isNaN(score)));
  return {
    precision: mean(positives.map((i) => reach(positives, i) / reach(all, i))),
    loss: isRanked
      ? positives.reduce((wrong, i) => wrong + reach(negatives, i), 0) / positives.length / negatives.length
      : 0,
    coverage: Math.max(0, ...positives.map((i) => reach(all, i))),
    oneError: Number(labels[scores.indexOf(best)] !== 1),
    isRanked,
  };
}

function naive({ rows, classes, logits, labels }: Example) {
  const along = (list: Iterable<number>, keep: (i: number) => boolean) => [...list].filter((_, i) => keep(i));
  const ofRows = Array.from({ length: rows }, (_, row) => {
    const keep = (i: number) => Math.floor(i / classes) === row;
    return naiveRanking(along(logits, keep), along(labels, keep));
  });
  const ofClasses = Array.from({ length: classes }, (_, c) => {
    const keep = (i: number) => i % classes === c;
    return naiveRanking(along(logits, keep), along(labels, keep));
  });
  return {
    averagePrecision: mean(ofRows.map((row) => (row.isRanked ? row.precision : 1))),
    rankingLoss: mean(ofRows.map((row) => row.loss)),
    coverageError: mean(ofRows.map((row) => row.coverage)),
    oneError: mean(ofRows.map((row) => row.oneError)),
    macroAveragePrecision: mean(ofClasses.map(({ precision }) => (Number.isNaN(precision) ? 0 : precision))),
  };
}

describe("evaluate", () => {
  it.each(golden)("agrees with scikit-learn: $name", ({ classes, threshold, scores, labels, measures }) => {
    const logits = Float32Array.from(scores.split(" "), Number);
    const dense = Uint8Array.from(labels, Number);
    const got = evaluate(logits, dense, { classes, threshold });
    expectClose(got, measures);
    expect(evaluate(logits, toSparse(dense, classes), { classes, threshold })).toEqual(got);
    expect(evaluate(logits, toSparse(dense, classes, Uint32Array), { classes, threshold })).toEqual(got);
  });

  it.each([
    [7, 1],
    [1, 9],
    [40, 6],
    [6, 61],
    [70, 40],
  ])("ranks as the definitions do, ties, infinities and NaN included: %d × %d", (rows, classes) => {
    for (const specials of [[], [NaN], [-Infinity], [NaN, -Infinity, Infinity, 0, -0]]) {
      const data = tie(example(rows, classes, 1, rows), specials, classes);
      const expected = naive(data);
      const measures = Object.entries(evaluate(data.logits, data.labels, { classes }));
      expectClose(Object.fromEntries(measures.filter(([name]) => name in expected)), expected);
    }
  });

  it("takes NaN for the worst score", () => {
    const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);
    const withNaN = new Float32Array([NaN, -1, 2, NaN, 1, NaN]);
    const withInfinity = withNaN.map((score) => (Number.isNaN(score) ? -Infinity : score));
    expect(evaluate(withNaN, labels, { classes: 3 })).toEqual(evaluate(withInfinity, labels, { classes: 3 }));
  });

  it("counts a row of only NaN as an error, even where its first class is positive", () => {
    const measures = evaluate(new Float32Array([NaN, NaN]), new Uint8Array([1, 0]), { classes: 2 });
    expect(measures).toMatchObject({ oneError: 1, rankingLoss: 1, coverageError: 2, averagePrecision: 0.5 });
  });

  it.each<[string, number[], number[], number]>([
    ["of only NaN, whatever its labels and those before it", [1, 2, NaN, NaN], [0, 1, 1, 1], 0.5],
    ["of only -∞ by its first class", [-Infinity, -Infinity, -Infinity, -Infinity], [1, 0, 0, 1], 0.5],
    ["of NaN and -∞ by the class that has a score", [NaN, -Infinity, -Infinity, NaN], [0, 1, 1, 0], 0],
    ["of equal scores by the first class", [3, 3, 3, 3], [1, 0, 0, 1], 0.5],
  ])("counts a row %s in the one-error", (_, scores, labels, oneError) => {
    const measures = evaluate(Float32Array.from(scores), Uint8Array.from(labels), { classes: 2 });
    expect(measures.oneError).toBe(oneError);
  });

  it("has its one-error from the class that topK gives", () => {
    const { logits, labels, classes, rows } = tie(example(50, 8, 1, 3), [NaN, -Infinity], 4);
    const wrong = lists(topK(logits, { classes, k: 1 })).filter(
      ([c], row) => c === undefined || labels[row * classes + c] !== 1,
    );
    expect(evaluate(logits, labels, { classes }).oneError).toBe(wrong.length / rows);
  });

  it("finds what aboveThreshold predicts without a fault", () => {
    const { logits, classes } = tie(example(20, 30, 1, 5), [NaN, Infinity], 6);
    const predicted = aboveThreshold(logits, { classes, threshold: 0.5 });
    const measures = evaluate(logits, predicted, { classes, threshold: 0.5 });
    expect(measures).toMatchObject({ microF1: 1, subsetAccuracy: 1, hammingLoss: 0 });
  });

  it("does not depend on the order of sparse labels, and leaves its arguments as they are", () => {
    const logits = new Float32Array([1, 5, -2, 3, 0.5, -1]);
    const indices = new Int32Array([2, 0, 1]);
    const labels = { offsets: new Uint32Array([0, 2, 3]), indices };
    const before = structuredClone({ logits, labels });
    const got = evaluate(logits, labels, { classes: 3 });
    expect({ logits, labels }).toEqual(before);
    expect(got).toEqual(
      evaluate(logits, { ...labels, indices: indices.with(0, 0).with(1, 2) }, { classes: 3 }),
    );
  });
});

/** All thresholds that part the scores, and one below and above them all. */
function thresholds(logits: Float32Array): number[] {
  const finite = [...new Set(logits)].filter(Number.isFinite);
  return [...finite, ...finite.map((score) => score - 0.01), 0];
}

describe("bestThreshold", () => {
  describe.each(METRICS)("%s", (metric) => {
    it.each([
      [1, 1],
      [1, 12],
      [12, 1],
      [9, 7],
      [5, 40],
      [40, 5],
    ])("is the best of all thresholds: %d × %d", (rows, classes) => {
      for (let seed = 0; seed < effort(12, 4); seed++) {
        const specials = [[], [NaN, -Infinity], [Infinity], [NaN, Infinity, -Infinity, 0, -0]][seed % 4]!;
        const { logits, labels } = tie(example(rows, classes, 1, seed), specials, seed);
        const best = bestThreshold(logits, labels, { classes, metric });
        const values = thresholds(logits).map(
          (t) => evaluate(logits, labels, { classes, threshold: t })[metric],
        );
        expect(best.value).toBeGreaterThanOrEqual(Math.max(...values) - 1e-14);
        expect(best.value).toBe(evaluate(logits, labels, { classes, threshold: best.threshold })[metric]);
        expect(bestThreshold(logits, toSparse(labels, classes), { classes, metric })).toEqual(best);
        expect(best.threshold).toBe(Math.fround(best.threshold));
      }
    });

    it("of equally good thresholds is the highest", () => {
      for (let seed = 0; seed < 20; seed++) {
        const { logits, labels, classes } = tie(example(4, 3, 1, seed), [], seed);
        const { threshold, value } = bestThreshold(logits, labels, { classes, metric });
        for (const t of thresholds(logits)) {
          if (logits.every((score) => score > t === score > threshold)) continue;
          if (t < threshold) continue;
          expect(evaluate(logits, labels, { classes, threshold: t })[metric]).toBeLessThan(value);
        }
      }
    });

    it("exceeds nothing where there is nothing to find", () => {
      const logits = new Float32Array([1, -2, 3, 0]);
      const best = bestThreshold(logits, new Uint8Array(4), { classes: 2, metric });
      expect(best).toEqual({ threshold: 3, value: 0 });
    });
  });

  it("lies in the middle between two scores", () => {
    const logits = new Float32Array([3, 2, -1, -4]);
    expect(bestThreshold(logits, new Uint8Array([1, 1, 0, 0]), { classes: 2 })).toEqual({
      threshold: 0.5,
      value: 1,
    });
  });

  it("parts neighbouring float32 numbers, of any size", () => {
    const bits = new Uint32Array(1);
    const score = new Float32Array(bits.buffer);
    const next = (from: number, steps: number) => {
      score[0] = from;
      bits[0]! += steps;
      return score[0]!;
    };
    const largest = (2 - 2 ** -23) * 2 ** 127;
    const pairs = [
      [1, next(1, 1)],
      [next(1, -1), 1],
      [next(-1, 1), -1],
      [next(100.7, 0), next(100.7, 1)],
      [next(100.7, 1), next(100.7, 2)],
      [0, 2 ** -149],
      [-0, 2 ** -149],
      [-(2 ** -149), 0],
      [-(2 ** -149), -0],
      [-(2 ** -148), 2 ** -149],
      [next(largest, -1), largest],
      [-largest, largest],
      [-largest, -next(largest, -1)],
      [largest, Infinity],
      [-Infinity, -next(largest, -1)],
      [-Infinity, Infinity],
      [NaN, 0],
      [NaN, -0],
      [NaN, Infinity],
    ];
    for (const [lower, upper] of pairs) {
      const logits = new Float32Array([lower!, upper!]);
      expect(logits[1]).toBe(upper);
      const { threshold, value } = bestThreshold(logits, new Uint8Array([0, 1]), { classes: 2 });
      expect(value, `${lower} ${upper}`).toBe(1);
      // As a user with float32 arrays compares them.
      const stored = new Float32Array([threshold])[0]!;
      expect(Number.isFinite(stored)).toBe(true);
      expect(Object.is(stored, -0)).toBe(false);
      expect([logits[0]! > stored, logits[1]! > stored]).toEqual([false, true]);
    }
  });

  it("predicts all classes if all are positive", () => {
    for (const lowest of [-5, 0, 2 ** -149, 7]) {
      const logits = new Float32Array([lowest, 9, lowest]);
      const best = bestThreshold(logits, new Uint8Array([1, 1, 1]), { classes: 3 });
      expect(best.value).toBe(1);
      expect(best.threshold).toBeLessThan(lowest);
    }
  });

  it("can exceed neither NaN nor -∞ nor the lowest float32, and not fall short of +∞", () => {
    const lowest = -(2 - 2 ** -23) * 2 ** 127;
    const logits = new Float32Array([NaN, -Infinity, lowest, Infinity]);
    const best = bestThreshold(logits, new Uint8Array([1, 1, 1, 0]), { classes: 4 });
    expect(best).toEqual({ threshold: -lowest, value: 0 });
    const unreachable = bestThreshold(logits.subarray(0, 3), new Uint8Array([1, 1, 1]), { classes: 3 });
    expect(unreachable).toEqual({ threshold: 0, value: 0 });
    const none = bestThreshold(new Float32Array([Infinity, 2, 1]), new Uint8Array([0, 1, 0]), { classes: 3 });
    expect(none).toEqual({ threshold: 1.5, value: 2 / 3 });
  });

  it.each([10, 100, 1000, 3000])("is not led astray by rounding in a long sum: %d groups", (groups) => {
    // In every group F1 is 2/3, 1/2, 2/5 and 2/3 again. Of equal values the first is the best.
    const logits = Float32Array.from({ length: groups * 4 }, (_, i) => 3 - (i % 4));
    const labels = Uint8Array.from({ length: groups * 4 }, (_, i) => Number(i % 4 === 0 || i % 4 === 3));
    const best = bestThreshold(logits, labels, { classes: 4, metric: "samplesF1" });
    expect(best.threshold).toBe(2.5);
    expect(best.value).toBeCloseTo(2 / 3, 12);
  });
});

describe("the example in the documentation of", () => {
  const logits = new Float32Array([2, -1, 0.5, -3, -1, 1]);
  const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);
  const measures: [string, () => object][] = [
    ["evaluate", () => evaluate(logits, labels, { classes: 3 })],
    ["bestThreshold", () => bestThreshold(logits, labels, { classes: 3 })],
  ];
  it.each(measures)("%s", (name, measure) => {
    const result = measure();
    const source = readFileSync(new URL(`../src/predict/${name}.ts`, import.meta.url), "utf8");
    const line = /\/\/ (\w+ [\d.]+…?, .*)/.exec(source)?.[1] ?? "";
    expect(line).not.toBe("");
    for (const part of line.split(", ")) {
      const [measure = "", printed = ""] = part.split(" ");
      const value = String(result[measure as never]);
      if (printed.endsWith("…")) expect(value.startsWith(printed.slice(0, -1))).toBe(true);
      else expect(value).toBe(printed);
    }
  });
});
