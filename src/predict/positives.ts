/*
 * Rankings without a sort of all scores: the scores of the positive classes are sorted, p₁ ≤ … ≤ p_k, and for every
 * score counts[b] tells how many reach exactly b of them (p_b ≤ score < p_(b+1)). With few positives most scores fail
 * the first comparison.
 *
 * A segment of arrays holds one such list, so that the lists of all classes fit into one array: p_j is
 * sorted[start + j - 1], counts[b] is counts[start + b - 1]; scores that reach none are not counted.
 */

/** Up to this length insertion is faster than a call of the built-in sort. */
const SHORT = 24;

/** For the ranking, NaN is as low as a score can be. */
export function comparable(score: number): number {
  return score >= -Infinity ? score : -Infinity;
}

/** Sorts a segment that holds no NaN, the lowest first. */
export function sortSegment(scores: Float32Array, start: number, end: number): void {
  if (end - start > SHORT) {
    scores.subarray(start, end).sort();
    return;
  }
  for (let i = start + 1; i < end; i++) {
    const score = scores[i] as number;
    let to = i;
    for (; to > start && (scores[to - 1] as number) > score; to--) scores[to] = scores[to - 1] as number;
    scores[to] = score;
  }
}

/** Counts a score that is not below the first of the segment. */
export function countReached(
  sorted: Float32Array,
  counts: Uint32Array,
  start: number,
  end: number,
  score: number,
): void {
  let reached = start;
  // Half of the comparisons cannot be foreseen: without a branch the processor need not guess.
  for (let size = end - start; size > 1; ) {
    const half = size >>> 1;
    reached += half & -Number((sorted[reached + half] as number) <= score);
    size -= half;
  }
  counts[reached]!++;
}

/** The number of scores that reach the lowest of so many positives, whose list comes first. */
export function coverage(counts: Uint32Array, positives: number): number {
  let all = 0;
  for (let i = 0; i < positives; i++) all += counts[i] as number;
  return all;
}

/** The number of pairs of a positive and a negative whose score is not below that of the positive. */
export function wrongPairs(sorted: Float32Array, counts: Uint32Array, positives: number): number {
  let pairs = 0;
  for (let i = 0; i < positives; i++) pairs += (counts[i] as number) * (i + 1);
  // Less the pairs of two positives. Those of equal score reach each other.
  for (let last = positives; last > 0; ) {
    const first = firstEqual(sorted, 0, last);
    pairs -= (last - first) * last;
    last = first;
  }
  return pairs;
}

/** The mean over the positives of: positives that reach its score / all scores that do. */
export function averagePrecision(
  sorted: Float32Array,
  counts: Uint32Array,
  start: number,
  end: number,
): number {
  let all = 0;
  let sum = 0;
  for (let last = end; last > start; ) {
    const first = firstEqual(sorted, start, last);
    all += counts[last - 1] as number;
    sum += ((last - first) * (end - first)) / all;
    last = first;
  }
  return sum / (end - start);
}

/** Where the run of equal scores begins that ends before `last`. */
function firstEqual(sorted: Float32Array, start: number, last: number): number {
  let first = last - 1;
  while (first > start && sorted[first - 1] === sorted[first]) first--;
  return first;
}
