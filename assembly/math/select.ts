/*
 * The k-th highest of float32 numbers, by a list of the highest so far in falling order. A new number x is put in its place
 * in all of the list at once: a_i ← max(a_i, min(a_{i-1}, x)). Most numbers do not exceed the last of the list, which
 * sixteen are compared with at once.
 *
 *   offset  0                16
 *           +∞ +∞ +∞ +∞      a_0 a_1 a_2 a_3 | a_4 …
 */

// @ts-ignore: decorator
@inline
function insert(value: v128, list: usize, last: usize): void {
  let at = last;
  let here = v128.load(at);
  for (; at > list; at -= 16) {
    const before = v128.load(at - 16);
    const shifted = v128.shuffle<i32>(before, here, 3, 4, 5, 6);
    v128.store(at, v128.pmax<f32>(here, v128.pmin<f32>(shifted, value)));
    here = before;
  }
}

/**
 * The k-th highest of `length` numbers times `sign`, 1 or -1, none of which is NaN; 1 ≤ k ≤ length.
 */
function kthHighestOf(numbers: usize, length: i32, k: i32, list: usize, sign: f32): f32 {
  const kth = list + 16 + ((<usize>(k - 1)) << 2);
  const last = list + 16 + (((<usize>(k - 1)) & ~3) << 2);
  v128.store(list, f32x4.splat(Infinity));
  for (let at = list + 16; at <= last; at += 16) v128.store(at, f32x4.splat(-Infinity));
  const signs = f32x4.splat(sign);
  const end = numbers + ((<usize>length) << 2);
  const end16 = numbers + ((<usize>(length & ~15)) << 2);
  let least = f32x4.splat(-Infinity);
  for (; numbers < end16; numbers += 64) {
    const above0 = v128.gt<f32>(v128.mul<f32>(v128.load(numbers), signs), least);
    const above1 = v128.gt<f32>(v128.mul<f32>(v128.load(numbers, 16), signs), least);
    const above2 = v128.gt<f32>(v128.mul<f32>(v128.load(numbers, 32), signs), least);
    const above3 = v128.gt<f32>(v128.mul<f32>(v128.load(numbers, 48), signs), least);
    const above = i8x16.bitmask(
      v128.narrow<i16>(v128.narrow<i32>(above0, above1), v128.narrow<i32>(above2, above3)),
    );
    for (let bits = above; bits; bits &= bits - 1) {
      const value = v128.load32_splat(numbers + ((<usize>ctz(bits)) << 2));
      insert(v128.mul<f32>(value, signs), list, last);
    }
    least = v128.load32_splat(kth);
  }
  for (; numbers < end; numbers += 4) insert(v128.mul<f32>(v128.load32_splat(numbers), signs), list, last);
  return load<f32>(kth) * sign;
}

/** The k-th highest of `length` numbers, none of which is NaN; 1 ≤ k ≤ length. `list` has 2·length + 32 bytes. */
export function kthHighest(numbers: usize, length: i32, k: i32, list: usize): f32 {
  const fromBelow = length - k + 1;
  if (k <= fromBelow) return kthHighestOf(numbers, length, k, list, 1);
  return kthHighestOf(numbers, length, fromBelow, list, -1);
}
