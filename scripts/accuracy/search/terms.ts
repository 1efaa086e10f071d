import type { Setting } from "./setting.ts";

/*
 * Where a result is a difference of terms, the terms are what float64 has to round. The same as the `lossTerms` and
 * `gradTerms` of test/golden, in float64, for a search that asks for them millions of times.
 */

/** The terms of a row's results, or undefined where they are the magnitudes of the results themselves. */
export interface Terms {
  loss?: number;
  grad?: ArrayLike<number>;
}

type Options = Record<string, number | Float32Array>;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** log(1 + Σ w·e^z), and w·e^z/(1 + Σ w·e^z). */
function side(z: Float64Array, weights: Float64Array): { value: number; slopes: Float64Array } {
  let m = 0;
  z.forEach((x, i) => {
    if (weights[i]! > 0 && x > m) m = x;
  });
  const e = z.map((x, i) => (weights[i]! > 0 ? weights[i]! * Math.exp(x - m) : 0));
  const sum = e.reduce((total, x) => total + x, 0);
  const total = Math.exp(-m) + sum;
  return { value: m === 0 ? Math.log1p(sum) : m + Math.log(total), slopes: e.map((x) => x / total) };
}

function ofSides(scores: Float64Array, targets: Float64Array, { threshold = 0 }: Options): Terms {
  const z = scores.map((s) => s - (threshold as number));
  const a = side(
    z,
    targets.map((t) => 1 - t),
  );
  const b = side(
    z.map((x) => -x),
    targets,
  );
  return { loss: a.value + b.value, grad: a.slopes.map((x, i) => x + b.slopes[i]!) };
}

function ofPoints(scores: Float64Array, targets: Float64Array, options: Options): Terms {
  const { positiveWeights = 1, labelSmoothing = 0 } = options;
  const smoothing = labelSmoothing as number;
  return {
    grad: scores.map((s, i) => {
      const y = targets[i]! * (1 - smoothing) + smoothing / 2;
      const weight = typeof positiveWeights === "number" ? positiveWeights : positiveWeights[i]!;
      return (1 - y) * sigmoid(s) + weight * y * sigmoid(-s);
    }),
  };
}

function ofSoftmax(scores: Float64Array, targets: Float64Array, { labelSmoothing = 0 }: Options): Terms {
  const smoothing = labelSmoothing as number;
  const y = targets.map((t) => t * (1 - smoothing) + smoothing / targets.length);
  const mass = y.reduce((sum, x) => sum + x, 0);
  const m = scores.reduce((most, s) => Math.max(most, s), -Infinity);
  const e = scores.map((s) => Math.exp(s - m));
  const total = e.reduce((sum, x) => sum + x, 0);
  return {
    grad: e.map((x, i) => (x / total) * (mass - y[i]!) + y[i]! * ((total - x) / total)),
  };
}

/** Beside the margin, q = p - m is a difference; its power and slope magnify what it loses. */
function ofMargin(
  scores: Float64Array,
  targets: Float64Array,
  options: Options,
  loss: number,
  grad: number[],
): Terms {
  const { margin = 0.05, gammaNegative = 4 } = options as Record<string, number>;
  let terms = loss;
  const slopes = grad.map((slope, i) => {
    const p = sigmoid(scores[i]!);
    const q = p - margin;
    if (targets[i] === 1 || margin === 0 || q <= 0) return Math.abs(slope);
    const magnified = ((p + margin) / q) * (gammaNegative + 1);
    const surprise = Math.log1p(q / (1 - q));
    terms += q ** gammaNegative * surprise * (magnified - 1);
    return Math.abs(slope) * magnified;
  });
  return { loss: terms, grad: slopes };
}

/** The terms of a row of a setting, whose results are given. */
export function termsOf(
  { loss: name, labels }: Setting,
  options: Options,
  scores: Float64Array,
  targets: Float64Array,
  result: { loss: number; grad: number[] },
): Terms {
  switch (name) {
    case "zlpr":
      return labels === "soft" ? { grad: ofSides(scores, targets, options).grad! } : {};
    case "zlprDivergence":
      return ofSides(scores, targets, options);
    case "sigmoidCrossEntropy":
      return labels === "soft" || options.labelSmoothing ? ofPoints(scores, targets, options) : {};
    case "softmaxCrossEntropy":
      return labels === "soft" || options.labelSmoothing ? ofSoftmax(scores, targets, options) : {};
    case "asymmetric":
      return ofMargin(scores, targets, options, result.loss, result.grad);
    default:
      return {};
  }
}
