import { Decimal } from "decimal.js";
import { cases as common, scattered } from "../cases.ts";
import { type ExactRow, exp, log1p, ONE, optionOf, sum, ZERO } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";
import { rowThresholds } from "./zlpr.ts";

/*
 * Both forms are log Σ_A e^(Σ_A z) - Σ_P z over some sets A of classes: those of k classes, or those of at most K.
 * The best of them, T, is taken out of the sum: every other A leaves out some classes of T and takes in some others. With a
 * score c that parts T from the rest, leaving one out costs a factor e^(c - z) ≤ 1, and so does taking one in, e^(z - c). All
 * terms are positive, so that no digit is lost, and none is large.
 */

/** The largest float64 is e^709.8. */
const LARGEST_LOG64 = 709;

/** The elementary symmetric polynomials e_0 … e_most of the first 0, 1, … all of the numbers. */
function symmetric(x: Decimal[], most: number): Decimal[][] {
  const rows = [[ONE, ...new Array<Decimal>(most).fill(ZERO)]];
  for (const xi of x) {
    const e = rows[rows.length - 1]!;
    rows.push(e.map((ej, j) => (j === 0 ? ej : ej.plus(xi.times(e[j - 1]!)))));
  }
  return rows;
}

/**
 * With the sum over all subsets U of Π_U x · y[|U|]: for each number, the part of the subsets that contain it, and the part
 * of the others.
 */
function partsOf(x: Decimal[], y: Decimal[]): { inside: Decimal[]; outside: Decimal[] } {
  const before = symmetric(x, y.length - 1);
  const total = dot(before[x.length]!, y);
  const inside: Decimal[] = [];
  const outside: Decimal[] = [];
  // What the numbers from i on make of y, as a function of the number of those taken before i.
  let after = y;
  for (let i = x.length - 1; i >= 0; i--) {
    const taken = [...after.slice(1), ZERO].map((value) => value.times(x[i]!));
    inside[i] = dot(before[i]!, taken).div(total);
    outside[i] = dot(before[i]!, after).div(total);
    after = after.map((value, j) => value.plus(taken[j]!));
  }
  return { inside, outside };
}

function dot(x: Decimal[], y: Decimal[]): Decimal {
  return sum(x.map((xi, i) => xi.times(y[i]!)));
}

/** log e_k(e^s) - Σ_P s with k = |P|; with `maxLabels` K, log Σ_{j ≤ K} e_j(e^z) - Σ_P z of z = s - threshold */
export function row(
  scores: Decimal[],
  targets: Decimal[],
  { maxLabels, threshold = 0 }: OwnOptions,
): ExactRow {
  const isPositive = targets.map((t) => !t.isZero());
  const k = isPositive.filter(Boolean).length;
  const isPadded = maxLabels !== undefined;
  const z = scores.map((s) => s.minus(optionOf(threshold, 0)));

  const order = z.map((_, i) => i).sort((i, j) => z[j]!.cmp(z[i]!) || i - j);
  const size = isPadded ? Math.min(maxLabels, z.filter((x) => x.gt(0)).length) : k;
  const [best, rest] = [order.slice(0, size), order.slice(size)];
  const edge = z[rest[0] ?? best[size - 1]!]!;
  const c = isPadded ? Decimal.max(0, edge) : edge;
  const a = best.map((i) => exp(c.minus(z[i]!)));
  const b = rest.map((i) => exp(z[i]!.minus(c)));

  // The factor of the sets that leave out u classes of T and take in v others, besides those of the classes.
  const most = isPadded ? maxLabels : k;
  const factor = (u: number, v: number) => {
    if (isPadded) return size - u + v <= most ? exp(c.times(v - u)) : ZERO;
    return u === v ? ONE : ZERO;
  };
  const ofA = symmetric(a, isPadded ? size : Math.min(size, rest.length))[a.length]!;
  const ofB = symmetric(b, Math.min(rest.length, most))[b.length]!;
  const factorsOfA = ofA.map((_, u) => ofB.map((_, v) => factor(u, v)));
  const factorsOfB = ofB.map((_, v) => ofA.map((_, u) => factor(u, v)));
  const takenIn = factorsOfA.map((factors) => dot(ofB, factors));
  const leftOut = factorsOfB.map((factors) => dot(ofA, factors));
  const partsA = partsOf(a, takenIn);
  const partsB = partsOf(b, leftOut);
  // All sets but T itself.
  const others = sum([dot(ofB.slice(1), factorsOfA[0]!.slice(1)), dot(ofA.slice(1), takenIn.slice(1))]);
  const grad: Decimal[] = [];
  best.forEach((i, at) => {
    grad[i] = isPositive[i] ? partsA.inside[at]!.neg() : partsA.outside[at]!;
  });
  rest.forEach((i, at) => {
    grad[i] = isPositive[i] ? partsB.outside[at]!.neg() : partsB.inside[at]!;
  });
  const gap = sum([
    ...best.filter((i) => !isPositive[i]).map((i) => z[i]!),
    ...rest.filter((i) => isPositive[i]).map((i) => z[i]!.neg()),
  ]);
  const logOthers = log1p(others);
  return {
    loss: gap.plus(logOthers),
    grad,
    // Float64 has only logarithms of sums of that size, and a rounding error of them is as many times that of 1.
    gradTerms: logOthers.gt(LARGEST_LOG64) ? grad.map((g) => g.abs().times(logOthers)) : undefined,
  };
}

/** Labels for a row of scores: of its `k` greatest, of its `k` least, or of every so many one. */
function labelled(scores: number[], k: number, which: "greatest" | "least" | "spread"): number[] {
  const order = scores.map((_, i) => i).sort((i, j) => scores[j]! - scores[i]! || i - j);
  if (which === "least") order.reverse();
  const positive = new Set(
    which === "spread"
      ? Array.from({ length: k }, (_, i) => Math.floor((i * scores.length) / k))
      : order.slice(0, k),
  );
  return scores.map((_, i) => Number(positive.has(i)));
}

function scoresOf(classes: number, spread: number, center = 0): number[] {
  return scattered({ classes, spread, seed: 1800 + classes, center }).scores;
}

const WHICH = ["greatest", "least", "spread"] as const;

const everyK: Case[] = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((k) =>
  WHICH.map((which) => ({
    name: `${k} of 8, ${which}`,
    reason: "every number of positive classes; all right, all wrong, or mixed",
    scores: scoresOf(8, 4),
    labels: labelled(scoresOf(8, 4), k, which),
  })),
);

const spreads: Case[] = [1, 5, 10, 30, 100].flatMap((spread) =>
  WHICH.map((which) => ({
    name: `6 of 24, spread ${spread}, ${which}`,
    reason: "from many sets that count to one",
    scores: scoresOf(24, spread),
    labels: labelled(scoresOf(24, spread), 6, which),
  })),
);

const TIES: [string, number[]][] = [
  ["at the edge", [3, 1, 1, 1, 1, -2, -3]],
  ["of all", [0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]],
  ["of large scores", [90, 90, 90, -90, -90, -90, 90]],
  ["of two values", [1, -1, 1, -1, 1, -1, 1]],
];

const ties: Case[] = TIES.flatMap(([what, numbers]) =>
  [1, 3, 4, 6].map((k) => ({
    name: `ties ${what}, ${k} of 7`,
    reason: "which classes are the best is not definite, and must not matter",
    scores: numbers.map(Math.fround),
    labels: labelled(numbers, k, "spread"),
  })),
);

const LARGE: [number, number, number, string][] = [
  [50, 10, 5, "Newton's identities lose all digits of float64"],
  [50, 10, 9, "the same with a deviation of 5"],
  [100, 50, 5, "as many in as out"],
  [200, 100, 1, "1e59 sets: more than float32 can count"],
  [1000, 10, 5, "many classes, few positives"],
];

const large: Case[] = LARGE.map(([classes, k, spread, reason]) => ({
  name: `${k} of ${classes}, spread ${spread}`,
  reason,
  scores: scoresOf(classes, spread),
  labels: labelled(scoresOf(classes, spread), k, "spread"),
}));

const uncountable: Case = {
  name: "550 of 1100 equal scores",
  reason: "1e330 sets: more than float64 can count",
  scores: new Array<number>(1100).fill(0.5),
  labels: Array.from({ length: 1100 }, (_, i) => i % 2),
};

const hugeAll: Case = {
  name: "3 of 3, huge scores",
  reason: "no class is left to swap with",
  scores: [3.4e38, -3.4e38, 1].map(Math.fround),
  labels: [1, 1, 1],
};

const padded: Case[] = [1, 2, 3, 6].flatMap((maxLabels) =>
  [0, 1.5, -50].flatMap((threshold) =>
    [1, 10, 100].map((spread) => ({
      name: `at most ${maxLabels} of 6, threshold ${threshold}, spread ${spread}`,
      reason: "from one to all; more and fewer scores above the threshold than may be positive",
      scores: scoresOf(6, spread, threshold),
      labels: labelled(scoresOf(6, spread, threshold), Math.min(2, maxLabels), "spread"),
      options: { maxLabels, threshold },
    })),
  ),
);

const noPositives: Case[] = [1, 10, 100].map((spread) => ({
  name: `at most 4 of 9, none positive, spread ${spread}`,
  reason: "the padded form has no need of a positive class",
  scores: scoresOf(9, spread),
  labels: new Array<number>(9).fill(0),
  options: { maxLabels: 4 },
}));

const farThreshold: Case[] = [40, -40].flatMap((threshold) =>
  [1, 3, 7].map((maxLabels) => ({
    name: `at most ${maxLabels} of 7, threshold ${threshold}, scores around 0`,
    reason: "all scores above the threshold, or none",
    scores: scoresOf(7, 5),
    labels: labelled(scoresOf(7, 5), 1, "greatest"),
    options: { maxLabels, threshold },
  })),
);

const largePadded: Case[] = (
  [
    [50, 10, 5, 0],
    [100, 50, 5, 0],
    [100, 20, 5, 0],
    [1000, 10, 5, -5],
  ] as const
).map(([classes, maxLabels, spread, center]) => ({
  name: `at most ${maxLabels} of ${classes}, spread ${spread} around ${center}`,
  reason: "many sets of many sizes",
  scores: scoresOf(classes, spread, center),
  labels: labelled(scoresOf(classes, spread, center), 5, "spread"),
  options: { maxLabels },
}));

const rowPadded: Case[] = rowThresholds.map((row) => ({
  ...row,
  name: `at most 7, ${row.name}`,
  options: { ...row.options, maxLabels: 7 },
}));

export const cases: Case[] = [
  ...common,
  ...everyK,
  ...spreads,
  ...ties,
  ...large,
  uncountable,
  hugeAll,
  ...padded,
  ...noPositives,
  ...farThreshold,
  ...largePadded,
  ...rowPadded,
];
