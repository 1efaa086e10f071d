import { Decimal } from "decimal.js";
import { cases as common, type Row, scattered, softCases, withOnePositive } from "../cases.ts";
import { type ExactRow, exactly, exp, log1p, ONE, sum, ZERO } from "../exact.ts";
import type { Case, OwnOptions } from "../golden.ts";

/** For each class, the sum over all other ones: no difference, which would lose a small sum beside a great term. */
function sumsOfOthers(terms: Decimal[]): Decimal[] {
  return terms.map((_, i) => sum(terms.filter((_, j) => j !== i)));
}

function softmax(scores: Decimal[]): Decimal[] {
  const m = Decimal.max(...scores);
  const e = scores.map((s) => exp(s.minus(m)));
  const total = sum(e);
  return e.map((x) => x.div(total));
}

/**
 * Σ y_i·(log Σ e^s - s_i) with y = t·(1 - ε) + ε/n, 0 if the positive class is the one to ignore. The gradient
 * p_i·Σ y - y_i is written as p_i·Σ_{j≠i} y_j - y_i·Σ_{j≠i} p_j, with p = e^s/Σ e^s.
 */
export function row(
  scores: Decimal[],
  targets: Decimal[],
  { labelSmoothing = 0, ignoreIndex }: OwnOptions,
): ExactRow {
  if (ignoreIndex !== undefined && targets[ignoreIndex]?.eq(1)) {
    return { loss: ZERO, grad: scores.map(() => ZERO) };
  }
  const smoothing = exactly(labelSmoothing);
  const y = targets.map((t) => t.times(ONE.minus(smoothing)).plus(smoothing.div(scores.length)));
  const m = Decimal.max(...scores);
  const top = scores.findIndex((s) => s.eq(m));
  const logSum = log1p(sum(scores.filter((_, i) => i !== top).map((s) => exp(s.minus(m)))));
  const p = softmax(scores);
  const [othersY, othersP] = [sumsOfOthers(y), sumsOfOthers(p)];
  const rises = p.map((pi, i) => pi.times(othersY[i]!));
  const falls = y.map((yi, i) => yi.times(othersP[i]!));
  return {
    loss: sum(y.map((yi, i) => (yi.isZero() ? ZERO : yi.times(m.minus(scores[i]!).plus(logSum))))),
    grad: rises.map((rise, i) => rise.minus(falls[i]!)),
    gradTerms: rises.map((rise, i) => rise.plus(falls[i]!)),
  };
}

/** A row with targets that add up to 1, but for their rounding. */
function distribution({ scores, labels }: Row): Row {
  const parts = labels.map((label, i) => 3 * label + (i % 3));
  const total = parts.reduce((sum, part) => sum + part);
  return { scores, labels: parts.map((part) => Math.fround(part / total)) };
}

const SMOOTHINGS: [number, string][] = [
  [0, "one class, or a distribution"],
  [0.1, "every class is a little positive"],
  [1e-6, "every class is hardly positive"],
  [1, "every class is equally positive, whatever the labels are"],
];

const smoothed: Case[] = SMOOTHINGS.flatMap(([labelSmoothing, reason], index) =>
  [1, 10, 100].flatMap((spread) => {
    const row = scattered({ classes: 19, spread, seed: 1600 + index });
    const options = { labelSmoothing };
    const name = `smoothing ${labelSmoothing}, spread ${spread}`;
    return [
      { name, reason, ...withOnePositive(row), options },
      { name: `${name}, soft`, reason, ...distribution(row), isSoft: true, options },
    ];
  }),
);

const GAPS: [number, string][] = [
  [16.7, "1 + e^-gap is 1 in float32"],
  [36.8, "1 + e^-gap is 1 in float64"],
  [80, "a row between -40 and 40"],
  [87.4, "e^-gap is subnormal"],
  [104, "e^-gap is 0 in float32"],
  [3e38, "the gap is near the end of float32"],
];

const gaps: Case[] = GAPS.flatMap(([gap, reason]) =>
  [0, 1].map((at) => ({
    name: `a gap of ${gap}, the ${["greater", "smaller"][at]} one positive`,
    reason,
    scores: [Math.fround(gap / 2), Math.fround(-gap / 2)],
    labels: [1 - at, at],
  })),
);

const { scores } = scattered({ classes: 11, spread: 3, seed: 1700 });

const nearBest: Case[] = [0, 2 ** -20, 2 ** -10].map((offset) => ({
  name: `${offset} beside the best scores`,
  reason: "every gradient is a difference of nearly equal terms",
  scores: scores.map((s, i) => Math.fround(s + (i % 2 ? offset : -offset))),
  labels: softmax(scores.map(exactly)).map((p) => Math.fround(Number(p))),
  isSoft: true,
}));

const ignored: Case[] = [4, 5].map((ignoreIndex) => ({
  name: `ignoreIndex ${ignoreIndex}, class 4 is positive`,
  reason: "the row counts for nothing, or an index that it does not have changes nothing",
  scores: scores.slice(),
  labels: scores.map((_, i) => Number(i === 4)),
  options: { ignoreIndex },
}));

export const cases: Case[] = [
  ...common.map(withOnePositive),
  ...softCases,
  ...smoothed,
  ...gaps,
  ...nearBest,
  ...ignored,
];
