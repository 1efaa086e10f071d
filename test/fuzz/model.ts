import * as references from "../../build/reference.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import type { LossError } from "../../src/index.ts";
import type { Call, OwnOptions } from "./arbitraries.ts";

/*
 * What a call has to give: by the formula of the loss for one row, in float64, and by nothing else of the library. Masks,
 * weights and reductions are made here from what their documentation says.
 */

/** A row's exact results, times its weight. */
export interface ExactRow {
  loss: number;
  /** [classes] */
  grad: Float64Array;
  /** [classes], the greatest term of which the gradient is the difference; 0 where it is not one. */
  terms: Float64Array;
  slope: number;
  /** The soft `zlpr` of which `zlprDivergence` is a difference. */
  minuend: number;
}

/** The exact results of a call. */
export interface Exact {
  rows: ExactRow[];
  /** What the gradient and the sum of the losses are multiplied by. */
  factor: number;
}

/** The weight of each row: 0 where the index is the one that is ignored. */
function weightsOf({ rows, rowWeights, form, own, labels }: Call): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const isIgnored = form === "index" && (labels as Int32Array)[row] === (own.ignoreIndex ?? -1);
    return isIgnored ? 0 : (rowWeights?.[row] ?? 1);
  });
}

/** The error that a call with right arguments has to throw, if any. */
export function expectedError(call: Call): Partial<LossError> | undefined {
  if (call.reduction !== "mean") return undefined;
  if (call.rows === 0) return { code: "EMPTY_REDUCTION", argument: "logits" };
  const total = weightsOf(call).reduce((sum, weight) => sum + weight, 0);
  if (total > 0) return undefined;
  const isIgnoring =
    call.form === "index" && (call.labels as Int32Array).includes(call.own.ignoreIndex ?? -1);
  return { code: "EMPTY_REDUCTION", argument: isIgnoring ? "labels" : "options.rowWeights" };
}

/** The options as the formula for one row sees them, of the classes that count. */
function rowOptionsOf({ own, name }: Call, row: number, kept: number[]): object {
  const { threshold = 0, positiveWeights = 1 } = own;
  const defaults: Partial<Record<typeof name, OwnOptions>> = {
    lsep: { scale: 1, margin: 0 },
    focal: { gamma: 2 },
    asymmetric: { gammaPositive: 1, gammaNegative: 4, margin: 0.05 },
    softmaxCrossEntropy: { labelSmoothing: 0 },
    sigmoidCrossEntropy: { labelSmoothing: 0 },
  };
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return {
    ...defaults[name],
    ...given,
    threshold: typeof threshold === "number" ? threshold : threshold[row],
    positiveWeights: Float64Array.from(kept, (i) =>
      typeof positiveWeights === "number" ? positiveWeights : (positiveWeights[i] as number),
    ),
  };
}

/** Soft sides as hard ones: (1 - t)·eˢ is e^(s + log(1 - t)) of a negative class, t·e⁻ˢ that of a positive one. */
function sidesOf(scores: Float64Array, targets: Float64Array, options: object): Float64Array {
  const { length } = scores;
  const apart = new Float64Array(2 * length);
  scores.forEach((s, i) => {
    const t = targets[i] as number;
    apart[i] = t === 1 ? -Infinity : s + Math.log(1 - t);
    apart[length + i] = t === 0 ? Infinity : s - Math.log(t);
  });
  const hot = apart.map((_, i) => Number(i >= length));
  const grad = new Float64Array(2 * length);
  definitionOf(references.zlpr).row(
    apart,
    hot,
    { ...options, threshold: (options as OwnOptions).threshold ?? 0 },
    grad,
  );
  return scores.map((_, i) => Math.max(Math.abs(grad[i] as number), Math.abs(grad[length + i] as number)));
}

/** The greater of the two terms of each gradient, where it is a difference. */
function termsOf(
  { name, form }: Call,
  scores: Float64Array,
  targets: Float64Array,
  options: object,
): Float64Array {
  const { labelSmoothing = 0, positiveWeights } = options as OwnOptions;
  if (name === "zlprDivergence" || (name === "zlpr" && form === "soft"))
    return sidesOf(scores, targets, options);
  if (name === "sigmoidCrossEntropy" && (form === "soft" || labelSmoothing > 0)) {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    return scores.map((s, i) => {
      const t = targets[i] as number;
      const positive =
        ((positiveWeights as Float32Array)[i] as number) * (t * (1 - labelSmoothing) + labelSmoothing / 2);
      const negative = (1 - t) * (1 - labelSmoothing) + labelSmoothing / 2;
      return Math.max(negative * sigmoid(s), positive * sigmoid(-s));
    });
  }
  if (name === "softmaxCrossEntropy" && (form === "soft" || labelSmoothing > 0)) {
    // softmax·Y - y, of which y is at hand; where they are close, softmax·Y is as great.
    return targets.map((t) => t * (1 - labelSmoothing) + labelSmoothing / targets.length);
  }
  return new Float64Array(scores.length);
}

function exactRow(call: Call, row: number, weight: number): ExactRow {
  const { name, classes, logits, targets, mask } = call;
  const exact = {
    loss: 0,
    grad: new Float64Array(classes),
    terms: new Float64Array(classes),
    slope: 0,
    minuend: 0,
  };
  if (weight === 0) return exact;
  const base = row * classes;
  const kept = Array.from({ length: classes }, (_, i) => i).filter(
    (i) => (mask?.[(base + i) % mask.length] ?? 1) === 1,
  );
  if (kept.length === 0) return exact;
  const scores = Float64Array.from(kept, (i) => logits[base + i] as number);
  const labels = Float64Array.from(kept, (i) => targets[base + i] as number);
  const grad = new Float64Array(kept.length);
  const options = rowOptionsOf(call, row, kept);
  let loss: number = definitionOf(references[name]).row(scores, labels, options, grad);
  const terms = termsOf(call, scores, labels, options);
  if (scores.some(Number.isNaN)) {
    loss = NaN;
    grad.fill(NaN);
  }
  exact.loss = loss * weight;
  if (name === "zlprDivergence") {
    exact.minuend =
      weight *
      definitionOf(references.zlpr).row(scores, labels, { threshold: 0 }, new Float64Array(kept.length));
  }
  kept.forEach((i, at) => {
    exact.grad[i] = (grad[at] as number) * weight;
    exact.terms[i] = (terms[at] as number) * weight;
    exact.slope -= (grad[at] as number) * weight;
  });
  return exact;
}

/** The exact results of a call that throws no error. */
export function exactOf(call: Call): Exact {
  const weights = weightsOf(call);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    rows: weights.map((weight, row) => exactRow(call, row, weight)),
    factor: call.reduction === "mean" ? 1 / total : 1,
  };
}
