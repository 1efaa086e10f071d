import { copyOf, count } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";
import { finite } from "../engine/options.js";
import { countable, type Predictions } from "./predictions.js";
import { readScores } from "./scores.js";

/** The options of `topK`. */
export interface TopKOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The greatest number of classes a row, up to `classes`. */
  k: number;
  /** Only classes with scores above it are predicted. Default: none, every score but NaN counts. */
  threshold?: number;
}

/**
 * Predicts the k classes with the highest scores of each row, the highest first.
 *
 *     Ŷ_r = the first k classes by falling s_ri, of those with s_ri > s₀ where a threshold s₀ is given
 *
 * Of equal scores the lower class index comes first. NaN is never predicted; without a threshold, -∞ is, in the last
 * place. A row can thus have fewer than k classes. Takes O(classes + m·log k) a row, where m ≤ classes is the number of
 * scores that are among the k highest when they are met.
 *
 * @param logits float32 [rows, classes], row after row
 * @param options `classes`, `k` from 0 to `classes`, and the optional `threshold`, a finite number
 * @returns the classes of each row as sparse labels: `offsets` [rows + 1] and `indices`
 * @throws LossError for arguments of the wrong type, shape or range
 *
 * @category Predictions and measures
 * @example
 * const logits = new Float32Array([2, -1, 0.5, -3, -1, -2]);
 * topK(logits, { classes: 3, k: 2 }); // offsets [0, 2, 4], indices [0, 2, 1, 2]
 * topK(logits, { classes: 3, k: 2, threshold: 0 }); // offsets [0, 2, 2], indices [0, 2]
 */
export function topK(logits: Float32Array, options: TopKOptions): Predictions {
  const scores = readScores(logits, options, ["k", "threshold"]);
  const k = count(scores.options.k, "options.k", 0, scores.classes);
  const threshold =
    scores.options.threshold === undefined
      ? undefined
      : finite(0)(scores.options.threshold, "options.threshold");
  return select(scores.logits, scores.rows, scores.classes, k, threshold);
}

/*
 * The best classes met so far lie in a heap with the worst of them on top, so that most others fail their first
 * comparison. As classes are met by rising index, one that equals the worst is the worse of the two.
 */
function select(
  logits: Float32Array,
  rows: number,
  classes: number,
  k: number,
  threshold: number | undefined,
): Predictions {
  const offsets = newArray(Int32Array, rows + 1);
  const indices = newArray(Int32Array, countable(rows * k));
  if (k === 0) return { offsets, indices };
  const floor = threshold ?? -Infinity;
  const takesInfinity = threshold === undefined;
  const best = newArray(Float32Array, k);
  const ids = newArray(Int32Array, k);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const base = row * classes;
    let size = 0;
    let limit = floor;
    for (let c = 0; c < classes; c++) {
      const s = logits[base + c] as number;
      if (!(s > limit) && !(takesInfinity && size < k && s === -Infinity)) continue;
      if (size < k) rise(best, ids, size++, s, c);
      else sink(best, ids, size, s, c);
      if (size === k) limit = best[0] as number;
    }
    end += size;
    for (let place = end - 1; size > 0; place--) {
      indices[place] = ids[0] as number;
      size--;
      sink(best, ids, size, best[size] as number, ids[size] as number);
    }
    offsets[row + 1] = end;
  }
  return { offsets, indices: end < indices.length ? copyOf(indices.subarray(0, end)) : indices };
}

/** Of two classes with their scores: whether the first is to be dropped before the second. */
function isWorse(scoreA: number, idA: number, scoreB: number, idB: number): boolean {
  return scoreA < scoreB || (scoreA === scoreB && idA > idB);
}

/** Puts a class at the end of the heap, which is at `at`, and lets it rise. */
function rise(best: Float32Array, ids: Int32Array, at: number, score: number, id: number): void {
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = best[parent] as number;
    const aboveId = ids[parent] as number;
    if (!isWorse(score, id, above, aboveId)) break;
    best[at] = above;
    ids[at] = aboveId;
    at = parent;
  }
  best[at] = score;
  ids[at] = id;
}

/** Puts a class on top in place of the worst, and lets it sink. */
function sink(best: Float32Array, ids: Int32Array, size: number, score: number, id: number): void {
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    const right = child + 1;
    if (
      right < size &&
      isWorse(best[right] as number, ids[right] as number, best[child] as number, ids[child] as number)
    ) {
      child = right;
    }
    const below = best[child] as number;
    const belowId = ids[child] as number;
    if (!isWorse(below, belowId, score, id)) break;
    best[at] = below;
    ids[at] = belowId;
    at = child;
  }
  best[at] = score;
  ids[at] = id;
}
