import {
  aboveThreshold,
  bestThreshold,
  createEvaluator,
  type Evaluation,
  evaluate,
  topK,
} from "../../src/index.ts";
import { lists, toSparse } from "../support/labels.ts";
import type { Call } from "./arbitraries.ts";

/* Predictions and measures against their definitions, one class after the other. */

type Row = { score: number; isPositive: boolean }[];

function rowsOf({ rows, classes, logits }: Call, labels: Uint8Array): Row[] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: classes }, (_, i) => ({
      score: logits[row * classes + i] as number,
      isPositive: labels[row * classes + i] === 1,
    })),
  );
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

/** F1 of decisions. */
function f1(decisions: Row, threshold: number): number {
  const hits = decisions.filter(({ score, isPositive }) => isPositive && score > threshold).length;
  const wrong = decisions.filter(({ score, isPositive }) => isPositive !== score > threshold).length;
  return hits + wrong === 0 ? 0 : (2 * hits) / (2 * hits + wrong);
}

const comparable = (score: number) => (Number.isNaN(score) ? -Infinity : score);

function rankingOf(row: Row): { precision: number; loss: number; coverage: number } {
  const scores = row.map(({ score }) => comparable(score));
  const positives = scores.filter((_, i) => row[i]?.isPositive);
  const negatives = scores.filter((_, i) => !row[i]?.isPositive);
  if (positives.length === 0 || negatives.length === 0)
    return { precision: 1, loss: 0, coverage: positives.length };
  const reach = (among: number[], score: number) => among.filter((other) => other >= score).length;
  return {
    precision: mean(positives.map((score) => reach(positives, score) / reach(scores, score))),
    loss: mean(positives.map((score) => reach(negatives, score) / negatives.length)),
    coverage: Math.max(...positives.map((score) => reach(scores, score))),
  };
}

/** Some of the measures of `evaluate`. */
function measuresOf(rows: Row[], threshold: number): Partial<Evaluation> {
  const all = rows.flat();
  const columns = (rows[0] ?? []).map((_, i) => rows.map((row) => row[i] as Row[number]));
  const isRight = ({ score, isPositive }: Row[number]) => isPositive === score > threshold;
  const rankings = rows.map(rankingOf);
  return {
    microF1: f1(all, threshold),
    macroF1: mean(columns.map((column) => f1(column, threshold))),
    samplesF1: mean(rows.map((row) => f1(row, threshold))),
    hammingLoss: mean(all.map((decision) => Number(!isRight(decision)))),
    subsetAccuracy: mean(rows.map((row) => Number(row.every(isRight)))),
    averagePrecision: mean(rankings.map(({ precision }) => precision)),
    rankingLoss: mean(rankings.map(({ loss }) => loss)),
    coverageError: mean(rankings.map(({ coverage }) => coverage)),
  };
}

/** The classes above a threshold, by falling score and rising index. */
function ranked(row: Row, threshold: number | undefined): number[] {
  return row
    .map(({ score }, index) => ({ score, index }))
    .filter(({ score }) => (threshold === undefined ? !Number.isNaN(score) : score > threshold))
    .sort((a, b) => (a.score === b.score ? 0 : b.score - a.score) || a.index - b.index)
    .map(({ index }) => index);
}

function same(got: unknown, right: unknown): boolean {
  return JSON.stringify(got) === JSON.stringify(right);
}

function wrongMeasure(got: Partial<Evaluation>, right: Partial<Evaluation>): string | undefined {
  for (const [name, value] of Object.entries(right)) {
    const measured = got[name as keyof Evaluation] as number;
    if (!(Math.abs(measured - value) <= 1e-12 * Math.max(1, value)))
      return `${name} ${measured}, by definition ${value}`;
  }
  return undefined;
}

/** Scores between which a threshold makes a difference, and those outside. */
function candidates({ logits }: Call): number[] {
  const scores = [...new Set(logits)].filter(Number.isFinite);
  const LARGEST = (2 - 2 ** -23) * 2 ** 127;
  return [-LARGEST, ...scores].filter((score) => score < Infinity);
}

/** What is wrong with the predictions and measures of a call's scores, undefined if nothing is. */
export function wrongPrediction(call: Call, threshold: number, k: number): string | undefined {
  const { rows, classes, logits, form, targets } = call;
  const labels = form === "soft" ? Uint8Array.from(targets, (t) => Number(t > 0.5)) : (targets as Uint8Array);
  const all = rowsOf(call, labels);
  const most = Math.min(k, classes);

  const above = lists(aboveThreshold(logits, { classes, threshold }));
  const rightAbove = all.map((row) => ranked(row, threshold).sort((a, b) => a - b));
  if (!same(above, rightAbove)) return `aboveThreshold: ${JSON.stringify(above)}`;
  for (const least of [undefined, threshold]) {
    const best = lists(topK(logits, { classes, k: most, threshold: least }));
    const right = all.map((row) => ranked(row, least).slice(0, most));
    if (!same(best, right)) return `topK: ${JSON.stringify(best)}, by definition ${JSON.stringify(right)}`;
  }
  if (rows === 0) return undefined;

  const measures = evaluate(logits, labels, { classes, threshold });
  const wrong = wrongMeasure(measures, measuresOf(all, threshold));
  if (wrong) return `evaluate: ${wrong}`;
  const evaluator = createEvaluator({ classes, threshold });
  const middle = classes * (k % (rows + 1));
  evaluator.add(logits.subarray(0, middle), labels.subarray(0, middle));
  evaluator.add(logits.subarray(middle), toSparse(labels.subarray(middle), classes));
  const { macroAveragePrecision, ...shared } = measures;
  if (!same(evaluator.result(), { rows, ...shared })) return "createEvaluator: other measures than evaluate";

  const found = bestThreshold(logits, labels, { classes });
  if (found.value !== evaluate(logits, labels, { classes, threshold: found.threshold }).microF1) {
    return `bestThreshold: ${found.value} is not the measure at ${found.threshold}`;
  }
  const better = candidates(call).find((score) => f1(all.flat(), score) > found.value + 1e-12);
  return better === undefined ? undefined : `bestThreshold: ${better} is better than ${found.threshold}`;
}
