import { newArray } from "../engine/newArray.js";
import { logAddExp, softplus } from "./math.js";

/*
 * Elementary symmetric polynomials e_m(w), the sums over all subsets of m weights of their products, by the recursion
 * that takes in one weight after the other. Weights are at most 1; all terms are positive, so none cancels.
 */

/** How numbers ≥ 0 are held: as they are, or by their logarithms where they may be beyond float64. */
export interface Arithmetic {
  zero: number;
  one: number;
  add(x: number, y: number): number;
  multiply(x: number, y: number): number;
  fromLog(x: number): number;
  /** log(1 + x), as a float64. */
  logOnePlus(x: number): number;
  /** part/(1 + x), as a float64. */
  share(part: number, x: number): number;
}

export const linear: Arithmetic = {
  zero: 0,
  one: 1,
  add: (x, y) => x + y,
  multiply: (x, y) => x * y,
  fromLog: Math.exp,
  logOnePlus: Math.log1p,
  share: (part, x) => part / (1 + x),
};

export const logarithmic: Arithmetic = {
  zero: -Infinity,
  one: 0,
  add: logAddExp,
  multiply: (x, y) => x + y,
  fromLog: (x) => x,
  logOnePlus: softplus,
  share: (part, x) => Math.exp(part - softplus(x)),
};

/** The polynomials of some weights. */
export interface Symmetric {
  /** e_0, e_1, … up to the degree. */
  values: Float64Array;
  /** Of a function of the values with these slopes: w·∂/∂w for each weight. */
  slopes(ofValues: Float64Array): Float64Array;
}

/** The polynomials up to a degree of weights that are given by their logarithms. */
export function symmetric(
  { zero, one, add, multiply, fromLog }: Arithmetic,
  logWeights: readonly number[],
  degree: number,
): Symmetric {
  const weights = logWeights.map(fromLog);
  const width = degree + 1;
  // A line for each number of weights taken in.
  const lines = newArray(Float64Array, (weights.length + 1) * width).fill(zero);
  lines[0] = one;
  for (let j = 0; j < weights.length; j++) {
    const w = weights[j] as number;
    const from = j * width;
    const to = from + width;
    lines[to] = one;
    for (let m = 1; m <= degree; m++) {
      lines[to + m] = add(lines[from + m] as number, multiply(w, lines[from + m - 1] as number));
    }
  }

  function slopes(ofValues: Float64Array): Float64Array {
    const of = ofValues.slice();
    const result = newArray(Float64Array, weights.length);
    for (let j = weights.length - 1; j >= 0; j--) {
      const w = weights[j] as number;
      const from = j * width;
      let slope = zero;
      for (let m = 1; m <= degree; m++) {
        slope = add(slope, multiply(of[m] as number, lines[from + m - 1] as number));
        of[m - 1] = add(of[m - 1] as number, multiply(w, of[m] as number));
      }
      result[j] = multiply(w, slope);
    }
    return result;
  }
  return { values: lines.slice(weights.length * width), slopes };
}
