import { readFileSync } from "node:fs";
import type { Decimal } from "decimal.js";
import { type ExactRow, exactly } from "./exact.ts";

/** The own options of all losses. An array stands for a Float32Array, and has float32 numbers. */
export interface OwnOptions {
  threshold?: number | number[];
  scale?: number;
  margin?: number;
  gamma?: number;
  alpha?: number;
  gammaPositive?: number;
  gammaNegative?: number;
  positiveWeights?: number | number[];
  labelSmoothing?: number;
  ignoreIndex?: number;
  maxLabels?: number;
}

/** A row worth testing, and why it is. */
export interface Case {
  name: string;
  reason: string;
  /** Float32 numbers. */
  scores: number[];
  /** 1 for the positive classes, 0 for the others; float32 numbers from 0 to 1 where they are soft. */
  labels: number[];
  isSoft?: boolean;
  options?: OwnOptions;
}

/** What a file in formulas/ exports: the formula, and the cases that its loss is tested with. */
export interface Formula {
  row(scores: Decimal[], targets: Decimal[], options: OwnOptions): ExactRow;
  cases: Case[];
}

/** A case as it is stored. Numbers in a row have all their digits and are parted by a space. */
export interface StoredInput {
  name: string;
  reason: string;
  options?: Record<string, number | string>;
  scores: string;
  /** A digit a class. */
  labels?: string;
  softLabels?: string;
}

/** A case with its exact results to 26 significant digits. */
export interface StoredCase extends StoredInput {
  loss: string;
  grad: string;
  /** With a threshold for each row: the gradient with respect to it. */
  thresholdGrad?: string;
  /** What the results are differences of (see ExactRow), where that is more than the results. */
  lossTerms?: string;
  gradTerms?: string;
}

/** An exact result, which is a decimal of more digits than a number holds, and the terms that it is made of. */
export interface Exact {
  value: string;
  terms: number;
}

/** A case as a loss is called with it, and its exact results. */
export interface GoldenCase {
  name: string;
  options: Record<string, number | Float32Array>;
  logits: Float32Array;
  labels: Uint8Array | Float32Array;
  loss: Exact;
  grad: Exact[];
  thresholdGrad?: string;
}

function digits(numbers: number[]): string {
  return numbers.map((x) => (Object.is(x, -0) ? "-0" : exactly(x).toString())).join(" ");
}

function floats(text: string): Float32Array {
  return Float32Array.from(text.split(" "), Number);
}

/** The same options with other values. */
function mapped<From, To>(options: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, to(value)]));
}

/** What is stored of a case besides its results. */
export function inputOf({ name, reason, scores, labels, isSoft, options }: Case): StoredInput {
  return {
    name,
    reason,
    ...(options && {
      options: mapped({ ...options }, (value) => (Array.isArray(value) ? digits(value) : value)),
    }),
    scores: digits(scores),
    ...(isSoft ? { softLabels: digits(labels) } : { labels: labels.join("") }),
  };
}

/** Where the golden cases of a loss are stored. */
export function fileOf(loss: string): URL {
  return new URL(`${loss}.json`, import.meta.url);
}

export async function formulaOf(loss: string): Promise<Formula> {
  return await import(new URL(`formulas/${loss}.ts`, import.meta.url).href);
}

export function readStored(loss: string): StoredCase[] {
  return JSON.parse(readFileSync(fileOf(loss), "utf8"));
}

function exact(value: string, terms: string | undefined): Exact {
  return { value, terms: Math.abs(Number(terms ?? value)) };
}

/** A stored case as a loss is called with it. */
export function goldenOf(stored: StoredCase): GoldenCase {
  const { name, options = {}, scores, labels = "", softLabels, loss, grad, thresholdGrad } = stored;
  const gradTerms = stored.gradTerms?.split(" ");
  return {
    name,
    options: mapped(options, (value) => (typeof value === "string" ? floats(value) : value)),
    logits: floats(scores),
    labels: softLabels === undefined ? Uint8Array.from(labels, Number) : floats(softLabels),
    loss: exact(loss, stored.lossTerms),
    grad: grad.split(" ").map((g, i) => exact(g, gradTerms?.[i])),
    ...(thresholdGrad !== undefined && { thresholdGrad }),
  };
}
