import { Arithmetic, Linear, Logarithmic } from "../math/arithmetic";
import { FEW, polynomialOfFew } from "../math/fewSymmetric";
import { narrowed } from "../math/lanes";
import {
  greatestNarrow,
  greatestOf,
  leaveOneOutAt,
  leaveOneOutSeries,
  leaveOneOutSlopes,
  narrowSeries,
} from "../math/leaveOneOut";
import { listHighest, listHighestFrom } from "../math/select";
import { evenSwaps, swapsUpTo } from "../math/swaps";
import {
  clear,
  coefficient,
  GROUP,
  lineAt,
  lineBytes,
  polynomial,
  polynomialSlopes,
} from "../math/symmetric";
import { currentCall } from "./call";
import { listPositives } from "./labels";
import { fill, isModerate, lossOfRows, thresholdOf } from "./rows";
import { storeTail } from "./vectors";
import { weighAny, weighByLogs, weighModerate, widenWeights, writeLeaveOneOut } from "./weights";
import { distance } from "./thread";

/*
 * log Σ_S e^(Σ_S z) - Σ_P z over the subsets S of classes that are allowed: those of as many classes as P, or in the padded
 * form those of at most `most` classes, z = s - s₀.
 *
 * S differs from the best subset, T, by a classes that it leaves out and b others that it takes in. With a center c between
 * them, u = e^(c - z) in T and v = e^(z - c) outside are at most 1, and the sum over S is e^(Σ_T z)·(1 + R), where
 * R = Σ e_a(u)·e_b(v)·e^(-c(a - b)) over all a and b that may be. No term is negative, so none cancels: the loss is
 * log(1 + R) plus the distances from c of the classes that are on the wrong side of it, and the gradient is the
 * probability of being left out, or taken in, of a random S: by the way back over the same terms, or for the classes
 * outside by a series, where that loses few digits (math/leaveOneOut.ts).
 */

/** Up to here, the logarithm of a number of subsets stands for a float64. */
// @ts-ignore: decorator
@inline const LARGEST_LOG = 700;

/**
 * 2^50: below e^-142 the fast exponential is 0, which rounds to a float32 of 0 up to here. Of a row, n²/4 swaps of two classes
 * may each count as much.
 */
// @ts-ignore: decorator
@inline const HEAVY: f64 = 1125899906842624.0;

/** 2^-10: what a center may lose as a float32 number, for the fast exponential to make up for it. */
// @ts-ignore: decorator
@inline const MOST_LOST: f64 = 0.0009765625;

/** A row, and the room that it is worked on in. */
@unmanaged
class Subsets {
  logits: usize;
  labels: usize;
  classes: i32;
  positives: i32;
  /** The size of the subsets; in the padded form, the greatest. */
  most: i32;
  isPadded: bool;
  /** float32 [classes], where the gradient goes; 0 for none. */
  grad: usize;
  /** What the gradient is multiplied by. */
  factor: f64;
  /** Whether the row's weight makes something of exponentials that the fast form counts as 0. */
  isHeavy: bool;
  threshold: f64;
  /** The number of classes of T, and how many more may be taken in than are left out. */
  inside: i32;
  spare: i32;
  /** The score of the center, c + s₀. */
  center: f64;
  /** int32 [positives]: the positive classes. */
  positive: usize;
  /** int32 [inside]: the classes of T. */
  members: usize;
  /** float64: u of the members, and then the probability that each is left out; in whole groups. */
  u: usize;
  /** float64: v of the classes outside, and then the probability that each is taken in; 0 for the members. */
  v: usize;
  /** float32: v instead, if the scores are moderate. */
  narrow: usize;
  isNarrow: bool;
  /** Whether v has been made of it as well. */
  isWidened: bool;
  /** Where lines begin. */
  lines: usize;
  /** Where those of v begin. */
  linesV: usize;
  degreeU: i32;
  degreeV: i32;
  loss: f64;
  /** ∂loss/∂threshold */
  slope: f64;
}

// @ts-ignore: decorator
@lazy const SUBSETS = memory.data(offsetof<Subsets>(), 8);

// @ts-ignore: decorator
@inline
function groupsOf(count: i32): i32 {
  return (count + GROUP - 1) / GROUP;
}

/** Bytes of weights in whole groups. */
// @ts-ignore: decorator
@inline
function weightBytes(count: i32): usize {
  return (<usize>groupsOf(count)) << 6;
}

/** Lines that a polynomial leaves behind: one of each group if the way back needs them. */
// @ts-ignore: decorator
@inline
function linesOf(count: i32, needsGradient: bool): usize {
  return needsGradient ? <usize>groupsOf(count) + 1 : 1;
}

/** Lines besides those of `linesOf`: both polynomials, their slopes, one to work on, and the series in both precisions. */
// @ts-ignore: decorator
@inline const EXTRA_LINES = 6;

/**
 * The room in `scratch` that rows of so many classes need, if none of them has more than `most` positive ones or, in the
 * padded form, may have more.
 */
export function subsetsScratch(classes: i32, most: i32, isPadded: bool, needsGradient: bool): f64 {
  const inside = min(classes, most);
  const degree = isPadded ? inside : min(inside, classes >> 1);
  const lines = linesOf(inside, needsGradient) + linesOf(classes, needsGradient) + EXTRA_LINES;
  return (
    <f64>((2 * <usize>inside + 2) << 2) +
    <f64>weightBytes(inside) +
    1.5 * <f64>weightBytes(classes) +
    <f64>lines * <f64>lineBytes(degree) +
    48
  );
}

// @ts-ignore: decorator
@inline
function scoreAt(logits: usize, index: i32): f64 {
  return <f64>load<f32>(logits + ((<usize>index) << 2));
}

/** A class of a list. */
// @ts-ignore: decorator
@inline
function listed(list: usize, at: i32): i32 {
  return load<i32>(list + ((<usize>at) << 2));
}

// @ts-ignore: decorator
@inline
function align16(pointer: usize): usize {
  return (pointer + 15) & ~15;
}

function hasNaN(logits: usize, classes: i32): bool {
  let some = i32x4.splat(0);
  const end4 = logits + ((<usize>(classes & ~3)) << 2);
  for (; logits < end4; logits += 16) {
    const s = v128.load(logits);
    some = v128.or(some, v128.ne<f32>(s, s));
  }
  let isSome = v128.any_true(some);
  for (let i = 0; i < (classes & 3); i++) isSome = isSome || isNaN(scoreAt(logits, i));
  return isSome;
}

function countAbove(logits: usize, classes: i32, bound: f64): i32 {
  let count = 0;
  for (let i = 0; i < classes; i++) count += i32(scoreAt(logits, i) > bound);
  return count;
}

/** The highest score below `bound`. */
function highestBelow(logits: usize, classes: i32, bound: f64): f64 {
  let highest = -Infinity;
  for (let i = 0; i < classes; i++) {
    const s = scoreAt(logits, i);
    if (s < bound) highest = max(highest, s);
  }
  return highest;
}

/** Finds T and the center; false if infinite scores leave neither, and the row is written. */
function findBest(row: Subsets): bool {
  const logits = row.logits;
  const classes = row.classes;
  const most = row.most;
  let inside = most;
  if (row.isPadded) {
    inside = min(most, countAbove(logits, classes, row.threshold));
    row.center = row.threshold;
  }
  row.inside = inside;
  row.spare = most - inside;
  if (row.spare > 0) {
    listHighestFrom(logits, classes, inside, row.threshold, row.members);
    return true;
  }
  // Worked out where v will lie.
  const edge = <f64>listHighest(logits, classes, most, row.members, row.v);
  if (edge == Infinity && countAbove(logits, classes, f32.MAX_VALUE) > most) {
    writeUndecided(row);
    return false;
  }
  if (edge == -Infinity) {
    if (row.grad) fill(row.grad, classes, NaN);
    row.loss = NaN;
    row.slope = NaN;
    return false;
  }
  let center = edge;
  if (center == Infinity) {
    center = highestBelow(logits, classes, Infinity);
    if (center == -Infinity) center = 0;
  }
  row.center = row.isPadded ? max(center, row.threshold) : center;
  return true;
}

/** More infinite scores than a subset has: the best one takes some of them, in no definite way. */
function writeUndecided(row: Subsets): void {
  const grad = row.grad;
  let right = 0;
  for (let i = 0; i < row.classes; i++) {
    const isPositive = load<u8>(row.labels + i) != 0;
    const isInfinite = scoreAt(row.logits, i) == Infinity;
    right += i32(isPositive && isInfinite);
    if (grad) {
      store<f32>(grad + ((<usize>i) << 2), isInfinite ? NaN : <f32>(isPositive ? -row.factor : 0));
    }
  }
  row.loss = right == row.most ? NaN : Infinity;
  row.slope = NaN;
}

/** How far the classes on the wrong side of the center lie from it, in all. */
function wrongBy(row: Subsets): f64 {
  const center = row.center;
  let sum: f64 = 0;
  for (let k = 0; k < row.positives; k++) {
    sum += max(center - scoreAt(row.logits, listed(row.positive, k)), 0.0);
  }
  for (let member = 0; member < row.inside; member++) {
    const i = listed(row.members, member);
    if (!load<u8>(row.labels + <usize>i)) sum += max(scoreAt(row.logits, i) - center, 0.0);
  }
  return sum;
}

/** The weights v; those of the members and what is left of the last group are 0. */
function weighOutside<A extends Arithmetic>(row: Subsets): void {
  const by = changetype<A>(0);
  const zero = by.zero();
  const logits = row.logits;
  const classes = row.classes;
  const count = groupsOf(classes) << 3;
  row.isWidened = false;
  row.isNarrow = by.isLinear() && !row.isHeavy && weighModerate(logits, classes, row.center, row.narrow);
  if (row.isNarrow) {
    for (let i = classes; i < count; i++) store<f32>(row.narrow + ((<usize>i) << 2), 0);
    for (let member = 0; member < row.inside; member++) {
      store<f32>(row.narrow + ((<usize>listed(row.members, member)) << 2), 0);
    }
    return;
  }
  const isFar = abs(row.center - <f64>(<f32>row.center)) > MOST_LOST;
  if (row.isHeavy || isFar) {
    for (let i = 0; i < classes; i++) {
      const weight = by.fromLog(f64x2.splat(min(scoreAt(logits, i) - row.center, 0.0)));
      v128.store_lane<u64>(row.v + ((<usize>i) << 3), weight, 0);
    }
  } else if (by.isLinear()) {
    weighAny(logits, classes, row.center, row.v);
  } else {
    weighByLogs(logits, classes, row.center, row.v);
  }
  for (let i = classes; i < count; i++) v128.store_lane<u64>(row.v + ((<usize>i) << 3), zero, 0);
  for (let member = 0; member < row.inside; member++) {
    v128.store_lane<u64>(row.v + ((<usize>listed(row.members, member)) << 3), zero, 0);
  }
}

/** The weights u; what is left of the last group is 0. */
function weighMembers<A extends Arithmetic>(row: Subsets): void {
  const by = changetype<A>(0);
  const end = row.u + weightBytes(row.inside);
  for (let at = row.u; at < end; at += 16) v128.store(at, by.zero());
  for (let member = 0; member < row.inside; member++) {
    const score = scoreAt(row.logits, listed(row.members, member));
    const weight = by.fromLog(f64x2.splat(row.center - score));
    v128.store_lane<u64>(row.u + ((<usize>member) << 3), weight, 0);
  }
}

/** v in float64. */
function widen(row: Subsets): void {
  if (!row.isNarrow || row.isWidened) return;
  row.isWidened = true;
  widenWeights(row.narrow, groupsOf(row.classes), row.v);
}

// @ts-ignore: decorator
@inline
function toShares<A extends Arithmetic>(weights: usize, count: i32): void {
  const end = weights + weightBytes(count);
  for (; weights < end; weights += 16) v128.store(weights, changetype<A>(0).share(v128.load(weights)));
}

/** Divides slopes by 1 + R; returns the sum of the probabilities of all classes, Σ m·e_m·slope of e_m. */
function divideSlopes<A extends Arithmetic>(e: usize, slopes: usize, degree: i32, inverse: v128): f64 {
  const by = changetype<A>(0);
  let sum: f64 = 0;
  for (let m = 0; m <= degree; m++) {
    const at = coefficient(slopes, m);
    const slope = by.multiply(v128.load(at), inverse);
    v128.store(at, slope);
    sum += <f64>m * f64x2.extract_lane(by.share(by.multiply(v128.load(coefficient(e, m)), slope)), 0);
  }
  return sum;
}

/** R by either arithmetic; returns log(1 + R), and writes the gradient if it is wanted. */
function swap<A extends Arithmetic>(row: Subsets): f64 {
  const by = changetype<A>(0);
  const degreeU = row.degreeU;
  const degreeV = row.degreeV;
  const groupsU = groupsOf(row.inside);
  const bytes = lineBytes(max(degreeU, degreeV));
  const needsGradient = row.grad != 0;
  const lineStep = needsGradient ? bytes : 0;
  const linesU = lineAt(row.lines);
  row.linesV = linesU + bytes * linesOf(row.inside, needsGradient);
  const u = row.linesV + bytes * linesOf(row.classes, needsGradient);
  const v = u + bytes;
  const slopesU = v + bytes;
  const slopesV = slopesU + bytes;
  const work = slopesV + bytes;

  weighOutside<A>(row);
  weighMembers<A>(row);
  polynomial<A>(row.u, groupsU, linesU, lineStep, degreeU, u);
  polynomialOutside<A>(row, by.isLinear() ? 0 : lineStep, v);
  if (needsGradient) {
    clear<A>(slopesU, degreeU);
    clear<A>(slopesV, degreeV);
  }
  const sum = row.isPadded
    ? swapsUpTo<A>(u, v, slopesU, slopesV, degreeU, degreeV, row.spare, row.threshold - row.center)
    : evenSwaps<A>(u, v, slopesU, slopesV, degreeU);
  if (needsGradient) {
    const inverse = by.inverseOnePlus(sum);
    const leftOut = divideSlopes<A>(u, slopesU, degreeU, inverse);
    const takenIn = divideSlopes<A>(v, slopesV, degreeV, inverse);
    row.slope = row.factor * (<f64>(row.positives - row.inside) + (leftOut - takenIn));
    gradientOutside<A>(row, lineStep, v, slopesV, work);
    polynomialSlopes<A>(row.u, groupsU, linesU, lineStep, degreeU, slopesU, work);
    toShares<A>(row.u, row.inside);
    writeMembers(row);
  }
  return by.logOnePlus(sum);
}

/** The polynomial of v. */
function polynomialOutside<A extends Arithmetic>(row: Subsets, lineStep: usize, v: usize): void {
  const groups = groupsOf(row.classes);
  const degree = row.degreeV;
  if (row.isNarrow && degree <= FEW) {
    polynomialOfFew(row.narrow, groups, row.linesV, degree, v);
  } else {
    widen(row);
    polynomial<A>(row.v, groups, row.linesV, lineStep, degree, v);
  }
}

/*
 * The gradient is the probability that a random subset has a class, less 1 if it is positive.
 */

/** That of the classes outside, by a series if that loses few digits, and else by the way back. */
function gradientOutside<A extends Arithmetic>(
  row: Subsets,
  lineStep: usize,
  v: usize,
  slopes: usize,
  work: usize,
): void {
  const groups = groupsOf(row.classes);
  const degree = row.degreeV;
  let count = 0;
  if (changetype<A>(0).isLinear()) {
    const series = work + lineStep;
    const greatest = row.isNarrow ? greatestNarrow(row.narrow, groups) : greatestOf(row.v, groups);
    count = leaveOneOutSeries(greatest, v, slopes, degree, series);
    if (count && row.isNarrow && writeBySeries(row, greatest, series, count)) return;
    widen(row);
    if (count) leaveOneOutSlopes(row.v, groups, series, count);
    else polynomial<A>(row.v, groups, row.linesV, lineStep, degree, v);
  }
  if (!count) polynomialSlopes<A>(row.v, groups, row.linesV, lineStep, degree, slopes, work);
  toShares<A>(row.v, row.classes);
  writeOutside(row);
}

/** The same from narrow weights by a series, if float32 has the digits for it. */
function writeBySeries(row: Subsets, greatest: f64, series: usize, count: i32): bool {
  if (!isModerate(row.factor)) return false;
  const narrow = series + ((<usize>count) << 3);
  const narrowCount = narrowSeries(greatest, series, count, row.factor, narrow);
  if (!narrowCount) return false;
  writeLeaveOneOut(row.narrow, row.classes, narrow, narrowCount, row.grad);
  for (let k = 0; k < row.positives; k++) {
    const i = listed(row.positive, k);
    const taken = leaveOneOutAt(load<f32>(row.narrow + ((<usize>i) << 2)), series, count);
    store<f32>(row.grad + ((<usize>i) << 2), <f32>(row.factor * (taken - 1)));
  }
  return true;
}

/** The same from their probabilities, in v. */
function writeOutside(row: Subsets): void {
  const classes = row.classes;
  const grad = row.grad;
  const factors = f64x2.splat(row.factor);
  let from = row.v;
  for (let i = 0; i < classes; i += 4, from += 32) {
    const g = narrowed(v128.mul<f64>(v128.load(from), factors), v128.mul<f64>(v128.load(from, 16), factors));
    if (classes - i >= 4) v128.store(grad + ((<usize>i) << 2), g);
    else storeTail(grad + ((<usize>i) << 2), g, classes - i);
  }
  for (let k = 0; k < row.positives; k++) {
    const i = listed(row.positive, k);
    const taken = load<f64>(row.v + ((<usize>i) << 3));
    store<f32>(grad + ((<usize>i) << 2), <f32>(row.factor * (taken - 1)));
  }
}

/** That of the members, from their probabilities of being left out, in u. */
function writeMembers(row: Subsets): void {
  for (let member = 0; member < row.inside; member++) {
    const i = listed(row.members, member);
    const out = load<f64>(row.u + ((<usize>member) << 3));
    const isPositive = load<u8>(row.labels + i) != 0;
    store<f32>(row.grad + ((<usize>i) << 2), <f32>(row.factor * (isPositive ? -out : 1 - out)));
  }
}

/** One row. */
function subsetsRow(row: Subsets): void {
  const classes = row.classes;
  const grad = row.grad;
  row.loss = 0;
  row.slope = 0;
  if (hasNaN(row.logits, classes)) {
    if (grad) fill(grad, classes, NaN);
    row.loss = NaN;
    row.slope = NaN;
    return;
  }
  if (!row.isPadded && (row.positives == 0 || row.positives == classes)) {
    if (grad) fill(grad, classes, 0);
    return;
  }
  row.v = align16(row.positive + ((<usize>(row.positives + 1)) << 2));
  row.u = row.v + weightBytes(classes);
  row.narrow = row.u + weightBytes(row.most);
  row.members = row.narrow + (weightBytes(classes) >> 1);
  row.lines = align16(row.members + ((<usize>(row.most + 1)) << 2));
  if (!findBest(row)) return;

  const inside = row.inside;
  const outside = classes - inside;
  row.degreeU = row.isPadded ? inside : min(inside, outside);
  row.degreeV = row.isPadded ? min(outside, row.most) : row.degreeU;
  const wrong = wrongBy(row) + <f64>(row.most - row.positives) * (row.center - row.threshold);
  const degree = <f64>max(max(row.degreeU, row.degreeV), 1);
  // No more than 2^classes subsets.
  const isLinear =
    classes < LARGEST_LOG || degree * (1 + NativeMath.log(<f64>classes / degree)) < LARGEST_LOG;
  row.loss = (isLinear ? swap<Linear>(row) : swap<Logarithmic>(row)) + wrong;
}

let maxLabels: i32 = -1;


@unmanaged
class RowOfSubsets {

  @inline
  row(logits: usize, labels: usize, grad: usize, classes: i32, factor: f64, index: i32): f64 {
    const call = currentCall();
    const row = changetype<Subsets>(ASC_FEATURE_THREADS ? SUBSETS + distance : SUBSETS);
    row.logits = logits;
    row.labels = labels;
    row.classes = classes;
    row.positive = call.scratch;
    row.positives = listPositives(labels, classes, row.positive);
    row.isPadded = maxLabels >= 0;
    row.grad = grad;
    row.factor = factor;
    row.isHeavy = factor * <f64>classes * <f64>classes > HEAVY;
    row.most = row.isPadded ? min(maxLabels, classes) : row.positives;
    row.threshold = row.isPadded ? thresholdOf(call.thresholds, index) : 0;
    subsetsRow(row);
    return row.loss;
  }


  @inline
  slope(): f64 {
    return changetype<Subsets>(ASC_FEATURE_THREADS ? SUBSETS + distance : SUBSETS).slope;
  }
}

/** Loss and gradient of the current call's rows; a number below 0 stands for as many classes as are positive. */
export function lossOfSubsets(greatestNumber: i32): f64 {
  maxLabels = greatestNumber;
  return lossOfRows<RowOfSubsets>(false);
}
