import type { Decimal } from "decimal.js";
import { softCases } from "../cases.ts";
import { type ExactRow, exactly, log1p, ONE, sum } from "../exact.ts";
import type { Case } from "../golden.ts";
import { row as zlpr } from "./zlpr.ts";

/** Soft zlpr minus the least value that it has with these targets, 2·log(1 + Σ √(t(1 - t))) */
export function row(scores: Decimal[], targets: Decimal[]): ExactRow {
  const { loss, grad, gradTerms } = zlpr(scores, targets, {});
  const least = log1p(sum(targets.map((t) => t.times(ONE.minus(t)).sqrt()))).times(2);
  return { loss: loss.minus(least), grad, lossTerms: loss.plus(least), gradTerms };
}

/** ½·log(t/(1 - t)): the score at which the loss of these targets is least. */
function best(t: number): number {
  const target = exactly(t);
  return Number(target.div(ONE.minus(target)).ln().div(2));
}

const LABELS = [0.5, 0.9, 0.2, 0.01, 0.6, 0.999, 0.03125].map(Math.fround);

const nearBest: Case[] = [0, 2 ** -20, 2 ** -10, 0.1, 1].map((offset) => ({
  name: `${offset} beside the best scores`,
  reason: "the loss and every gradient are differences of nearly equal terms",
  scores: LABELS.map((t, i) => Math.fround(best(t) + (i % 2 ? offset : -offset))),
  labels: LABELS,
  isSoft: true,
}));

const half: Case = {
  name: "the best scores of labels ½",
  reason: "exactly 0",
  scores: [0, 0, 0],
  labels: [0.5, 0.5, 0.5],
  isSoft: true,
};

export const cases: Case[] = [...softCases, ...nearBest, half];
