/**
 * The k-th highest of a row's scores. The k highest are left in `heap`, the least of them first: since few are above the
 * least of those before them, most scores cost one comparison.
 */
export function kthHighest(
  logits: Float32Array,
  start: number,
  classes: number,
  k: number,
  heap: Float64Array,
): number {
  for (let i = 0; i < k; i++) {
    const score = logits[start + i] as number;
    let at = i;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= score) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = score;
  }
  let least = heap[0] as number;
  for (let i = start + k; i < start + classes; i++) {
    const score = logits[i] as number;
    if (score <= least) continue;
    let at = 0;
    for (let child = 1; child < k; child = 2 * at + 1) {
      if (child + 1 < k && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= score) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = score;
    least = heap[0] as number;
  }
  return least;
}
