import { describe, expect, it } from "vitest";
import { bestThreshold } from "../src/index.ts";
import { ThresholdSearch } from "../src/predict/thresholdSearch.ts";
import { effort } from "./support/effort.ts";
import { toSparse } from "./support/labels.ts";
import { type Example, example, uniform } from "./support/random.ts";

/* The search over scores that are read several times has to find what `bestThreshold` finds in memory. */

const MOST_PASSES = 20;

function search({ logits, labels, classes }: Example, chunk: number, isSparse = false) {
  const search = new ThresholdSearch(classes);
  let passes = 0;
  do {
    expect(++passes).toBeLessThan(MOST_PASSES);
    for (let from = 0; from < logits.length; from += chunk * classes) {
      const some = labels.subarray(from, from + chunk * classes);
      search.add(logits.subarray(from, from + chunk * classes), isSparse ? toSparse(some, classes) : some);
    }
  } while (search.endPass());
  return { ...search.result(), passes };
}

/** Returns in how many passes it was found. */
function check(data: Example, chunk = 7): number {
  const { passes, ...found } = search(data, chunk);
  expect(found).toEqual(bestThreshold(data.logits, data.labels, { classes: data.classes }));
  return passes;
}

/** Scores that say something about the labels, so that the best threshold lies among them. */
function informed(rows: number, classes: number, spread: number, seed: number): Example {
  const data = example(rows, classes, spread, seed);
  for (let i = 0; i < data.logits.length; i++) data.logits[i]! += 1.5 * spread * (data.labels[i]! - 0.5);
  return data;
}

describe("ThresholdSearch finds what bestThreshold finds", () => {
  it.each(effort([1, 2, 3, 4, 5, 6], [1]))(
    "in random scores, spread and sizes drawn with seed %d",
    (seed) => {
      const random = uniform(seed);
      for (let i = 0; i < effort(60, 3); i++) {
        const rows = 1 + Math.floor(random() * 60);
        const classes = 1 + Math.floor(random() * 12);
        const spread = 10 ** Math.floor(random() * 6 - 3);
        check(informed(rows, classes, spread, seed * 1000 + i), 1 + Math.floor(random() * rows));
        check(example(rows, classes, spread, seed * 1000 + i));
      }
    },
  );

  it.each(effort([1, 2, 3], [1]))(
    "with ties, infinities, NaN, zeros of both signs and the extremes, seed %d",
    (seed) => {
      const random = uniform(seed);
      const specials = [
        NaN,
        Infinity,
        -Infinity,
        0,
        -0,
        -3.4028234663852886e38,
        3.4028234663852886e38,
        1e-45,
      ];
      for (let i = 0; i < effort(100, 6); i++) {
        const data = informed(1 + (i % 9), 1 + (i % 5), 1, seed * 1000 + i);
        const share = random();
        for (let at = 0; at < data.logits.length; at++) {
          const special = specials[Math.floor(random() * specials.length)]!;
          data.logits[at] = random() < share ? special : Math.round(data.logits[at]! * 2) / 2;
        }
        check(data, 2);
      }
    },
  );

  it.each(effort([1, 2, 3], [1]))("in scores that crowd in a few bins, seed %d", (seed) => {
    for (let i = 0; i < effort(100, 6); i++) {
      const data = informed(40, 3, 1, seed * 1000 + i);
      check({ ...data, logits: data.logits.map((score) => 1 + score / 200) });
    }
  });

  // And in how many passes: one tells what no second one has to.
  it.each<[string, number[], number[], number]>([
    ["no positives", [1, -2, 3, 0], [0, 0, 0, 0], 2],
    ["no negatives", [1, -2, 3, 0], [1, 1, 1, 1], 2],
    ["nothing but NaN", [NaN, NaN], [1, 0], 1],
    ["nothing but +∞", [Infinity, Infinity], [1, 0], 2],
    ["+∞ for a negative alone", [Infinity, 1], [0, 1], 2],
    ["nothing but +∞, for negatives", [Infinity, Infinity], [0, 0], 2],
    ["+∞ and no positives", [Infinity, 3, 1], [0, 0, 0], 2],
    ["+∞, and a positive that exceeds no threshold", [Infinity, 3, NaN], [0, 0, 1], 2],
    ["nothing but -∞", [-Infinity, -Infinity], [1, 0], 1],
    ["one score", [0.25], [1], 2],
    ["equal scores", [0.5, 0.5, 0.5], [1, 0, 1], 2],
    ["neighbouring float32", [1, 1 + 2 ** -23, 1 + 2 ** -22], [0, 1, 1], 2],
    ["a gap across zero", [-1e-45, 1e-45, 0], [0, 1, 0], 2],
    ["two equally good thresholds", [4, 3, 2, 1], [1, 0, 0, 1], 2],
    ["a first score that decides", [4, 1, 0.5, -3], [1, 0, 0, 1], 2],
    ["the best in the last bin", [4, 3, -2, -3], [0, 1, 1, 1], 2],
    ["the best below a bin of several", [4, 4.001, 4.002, -3], [1, 0, 1, 1], 2],
    ["the best in the middle of a bin", [4.003, 4.002, 4.001, 4], [1, 1, 0, 0], 2],
    ["a bin between the best and the next", [4, 4.001, 2, -1], [1, 1, 0, 0], 2],
  ])("with %s", (_, scores, labels, passes) => {
    const logits = Float32Array.from(scores);
    for (const [rows, classes] of [
      [scores.length, 1],
      [1, scores.length],
    ] as const) {
      expect(check({ rows, classes, logits, labels: Uint8Array.from(labels) })).toBe(passes);
    }
  });

  it("where more bins can win than one pass counts", () => {
    // 100 hits of 200 positives: F1 is 2/3. A hit with two misses leaves it there, so that each of 100 bins could raise it.
    const scores = Array.from({ length: 100 }, () => 1024);
    const targets = scores.map(() => 1);
    for (let i = 1; i <= 100; i++) {
      scores.push(...[0, 1, 2].map((k) => 2 ** -i * (1 + k * 2 ** -20)));
      targets.push(0, 1, 0);
    }
    const [logits, labels] = [Float32Array.from(scores), Uint8Array.from(targets)];
    const data = { rows: logits.length, classes: 1, logits, labels };
    expect(check(data, 1000)).toBe(3);
  });

  it("in two passes where of many bins few can win", () => {
    // 100 hits of 220 positives, then 120 bins of a hit with nine misses: only the first could raise F1.
    const scores = Array.from({ length: 100 }, () => 1024);
    const targets = scores.map(() => 1);
    for (let i = 0; i < 120; i++) {
      scores.push(...Array.from({ length: 10 }, (_, k) => 510 - 2 * i + k / 16));
      targets.push(...Array.from({ length: 10 }, (_, k) => Number(k === 9)));
    }
    const [logits, labels] = [Float32Array.from(scores), Uint8Array.from(targets)];
    expect(check({ rows: logits.length, classes: 1, logits, labels }, 1000)).toBe(2);
  });

  it("in two passes, as a rule", () => {
    expect(check(informed(2000, 20, 3, 9), 100)).toBe(2);
  });

  it("with sparse labels", () => {
    const data = informed(40, 6, 1, 10);
    expect(search(data, 9, true)).toEqual(search(data, 9));
  });
});
