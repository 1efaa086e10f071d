/*
 * The k-th highest of float32 numbers, with a heap of the k highest so far: its root, the least of them, is what the
 * next number has to exceed. Four are compared with it at once, and few exceed it.
 */

// @ts-ignore: decorator
@inline
function at(heap: usize, index: i32): usize {
  return heap + ((<usize>index) << 2);
}

/** Puts a number in the place of the root, and moves it down to where it belongs. */
function replaceRoot(heap: usize, size: i32, value: f32): void {
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    let least = load<f32>(at(heap, child));
    if (child + 1 < size && load<f32>(at(heap, child + 1)) < least) {
      child++;
      least = load<f32>(at(heap, child));
    }
    if (value <= least) break;
    store<f32>(at(heap, parent), least);
    parent = child;
  }
  store<f32>(at(heap, parent), value);
}

/** The k-th highest of `length` numbers, none of which is NaN; 1 ≤ k ≤ length. `heap` has room for k of them. */
export function kthHighest(numbers: usize, length: i32, k: i32, heap: usize): f32 {
  for (let i = 0; i < k; i++) store<f32>(at(heap, i), -Infinity);
  const end = numbers + ((<usize>length) << 2);
  const end16 = numbers + ((<usize>(length & ~15)) << 2);
  let root = f32x4.splat(-Infinity);
  while (numbers < end16) {
    const some = v128.or(
      v128.or(v128.gt<f32>(v128.load(numbers), root), v128.gt<f32>(v128.load(numbers, 16), root)),
      v128.or(v128.gt<f32>(v128.load(numbers, 32), root), v128.gt<f32>(v128.load(numbers, 48), root)),
    );
    if (v128.any_true(some)) {
      offer(numbers, numbers + 64, k, heap);
      root = v128.load32_splat(heap);
    }
    numbers += 64;
  }
  offer(numbers, end, k, heap);
  return load<f32>(heap);
}

/** Takes in what exceeds the root. */
// @ts-ignore: decorator
@inline
function offer(from: usize, to: usize, k: i32, heap: usize): void {
  for (; from < to; from += 4) {
    const value = load<f32>(from);
    if (value > load<f32>(heap)) replaceRoot(heap, k, value);
  }
}
