import { Arithmetic } from "./arithmetic";
import { coefficient } from "./symmetric";

/*
 * Sums over products of two elementary symmetric polynomials, e_a(u)·e_b(v), lines as in `symmetric.ts`. Slopes are
 * written to lines that are zeros beyond them, if they are used.
 */

/** R of as many classes in as out, and its slopes: e_m(u)·e_m(v) over all m. */
export function evenSwaps<A extends Arithmetic>(
  u: usize,
  v: usize,
  slopesU: usize,
  slopesV: usize,
  degree: i32,
): v128 {
  const by = changetype<A>(0);
  let sum = by.zero();
  for (let m = 1; m <= degree; m++) {
    const um = v128.load(coefficient(u, m));
    const vm = v128.load(coefficient(v, m));
    sum = by.multiplyAdd(um, vm, sum);
    v128.store(coefficient(slopesU, m), vm);
    v128.store(coefficient(slopesV, m), um);
  }
  return sum;
}

/**
 * R of all (a, b) ≠ (0, 0) with b ≤ a + spare, and its slopes: e_a(u)·e_b(v)·θ^(a - b), with θ = e^-c, which is 1 if spare
 * is not 0. Sums over b for a given a come from those for a - 1, and the other way round.
 */
export function swapsUpTo<A extends Arithmetic>(
  u: usize,
  v: usize,
  slopesU: usize,
  slopesV: usize,
  degreeU: i32,
  degreeV: i32,
  spare: i32,
  logTheta: f64,
): v128 {
  const by = changetype<A>(0);
  const zero = by.zero();
  const theta = by.fromLog(f64x2.splat(logTheta));
  let sum = zero;
  for (let b = 1; b <= min(spare, degreeV); b++) sum = by.add(sum, v128.load(coefficient(v, b)));
  let before = zero;
  for (let b = 0; b < min(spare, degreeV + 1); b++) before = by.add(before, v128.load(coefficient(v, b)));
  for (let a = 0; a <= degreeU; a++) {
    const next = a + spare <= degreeV ? v128.load(coefficient(v, a + spare)) : zero;
    before = by.multiplyAdd(theta, before, next);
    v128.store(coefficient(slopesU, a), before);
    if (a > 0) sum = by.multiplyAdd(v128.load(coefficient(u, a)), before, sum);
  }
  let rest = zero;
  for (let a = max(degreeU, degreeV - spare); a >= 0; a--) {
    const ua = a <= degreeU ? v128.load(coefficient(u, a)) : zero;
    rest = by.multiplyAdd(theta, rest, ua);
    if (a > 0 && a + spare <= degreeV) v128.store(coefficient(slopesV, a + spare), rest);
  }
  for (let b = 0; b <= min(spare, degreeV); b++) v128.store(coefficient(slopesV, b), rest);
  return sum;
}
