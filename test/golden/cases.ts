import { uniform } from "../support/random.ts";
import { stepped } from "../support/ulp.ts";
import type { Case } from "./golden.ts";

/*
 * The rows that every loss is tested with, as multi-hot labels allow them, or turned into rows of another kind. Random scores are uniform ones: they come from exact arithmetic alone, so that
 * every engine makes the same cases.
 */

export type Row = Pick<Case, "scores" | "labels">;

/** Of which sign the scores are, measured against the labels. */
type Rightness = "any" | "right" | "wrong";

interface Scatter {
  classes: number;
  spread: number;
  seed: number;
  center?: number;
  rightness?: Rightness;
}

/** A row of scores within `spread` of `center`, with about a third of positives, and with both labels if it has two classes. */
export function scattered({ classes, spread, seed, center = 0, rightness = "any" }: Scatter): Row {
  const random = uniform(seed);
  const labels = Array.from({ length: classes }, () => Number(random() < 1 / 3));
  if (classes > 1) {
    const at = Math.floor(random() * classes);
    labels[at] = 1;
    labels[(at + 1) % classes] = 0;
  }
  const scores = labels.map((label) => {
    const offset = (2 * random() - 1) * spread;
    const outward = label ? Math.abs(offset) : -Math.abs(offset);
    return Math.fround(center + { any: offset, right: outward, wrong: -outward }[rightness]);
  });
  return { scores, labels };
}

/** A row whose scores have magnitudes between `low` and `high`, with the signs that its labels ask for, or the opposite ones. */
function between(
  low: number,
  high: number,
  labels: number[],
  rightness: "right" | "wrong",
  seed: number,
): Row {
  const random = uniform(seed);
  const scores = labels.map((label) => {
    const magnitude = Math.fround(low + (high - low) * random());
    return (label === 1) === (rightness === "right") ? magnitude : -magnitude;
  });
  return { scores, labels };
}

/** `classes` labels, every third of them positive. */
function mixed(classes: number): number[] {
  return Array.from({ length: classes }, (_, i) => Number(i % 3 === 1));
}

function constant(classes: number, label: number): number[] {
  return new Array<number>(classes).fill(label);
}

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 64, 70];

const SPREADS: [number, string][] = [
  [1, "moderate scores"],
  [10, "moderate scores, some classes decided"],
  [100, "scores on both sides of 40, where the fast path ends, and of 88, where e^s overflows"],
  [1000, "most exponentials are 0 or overflow"],
];

const sizes: Case[] = SIZES.flatMap((classes) =>
  SPREADS.map(([spread, what]) => ({
    name: `size ${classes}, spread ${spread}`,
    reason: `${classes >> 4} groups of sixteen, ${(classes & 15) >> 2} of four, ${classes & 3} over; ${what}`,
    ...scattered({ classes, spread, seed: 1000 * classes + spread }),
  })),
);

const oneSided: Case[] = [6, 21].flatMap((classes) =>
  SPREADS.flatMap(([spread]) => [
    {
      name: `${classes} classes, spread ${spread}, all right`,
      reason: "every class on its right side: a small loss, which must not drown in a 1",
      ...scattered({ classes, spread, seed: 2000 * classes + spread, rightness: "right" }),
    },
    {
      name: `${classes} classes, spread ${spread}, all wrong`,
      reason: "every class on its wrong side: a large loss",
      ...scattered({ classes, spread, seed: 3000 * classes + spread, rightness: "wrong" }),
    },
  ]),
);

const TINY: [string, number, number, string][] = [
  ["1e-9", 21, 24, "below the 6e-8 where log(1 + x) in float32 becomes 0"],
  ["1e-16", 37, 39.5, "the smallest losses of the fast path, where log(1 + x) in float64 becomes 0"],
  ["1e-20", 45.5, 49, "far below the resolution of float64 at 1, beyond the fast path"],
  ["the smallest normal number", 86.5, 89, "some terms are subnormal, the loss is not"],
  ["subnormal numbers", 90, 103, "the loss is subnormal, and every gradient"],
  ["half the smallest number", 103.9, 104.1, "gradients around 2^-150, which round to 2^-149 or 0"],
];

const tiny: Case[] = TINY.flatMap(([size, low, high, reason], index) => [
  {
    name: `loss about ${size}`,
    reason,
    ...between(low, high, mixed(7), "right", 4000 + index),
  },
  {
    name: `gradients about ${size}`,
    reason: `${reason}; one undecided class, so that the loss is not small`,
    scores: [...between(low, high, mixed(6), "right", 4100 + index).scores, Math.fround(0.3)],
    labels: [...mixed(6), 0],
  },
]);

const sides: Case[] = [5, 19].flatMap((classes) =>
  SPREADS.flatMap(([spread]) => {
    const { scores } = scattered({ classes, spread, seed: 5000 * classes + spread });
    return [
      {
        name: `no positives, ${classes} classes, spread ${spread}`,
        reason: "the empty side counts 0",
        scores,
        labels: constant(classes, 0),
      },
      {
        name: `all positives, ${classes} classes, spread ${spread}`,
        reason: "the empty side counts 0",
        scores,
        labels: constant(classes, 1),
      },
    ];
  }),
);

/** Where a path of the kernels begins or ends, or a float32 does. */
const LIMITS: [number, string][] = [
  [39.99, "the last scores of the fast path"],
  [40, "where the fast path ends"],
  [40.01, "the first scores beyond the fast path"],
  [80, "the square of e^40"],
  [87.3, "the end of the range of the vector exponential, e^-x just above the smallest normal number"],
  [87.3365, "e^-x becomes subnormal"],
  [88.7228, "e^x overflows"],
  [103.972, "e^-x becomes 0"],
];

const limits: Case[] = LIMITS.flatMap(([limit, reason]) =>
  [-1, 0, 1].flatMap((steps) =>
    [1, -1].flatMap((sign) =>
      [0, 1].map((label) => ({
        name: `score ${sign * limit}${["-", "", "+"][steps + 1]}, label ${label}`,
        reason: `${reason}; ${["the float32 of smaller magnitude next to it", "the float32 itself", "the float32 of greater magnitude next to it"][steps + 1]}`,
        scores: [Math.fround(0.25), stepped(Math.fround(sign * limit), steps), Math.fround(-1.5)],
        labels: [0, label, 1],
      })),
    ),
  ),
);

const LARGEST = 3.4028234663852886e38;
const HUGE = Math.fround(3.4e38);

const special: Case[] = [
  {
    name: "equal scores",
    reason: "every term is the greatest",
    scores: new Array<number>(21).fill(Math.fround(0.7)),
    labels: mixed(21),
  },
  {
    name: "equal large scores",
    reason: "every difference to the greatest is 0",
    scores: new Array<number>(21).fill(Math.fround(60.3)),
    labels: mixed(21),
  },
  {
    name: "zeros of both signs",
    reason: "-0 is as 0, although labels flip signs",
    scores: [0, -0, 0, -0, -0, 0, -0],
    labels: mixed(7),
  },
  {
    name: "subnormal scores",
    reason: "as 0, but for the slow paths of some processors",
    scores: [2 ** -149, -(2 ** -149), 2 ** -130, -(2 ** -127), 2 ** -126],
    labels: mixed(5),
  },
  {
    name: "scores that overflow, negatives",
    reason: "between 90 and 100 e^s overflows float32, e^(s - max) does not",
    ...between(90, 100, constant(19, 0), "wrong", 6000),
  },
  {
    name: "scores that overflow, positives",
    reason: "between -90 and -100 e^-s overflows float32, e^(min - s) does not",
    ...between(90, 100, constant(19, 1), "wrong", 6001),
  },
  {
    name: "scores that overflow, both sides",
    reason: "both sides overflow, each with a maximum of its own",
    ...between(90, 100, mixed(22), "wrong", 6002),
  },
  {
    name: "differences that float32 rounds",
    reason: "s - max of small scores loses bits that the exponential would magnify",
    scores: [88.1, 0.123456, 1.234567, 12.34567, 23.45678, 34.56789, 45.67891, 56.78912, 78.91234].map(
      Math.fround,
    ),
    labels: constant(9, 0),
  },
  ...[1, -1].flatMap((sign) =>
    [0, 1].map((label) => ({
      name: `one score ${sign * 3.4e38}, label ${label}`,
      reason: "near the end of float32: no product of it may be taken",
      scores: [1, -2, 0.5, sign * HUGE, -0.25, 3],
      labels: [0, 1, 0, label, 1, 0],
    })),
  ),
  {
    name: "the largest float32, right",
    reason: "-z of the largest number is the smallest, and no exponential of it is left",
    scores: [LARGEST, -LARGEST, 0.5],
    labels: [1, 0, 0],
  },
  {
    name: "both sides huge",
    reason: "the loss is beyond the largest float32, and rounds to Infinity",
    scores: [HUGE, -HUGE, 0.5],
    labels: [0, 1, 0],
  },
  {
    name: "two of 2^127",
    reason: "their sum is just beyond the largest float32, the greater of them is not",
    scores: [2 ** 127, 0, 0, 0, 2 ** 127],
    labels: constant(5, 0),
  },
];

/** Cases for every loss of multi-hot labels. */
export const cases: Case[] = [...sizes, ...oneSided, ...tiny, ...sides, ...limits, ...special];

/** A label that has moved towards the other one, but not beyond the middle; some stay, some hardly move. */
function moved(label: number, random: () => number): number {
  const kind = random();
  const distance = (random() / 2) * (kind < 0.3 ? 0 : kind < 0.4 ? 2 ** -20 : 1);
  return Math.fround(Math.abs(label - distance));
}

/** The same row with soft labels, most of them between 0 and 1. */
function softened(row: Case, index: number): Case {
  const random = uniform(7000 + index);
  return {
    ...row,
    name: `${row.name}, soft`,
    labels: row.labels.map((label) => moved(label, random)),
    isSoft: true,
  };
}

/** Cases for every loss of soft labels. Small losses need labels of 0 and 1. */
export const softCases: Case[] = [
  ...[...sizes, ...oneSided, ...sides, ...limits, ...special].map(softened),
  ...tiny.map((row): Case => ({ ...row, name: `${row.name}, soft`, isSoft: true })),
  {
    name: "labels at the ends of float32",
    reason: "1 - t of the greatest label below 1 is 6e-8, the smallest labels are subnormal",
    scores: [3, -60, 60, 2, 0.5, -90],
    labels: [1 - 2 ** -24, 1 - 2 ** -24, 2 ** -149, 2 ** -126, 0.5, 2 ** -149],
    isSoft: true,
  },
];

/**
 * The same row with its first positive class alone, or with the first class if it has none. The scores of the classes whose
 * labels change do so too: what was right is right, and what was wrong is wrong.
 */
export function withOnePositive<R extends Row>(row: R): R {
  const at = Math.max(0, row.labels.indexOf(1));
  const labels = row.labels.map((_, i) => Number(i === at));
  return {
    ...row,
    scores: row.scores.map((score, i) => (labels[i] === row.labels[i] ? score : -score)),
    labels,
  };
}
