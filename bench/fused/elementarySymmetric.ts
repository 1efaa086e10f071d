/*
 * The elementary symmetric polynomials e_1 … e_M of weights w: the coefficients of Π (1 + w·x). Four weights at a time
 * are multiplied into one polynomial of degree 4 first, so that each coefficient is read and written once for four of
 * them. That took four fifths of the time of one weight at a time at 1000 classes, and two at a time were in between.
 * Only positive terms are added, so no digit is lost.
 */

/** How many weights go in at once: the arrays of weights are filled up with zeros to a multiple of it. */
export const STEP = 4;

/** Zeros below the coefficient 1 of a state, for those of negative order. */
export const OFFSET = STEP - 1;

/** The number of elements that a state takes: what is below, 1, and e_1 … e_M. */
export function stateSize(degree: number): number {
  return OFFSET + 1 + degree;
}

/**
 * Multiplies `count` weights in. The states before each step and after the last are left in `states`, `stride` elements
 * from one to the next; a stride of 0 keeps the last one only. Returns where in `states` that one has its 1.
 */
export function multiplyIn(
  weights: Float64Array,
  count: number,
  degree: number,
  states: Float64Array,
  stride: number,
): number {
  for (let i = 0; i < stateSize(degree); i++) states[i] = 0;
  states[OFFSET] = 1;
  let from = OFFSET;
  for (let j = 0; j < count; j += STEP) {
    const w0 = weights[j] as number;
    const w1 = weights[j + 1] as number;
    const w2 = weights[j + 2] as number;
    const w3 = weights[j + 3] as number;
    const a = w0 + w1;
    const b = w0 * w1;
    const c = w2 + w3;
    const d = w2 * w3;
    const of1 = a + c;
    const of2 = b + d + a * c;
    const of3 = a * d + b * c;
    const of4 = b * d;
    const to = from + stride;
    states[to - 3] = 0;
    states[to - 2] = 0;
    states[to - 1] = 0;
    states[to] = 1;
    let e1 = 1;
    let e2 = 0;
    let e3 = 0;
    let e4 = 0;
    for (let m = 1; m <= degree; m++) {
      const e = states[from + m] as number;
      states[to + m] = e + of1 * e1 + (of2 * e2 + of3 * e3) + of4 * e4;
      e4 = e3;
      e3 = e2;
      e2 = e1;
      e1 = e;
    }
    from = to;
  }
  return from;
}

/**
 * The way back: from the slopes of anything by the last state, in `adjoints` 1 … M with zeros behind, its slope by each
 * weight. Uses `adjoints` up.
 */
export function slopesByWeights(
  weights: Float64Array,
  count: number,
  degree: number,
  states: Float64Array,
  stride: number,
  adjoints: Float64Array,
  slopes: Float64Array,
): void {
  let from = OFFSET + (count / STEP) * stride;
  for (let j = count - STEP; j >= 0; j -= STEP) {
    from -= stride;
    const w0 = weights[j] as number;
    const w1 = weights[j + 1] as number;
    const w2 = weights[j + 2] as number;
    const w3 = weights[j + 3] as number;
    const a = w0 + w1;
    const b = w0 * w1;
    const c = w2 + w3;
    const d = w2 * w3;
    const of1 = a + c;
    const of2 = b + d + a * c;
    const of3 = a * d + b * c;
    const of4 = b * d;
    let by1 = 0;
    let by2 = 0;
    let by3 = 0;
    let by4 = 0;
    let e2 = 0;
    let e3 = 0;
    let e4 = 0;
    let g0 = adjoints[1] as number;
    let g1 = adjoints[2] as number;
    let g2 = adjoints[3] as number;
    let g3 = adjoints[4] as number;
    for (let m = 1; m <= degree; m++) {
      const e1 = states[from + m - 1] as number;
      const g4 = adjoints[m + 4] as number;
      by1 += g0 * e1;
      by2 += g0 * e2;
      by3 += g0 * e3;
      by4 += g0 * e4;
      adjoints[m] = g0 + of1 * g1 + (of2 * g2 + of3 * g3) + of4 * g4;
      e4 = e3;
      e3 = e2;
      e2 = e1;
      g0 = g1;
      g1 = g2;
      g2 = g3;
      g3 = g4;
    }
    const byA = by1 + c * by2 + d * by3;
    const byB = by2 + c * by3 + d * by4;
    const byC = by1 + a * by2 + b * by3;
    const byD = by2 + a * by3 + b * by4;
    slopes[j] = byA + w1 * byB;
    slopes[j + 1] = byA + w0 * byB;
    slopes[j + 2] = byC + w3 * byD;
    slopes[j + 3] = byC + w2 * byD;
  }
}
