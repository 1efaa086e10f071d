/* A row of classes as the explorer has it: tags of a picture, their scores and which of them are right. */
import { clampScore } from "./scale.ts";

export const TAGS = ["dog", "beach", "sea", "person", "ball", "cat", "car", "snow"];

export const CLASSES = TAGS.length;

export interface Row {
  readonly scores: readonly number[];
  readonly positive: readonly boolean[];
}

/** Scores have three digits, so that what is shown is what is computed with. */
function roundScore(score: number): number {
  return Math.round(clampScore(score) * 1000) / 1000 || 0;
}

export function withScore(row: Row, c: number, score: number): Row {
  return { ...row, scores: row.scores.with(c, roundScore(score)) };
}

export function withScores(row: Row, scores: readonly number[]): Row {
  return { ...row, scores: scores.map(roundScore) };
}

export function toggled(row: Row, c: number): Row {
  return { ...row, positive: row.positive.with(c, !row.positive[c]) };
}

/** Whether a class is on its side of the threshold. */
export function isRight({ scores, positive }: Row, c: number): boolean {
  return scores[c] > 0 === positive[c];
}
