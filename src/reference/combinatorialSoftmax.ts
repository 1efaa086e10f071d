import type { LossDefinition } from "../engine/loss.js";
import { newArray } from "../engine/newArray.js";
import { classCount, onlyWith, optional, threshold } from "../engine/options.js";
import type { CombinatorialSoftmax } from "../losses/combinatorialSoftmax.js";
import { reference } from "./loss.js";
import { type Arithmetic, linear, logarithmic, symmetric } from "./symmetric.js";

/** Up to here, the logarithm of a number of subsets stands for a float64. */
const LARGEST_LOG = 700;

/** R, and ∂R/∂e_a(u) and ∂R/∂e_b(v). */
interface Swaps {
  sum: number;
  slopesU: Float64Array;
  slopesV: Float64Array;
}

/** Σ e_m(u)·e_m(v) over m ≥ 1: as many classes are taken in as are left out. */
function evenSwaps({ zero, add, multiply }: Arithmetic, u: Float64Array, v: Float64Array): Swaps {
  let sum = zero;
  for (let m = 1; m < u.length; m++) sum = add(sum, multiply(u[m] as number, v[m] as number));
  return { sum, slopesU: v, slopesV: u };
}

/** Σ e_a(u)·e_b(v)·θ^(a - b) over all (a, b) ≠ (0, 0) with b ≤ a + spare, where θ is 1 if spare is not 0. */
function swapsUpTo(
  { zero, add, multiply }: Arithmetic,
  u: Float64Array,
  v: Float64Array,
  spare: number,
  theta: number,
): Swaps {
  const slopesU = newArray(Float64Array, u.length);
  let before = v.subarray(0, spare).reduce(add, zero);
  for (let a = 0; a < u.length; a++) {
    before = add(multiply(theta, before), v[a + spare] ?? zero);
    slopesU[a] = before;
  }
  const rest = newArray(Float64Array, u.length + 1).fill(zero);
  for (let a = u.length - 1; a >= 0; a--) {
    rest[a] = add(u[a] as number, multiply(theta, rest[a + 1] as number));
  }
  let sum = v.subarray(1, spare + 1).reduce(add, zero);
  for (let a = 1; a < u.length; a++) sum = add(sum, multiply(u[a] as number, slopesU[a] as number));
  return { sum, slopesU, slopesV: v.map((_, b) => rest[Math.max(0, b - spare)] ?? zero) };
}

/**
 * log Σ_S e^(Σ_S z) - Σ_P z over the subsets S that are allowed: those of as many classes as P, or with `maxLabels` all
 * of at most that many, where z = s - s₀.
 *
 * S differs from the best subset, T, by a classes that it leaves out and b others that it takes in. With a center c
 * between them, u = e^(c - z) in T and v = e^(z - c) outside are at most 1, and the sum over S is e^(Σ_T z)·(1 + R), where
 * R = Σ e_a(u)·e_b(v)·e^(-c(a - b)) over all a and b that may be. No term is negative, so none cancels.
 */
export const definition: LossDefinition<{
  maxLabels: number | undefined;
  threshold: number | Float32Array;
}> = {
  name: "combinatorialSoftmax",
  labels: ["multi-hot"],
  options: { maxLabels: optional(classCount), threshold: onlyWith("maxLabels", threshold) },
  bounds: { loss: 16, grad: 16 },
  wrongCount: (positives, { maxLabels = Infinity }) =>
    positives > maxLabels ? `at most maxLabels = ${maxLabels} positive classes` : undefined,
  // The lines of both polynomials.
  numbers: (classes, positives, { maxLabels }) =>
    (classes + 2) * (maxLabels === undefined ? Math.min(positives, classes >> 1) + 1 : maxLabels + 1),
  row(scores, targets, { maxLabels, threshold }, grad) {
    const isPadded = maxLabels !== undefined;
    // Without maxLabels there is no threshold: it is 0.
    const z = scores.map((s) => s - threshold);
    const classes = z.length;
    const positives = targets.reduce((sum, t) => sum + t, 0);
    const most = isPadded ? Math.min(maxLabels, classes) : positives;
    if (!isPadded && (positives === 0 || positives === classes)) {
      grad.fill(0);
      return 0;
    }

    const infinite = z.filter((x) => x === Infinity).length;
    if (infinite > most) {
      // The best subset takes some of the infinite scores, in no definite way.
      z.forEach((x, i) => {
        grad[i] = x === Infinity ? NaN : 0 - (targets[i] as number);
      });
      return z.filter((x, i) => x === Infinity && targets[i] === 1).length === most ? NaN : Infinity;
    }
    if (!isPadded && z.filter((x) => x > -Infinity).length < most) {
      grad.fill(NaN);
      return NaN;
    }

    // By the scores, and differences of scores below: those of a huge threshold leave nothing of them.
    const order = Array.from(scores.keys()).sort((i, j) => (scores[j] as number) - (scores[i] as number));
    const inside = isPadded ? Math.min(most, z.filter((x) => x > 0).length) : most;
    const outside = classes - inside;
    const spare = most - inside;
    const edges = [scores[order[inside - 1] as number], scores[order[inside] as number]] as number[];
    const edge = edges.find(Number.isFinite) ?? threshold;
    const origin = spare > 0 ? threshold : isPadded ? Math.max(threshold, edge) : edge;
    const center = origin - threshold;
    const [degreeU, degreeV] = isPadded
      ? [inside, Math.min(outside, most)]
      : [Math.min(inside, outside), Math.min(inside, outside)];

    const degree = Math.max(degreeU, degreeV, 1);
    const arithmetic = degree * (1 + Math.log(classes / degree)) < LARGEST_LOG ? linear : logarithmic;
    const gaps = order.map((i) => (scores[i] as number) - origin);
    const u = symmetric(
      arithmetic,
      gaps.slice(0, inside).map((gap) => -gap),
      degreeU,
    );
    const v = symmetric(arithmetic, gaps.slice(inside), degreeV);
    const swaps = isPadded
      ? swapsUpTo(arithmetic, u.values, v.values, spare, arithmetic.fromLog(-center))
      : evenSwaps(arithmetic, u.values, v.values);
    const leftOut = u.slopes(swaps.slopesU);
    const takenIn = v.slopes(swaps.slopesV);

    let loss = arithmetic.logOnePlus(swaps.sum) + (most - positives) * center;
    order.forEach((i, rank) => {
      const isPositive = targets[i] === 1;
      const gap = gaps[rank] as number;
      if (isPositive ? gap < 0 : gap > 0) loss += Math.abs(gap);
      // The gradient is the probability that a random subset has the class, less 1 if it is positive.
      if (rank < inside) {
        const out = arithmetic.share(leftOut[rank] as number, swaps.sum);
        grad[i] = isPositive ? -out : 1 - out;
      } else {
        const taken = arithmetic.share(takenIn[rank - inside] as number, swaps.sum);
        grad[i] = isPositive ? taken - 1 : taken;
      }
    });
    return loss;
  },
};

/**
 * `combinatorialSoftmax` in plain float64: see the loss of this name in `zlpr` for arguments and results.
 *
 * @category Losses
 */
export const combinatorialSoftmax: CombinatorialSoftmax = /* @__PURE__ */ reference(definition);
