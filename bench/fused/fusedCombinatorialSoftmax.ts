import type { Baseline } from "./baseline.ts";
import { multiplyIn, OFFSET, STEP, slopesByWeights, stateSize } from "./elementarySymmetric.ts";
import { kthHighest } from "./kthHighest.ts";
import { LARGE } from "./large.ts";

/*
 * The baseline of `combinatorialSoftmax`: the recursion of the kernel, forth and back over positive terms. The kernel comes
 * back by a series where it can (assembly/math/leaveOneOut.ts): that part of its lead is not by machine code. With T the k
 * highest scores of a row, c the least of them, and w = e^-|s - c|, one exponential a class,
 *
 *     log e_k(e^s) = Σ_T s + log(1 + R),  R = Σ_{m≥1} e_m(w in T)·e_m(w outside)
 *
 * where m says how many classes change places. The slopes of R by the w are the probabilities that a class of T is left
 * out, and that one outside is taken, times 1 + R. The weights outside lie in the order of the classes, with 0 for those
 * of T: moving them together was slower for the large shapes, by about 5 %. Short rows are cleared by loops: a call of
 * `fill` costs more than they do.
 */

/** What a row leaves to the next one but its memory. */
class Scratch {
  heap = new Float64Array(0);
  outside = new Float64Array(0);
  top = new Float64Array(0);
  topClasses = new Int32Array(0);
  slopes = new Float64Array(0);
  adjoints = new Float64Array(0);
  topStates = new Float64Array(0);
  outsideStates = new Float64Array(0);

  reserveClasses(classes: number): void {
    if (this.heap.length >= classes) return;
    this.heap = new Float64Array(classes);
    this.outside = new Float64Array(classes + STEP);
    this.top = new Float64Array(classes + STEP);
    this.topClasses = new Int32Array(classes);
    this.slopes = new Float64Array(classes + STEP);
    this.adjoints = new Float64Array(classes + 2 * STEP);
  }

  reserveStates(top: number, outside: number): void {
    if (this.topStates.length < top) this.topStates = new Float64Array(2 * top);
    if (this.outsideStates.length < outside) this.outsideStates = new Float64Array(2 * outside);
  }
}

const scratch = new Scratch();

/** The length of an array of weights with the zeros that fill it up. */
function filled(count: number): number {
  return Math.ceil(count / STEP) * STEP;
}

function countPositives(labels: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) count += labels[i] as number;
  return count;
}

/** Fills the arrays of weights, and returns Σ_T s - Σ_P s. */
function weigh(logits: Float32Array, labels: Uint8Array, start: number, classes: number, k: number): number {
  const { heap, outside, top, topClasses } = scratch;
  const c = kthHighest(logits, start, classes, k, heap);
  let missing = k;
  for (let i = 0; i < k; i++) if ((heap[i] as number) > c) missing--;
  let gap = 0;
  let count = 0;
  for (let i = 0; i < classes; i++) {
    const distance = (logits[start + i] as number) - c;
    const w = Math.exp(-Math.abs(distance));
    const isPositive = labels[start + i] !== 0;
    if (distance > 0 || (distance === 0 && missing-- > 0)) {
      topClasses[count] = start + i;
      top[count++] = w;
      outside[i] = 0;
      if (!isPositive) gap += distance;
    } else {
      outside[i] = w;
      if (isPositive) gap -= distance;
    }
  }
  for (let j = count; j < filled(count); j++) top[j] = 0;
  for (let i = classes; i < filled(classes); i++) outside[i] = 0;
  return gap;
}

/** R, of two states. */
function product(
  degree: number,
  top: Float64Array,
  topAt: number,
  outside: Float64Array,
  at: number,
): number {
  let sum = 0;
  for (let m = 1; m <= degree; m++) sum += (top[topAt + m] as number) * (outside[at + m] as number);
  return sum;
}

/** Makes the adjoints of one state from the other. */
function setAdjoints(degree: number, states: Float64Array, at: number, factor: number): void {
  const { adjoints } = scratch;
  for (let m = 1; m <= degree; m++) adjoints[m] = (states[at + m] as number) * factor;
  for (let m = degree + 1; m <= degree + STEP; m++) adjoints[m] = 0;
}

function lossAndGradient(
  logits: Float32Array,
  labels: Uint8Array,
  grad: Float32Array,
  classes: number,
): number {
  const length = logits.length;
  const factor = classes / length;
  scratch.reserveClasses(classes);
  const { outside, top, topClasses, slopes, adjoints } = scratch;
  let total = 0;
  let sums = 1;
  for (let start = 0; start < length; start += classes) {
    const end = start + classes;
    const k = countPositives(labels, start, end);
    if (k === 0 || k === classes) {
      grad.fill(0, start, end);
      continue;
    }
    total += weigh(logits, labels, start, classes, k);

    const degree = Math.min(k, classes - k);
    const stride = stateSize(degree);
    const topCount = filled(k);
    const count = filled(classes);
    scratch.reserveStates((topCount / STEP + 1) * stride, (count / STEP + 1) * stride);
    const { topStates, outsideStates } = scratch;
    const topAt = multiplyIn(top, topCount, degree, topStates, stride);
    const at = multiplyIn(outside, count, degree, outsideStates, stride);
    const sum = 1 + product(degree, topStates, topAt, outsideStates, at);
    sums *= sum;
    if (sums > LARGE) {
      total += Math.log(sums);
      sums = 1;
    }

    const share = factor / sum;
    setAdjoints(degree, topStates, topAt, share);
    slopesByWeights(outside, count, degree, outsideStates, stride, adjoints, slopes);
    for (let i = 0; i < classes; i++) {
      const taken = (outside[i] as number) * (slopes[i] as number);
      grad[start + i] = labels[start + i] === 0 ? taken : taken - factor;
    }
    setAdjoints(degree, outsideStates, at, share);
    slopesByWeights(top, topCount, degree, topStates, stride, adjoints, slopes);
    for (let j = 0; j < k; j++) {
      const i = topClasses[j] as number;
      const leftOut = (top[j] as number) * (slopes[j] as number);
      grad[i] = labels[i] === 0 ? factor - leftOut : -leftOut;
    }
  }
  return (total + Math.log(sums)) * factor;
}

function lossAlone(logits: Float32Array, labels: Uint8Array, classes: number): number {
  const length = logits.length;
  scratch.reserveClasses(classes);
  const { outside, top } = scratch;
  let total = 0;
  let sums = 1;
  for (let start = 0; start < length; start += classes) {
    const k = countPositives(labels, start, start + classes);
    if (k === 0 || k === classes) continue;
    total += weigh(logits, labels, start, classes, k);
    const degree = Math.min(k, classes - k);
    scratch.reserveStates(stateSize(degree), stateSize(degree));
    const { topStates, outsideStates } = scratch;
    multiplyIn(top, filled(k), degree, topStates, 0);
    multiplyIn(outside, filled(classes), degree, outsideStates, 0);
    sums *= 1 + product(degree, topStates, OFFSET, outsideStates, OFFSET);
    if (sums > LARGE) {
      total += Math.log(sums);
      sums = 1;
    }
  }
  return ((total + Math.log(sums)) * classes) / length;
}

export const fusedCombinatorialSoftmax: Baseline<"multi-hot"> = {
  labels: "multi-hot",
  lossAndGradient,
  lossAlone,
};
