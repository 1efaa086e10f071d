import { Arithmetic } from "./arithmetic";

/*
 * Elementary symmetric polynomials e_m(w), the sums over all subsets of m weights of their products, and their slopes.
 *
 * The weights lie in groups of eight, four vectors of two lanes. Each lane has a polynomial E of its own, which takes in
 * four weights at a time: times (1 + w₀x)(1 + w₁x)(1 + w₂x)(1 + w₃x) = 1 + p₁x + p₂x² + p₃x³ + p₄x⁴,
 *
 *   E_m ← E_m + p₁·E_{m-1} + p₂·E_{m-2} + p₃·E_{m-3} + p₄·E_{m-4}
 *
 * and at the end the lanes are multiplied with one another. All terms are positive, so none cancels. The slopes come by the
 * same way back: G_m, the slope with respect to E_m, takes in G_m + p₁·G_{m+1} + …, and the slope with respect to p_i is
 * Σ G_{m+i}·E_m.
 *
 * A line is the coefficients of a polynomial, a vector each, between zeros that the loops read beyond its ends:
 *
 *   offset  -64           0     16          16·degree              +128
 *           0 0 0 0       E_0   E_1   …     E_degree   0 … 0
 */

/** Weights that come in at once. */
// @ts-ignore: decorator
@inline export const GROUP = 8;
// @ts-ignore: decorator
@inline const BELOW = 4;
// @ts-ignore: decorator
@inline const ABOVE = 8;

/** A degree as the loops go: in pairs. */
// @ts-ignore: decorator
@inline
function wholeDegree(degree: i32): i32 {
  return (degree + 1) & ~1;
}

/** Bytes of a line. */
// @ts-ignore: decorator
@inline
export function lineBytes(degree: i32): usize {
  return (<usize>(wholeDegree(degree) + 1 + BELOW + ABOVE)) << 4;
}

/** Where E_0 of a line lies that begins at `start`. */
// @ts-ignore: decorator
@inline
export function lineAt(start: usize): usize {
  return start + (BELOW << 4);
}

/** The vector of a coefficient. */
// @ts-ignore: decorator
@inline
export function coefficient(line: usize, m: i32): usize {
  return line + ((<usize>m) << 4);
}

/** Sets a whole line to 0. */
export function clear<A extends Arithmetic>(line: usize, degree: i32): void {
  const zero = changetype<A>(0).zero();
  const end = coefficient(line, wholeDegree(degree) + 1 + ABOVE);
  for (let at = coefficient(line, -BELOW); at < end; at += 16) v128.store(at, zero);
}

// @ts-ignore: decorator
@inline
function step<A extends Arithmetic>(
  e: v128,
  e1: v128,
  e2: v128,
  e3: v128,
  e4: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  p4: v128,
): v128 {
  const by = changetype<A>(0);
  // Two halves side by side: the next group waits for the result.
  return by.add(
    by.multiplyAdd(p2, e2, by.multiplyAdd(p1, e1, e)),
    by.multiplyAdd(p3, e3, by.multiply(p4, e4)),
  );
}

/**
 * The polynomials of `groups` groups of weights. The lanes' lines after 0, 1, … groups lie from `lines` on, `lineStep`
 * bytes apart, or all in one place if that is 0. `result` is a line of which each vector holds its coefficient twice.
 */
export function polynomial<A extends Arithmetic>(
  weights: usize,
  groups: i32,
  lines: usize,
  lineStep: usize,
  degree: i32,
  result: usize,
): void {
  const by = changetype<A>(0);
  const zero = by.zero();
  const whole = wholeDegree(degree);
  clear<A>(lines, degree);
  v128.store(lines, by.one());
  let from = lines;
  for (let group = 0; group < groups; group++, weights += 64) {
    const to = from + lineStep;
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const w2 = v128.load(weights, 32);
    const w3 = v128.load(weights, 48);
    const sum01 = by.add(w0, w1);
    const sum23 = by.add(w2, w3);
    const product01 = by.multiply(w0, w1);
    const product23 = by.multiply(w2, w3);
    const p1 = by.add(sum01, sum23);
    const p2 = by.multiplyAdd(sum01, sum23, by.add(product01, product23));
    const p3 = by.multiplyAdd(product01, sum23, by.multiply(product23, sum01));
    const p4 = by.multiply(product01, product23);

    // So far no more weights than that have come in. From the top, so that a line may be its own successor.
    const top = laneDegree(group + 1, whole);
    let old = coefficient(from, top);
    let next = coefficient(to, top);
    let e0 = v128.load(old);
    let e1 = v128.load(old - 16);
    let e2 = v128.load(old - 32);
    let e3 = v128.load(old - 48);
    v128.store(next, zero, 16);
    v128.store(next, zero, 32);
    v128.store(next, zero, 48);
    v128.store(next, zero, 64);
    for (let m = top; m > 0; m -= 2) {
      const e4 = v128.load(old - 64);
      const e5 = v128.load(old - 80);
      v128.store(next, step<A>(e0, e1, e2, e3, e4, p1, p2, p3, p4));
      v128.store(next - 16, step<A>(e1, e2, e3, e4, e5, p1, p2, p3, p4));
      e0 = e2;
      e1 = e3;
      e2 = e4;
      e3 = e5;
      old -= 32;
      next -= 32;
    }
    v128.store(to, by.one());
    v128.store(to - 16, zero);
    v128.store(to - 32, zero);
    v128.store(to - 48, zero);
    v128.store(to - 64, zero);
    from = to;
  }

  multiplyLanes<A>(from, laneDegree(groups, whole), degree, result);
}

/** The product of the polynomials of the lanes, which go up to `top`; beyond it and below 0, the line is 0. */
export function multiplyLanes<A extends Arithmetic>(line: usize, top: i32, degree: i32, result: usize): void {
  const by = changetype<A>(0);
  const zero = by.zero();
  const whole = wholeDegree(degree);
  clear<A>(result, degree);
  // Four at a time, so that the sums do not wait for one another.
  v128.store(result, by.one());
  for (let m = 1; m <= whole; m += 4) {
    let sum0 = zero;
    let sum1 = zero;
    let sum2 = zero;
    let sum3 = zero;
    for (let i = max(0, m - top); i <= min(m + 3, top); i++) {
      const e = v128.load(coefficient(line, i));
      const others = coefficient(line, m - i);
      sum0 = by.multiplyAdd(e, swapped(others), sum0);
      sum1 = by.multiplyAdd(e, swapped(others + 16), sum1);
      sum2 = by.multiplyAdd(e, swapped(others + 32), sum2);
      sum3 = by.multiplyAdd(e, swapped(others + 48), sum3);
    }
    const at = coefficient(result, m);
    v128.store(at, v128.shuffle<i64>(sum0, sum0, 0, 0));
    v128.store(at, v128.shuffle<i64>(sum1, sum1, 0, 0), 16);
    v128.store(at, v128.shuffle<i64>(sum2, sum2, 0, 0), 32);
    v128.store(at, v128.shuffle<i64>(sum3, sum3, 0, 0), 48);
  }
}

/** How far a lane's polynomial goes after so many groups. */
// @ts-ignore: decorator
@inline
function laneDegree(groups: i32, whole: i32): i32 {
  return min(whole, groups << 2);
}

/** A vector with its lanes exchanged. */
// @ts-ignore: decorator
@inline
function swapped(at: usize): v128 {
  const v = v128.load(at);
  return v128.shuffle<i64>(v, v, 1, 0);
}

/**
 * The way back: replaces each weight w by w·∂/∂w of a function whose slopes with respect to the coefficients are the
 * line `ofResult`. `slopes` is a line to work on.
 */
export function polynomialSlopes<A extends Arithmetic>(
  weights: usize,
  groups: i32,
  lines: usize,
  lineStep: usize,
  degree: i32,
  ofResult: usize,
  slopes: usize,
): void {
  const by = changetype<A>(0);
  const zero = by.zero();
  const whole = wholeDegree(degree);
  let line = lines + lineStep * <usize>groups;
  clear<A>(slopes, degree);
  const top = laneDegree(groups, whole);
  for (let m = 1; m <= whole; m += 4) {
    let sum0 = zero;
    let sum1 = zero;
    let sum2 = zero;
    let sum3 = zero;
    for (let i = 0; i <= min(whole - m, top); i++) {
      const e = swapped(coefficient(line, i));
      const slope = coefficient(ofResult, m + i);
      sum0 = by.multiplyAdd(v128.load(slope), e, sum0);
      sum1 = by.multiplyAdd(v128.load(slope, 16), e, sum1);
      sum2 = by.multiplyAdd(v128.load(slope, 32), e, sum2);
      sum3 = by.multiplyAdd(v128.load(slope, 48), e, sum3);
    }
    const at = coefficient(slopes, m);
    v128.store(at, sum0);
    v128.store(at, sum1, 16);
    v128.store(at, sum2, 32);
    v128.store(at, sum3, 48);
  }

  weights += (<usize>groups) << 6;
  for (let group = groups - 1; group >= 0; group--) {
    weights -= 64;
    line -= lineStep;
    const end = coefficient(slopes, laneDegree(group + 1, whole));
    let h1 = zero;
    let h2 = zero;
    let h3 = zero;
    let h4 = zero;
    let g1 = v128.load(slopes, 16);
    let g2 = v128.load(slopes, 32);
    let g3 = v128.load(slopes, 48);
    let e = line;
    for (let g = slopes; g < end; g += 32, e += 32) {
      const g4 = v128.load(g, 64);
      const g5 = v128.load(g, 80);
      const e0 = v128.load(e);
      h1 = by.multiplyAdd(g1, e0, h1);
      h2 = by.multiplyAdd(g2, e0, h2);
      h3 = by.multiplyAdd(g3, e0, h3);
      h4 = by.multiplyAdd(g4, e0, h4);
      const e1 = v128.load(e, 16);
      h1 = by.multiplyAdd(g2, e1, h1);
      h2 = by.multiplyAdd(g3, e1, h2);
      h3 = by.multiplyAdd(g4, e1, h3);
      h4 = by.multiplyAdd(g5, e1, h4);
      g1 = g3;
      g2 = g4;
      g3 = g5;
    }

    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const w2 = v128.load(weights, 32);
    const w3 = v128.load(weights, 48);
    const sum01 = by.add(w0, w1);
    const sum23 = by.add(w2, w3);
    const product01 = by.multiply(w0, w1);
    const product23 = by.multiply(w2, w3);
    v128.store(weights, by.multiply(w0, slope<A>(w1, sum23, product23, h1, h2, h3, h4)));
    v128.store(weights, by.multiply(w1, slope<A>(w0, sum23, product23, h1, h2, h3, h4)), 16);
    v128.store(weights, by.multiply(w2, slope<A>(w3, sum01, product01, h1, h2, h3, h4)), 32);
    v128.store(weights, by.multiply(w3, slope<A>(w2, sum01, product01, h1, h2, h3, h4)), 48);

    const p1 = by.add(sum01, sum23);
    const p2 = by.multiplyAdd(sum01, sum23, by.add(product01, product23));
    const p3 = by.multiplyAdd(product01, sum23, by.multiply(product23, sum01));
    const p4 = by.multiply(product01, product23);
    let f0 = v128.load(slopes);
    let f1 = v128.load(slopes, 16);
    let f2 = v128.load(slopes, 32);
    let f3 = v128.load(slopes, 48);
    for (let g = slopes; g < end; g += 32) {
      const f4 = v128.load(g, 64);
      const f5 = v128.load(g, 80);
      v128.store(g, step<A>(f0, f1, f2, f3, f4, p1, p2, p3, p4));
      v128.store(g, step<A>(f1, f2, f3, f4, f5, p1, p2, p3, p4), 16);
      f0 = f2;
      f1 = f3;
      f2 = f4;
      f3 = f5;
    }
  }
}

/** The slope of one of four weights, by the other weight of its pair and the sum and product of the other pair. */
// @ts-ignore: decorator
@inline
function slope<A extends Arithmetic>(
  w: v128,
  sum: v128,
  product: v128,
  h1: v128,
  h2: v128,
  h3: v128,
  h4: v128,
): v128 {
  const by = changetype<A>(0);
  const s2 = by.add(w, sum);
  const s3 = by.multiplyAdd(w, sum, product);
  const s4 = by.multiply(w, product);
  return by.multiplyAdd(h4, s4, by.multiplyAdd(h3, s3, by.multiplyAdd(h2, s2, h1)));
}
