/*
 * The k highest of float32 numbers.
 *
 * A few of many: the numbers are divided into sets, some more than k. The greatest of each are known after one pass without
 * a branch. The k-th highest of those is a bound that k numbers reach, and not many more, which a second pass lists.
 *
 * Else, by a list of the highest so far in falling order. A new number x is put in its place in all of the list at once:
 * a_i ← max(a_i, min(a_{i-1}, x)). Most numbers do not exceed the last of the list, which sixteen are compared with at once.
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
function kthHighest(numbers: usize, length: i32, k: i32, list: usize): f32 {
  const fromBelow = length - k + 1;
  if (k <= fromBelow) return kthHighestOf(numbers, length, k, list, 1);
  return kthHighestOf(numbers, length, fromBelow, list, -1);
}

/** So many numbers are all ranked. */
// @ts-ignore: decorator
@inline const FEW = 32;

/** Of more parts, to rank the greatest of their sets would take longer than the list. */
// @ts-ignore: decorator
@inline const MOST_PARTS = 6;

/** The sets of a part. */
// @ts-ignore: decorator
@inline const SETS = 16;

/** The numbers that are to be found for each part: with more, hardly any of the sets would be without one. */
// @ts-ignore: decorator
@inline const PER_PART = 12;

/** The numbers that may reach the bound for each part; most often there are not more than 22. */
// @ts-ignore: decorator
@inline const REACHING_PER_PART = 32;

// @ts-ignore: decorator
@inline
function numberAt(numbers: usize, index: i32): f32 {
  return load<f32>(numbers + ((<usize>index) << 2));
}

/**
 * Writes the indices, int32, of the k highest of `length` numbers, none of which is NaN; of equal ones, of the first.
 * Returns the least of them. 1 ≤ k ≤ length. `list` has room for one more, and `room` 8 bytes for each number, in eights.
 */
export function listHighest(numbers: usize, length: i32, k: i32, list: usize, room: usize): f32 {
  if (length <= FEW) {
    for (let i = 0; i < length; i++) store<i32>(room + ((<usize>i) << 2), i);
    return highestOfListed(numbers, k, list, room, length, room + ((<usize>((length + 3) & ~3)) << 2));
  }
  const parts = (k + PER_PART - 1) / PER_PART;
  if (parts <= MOST_PARTS && length >= parts * 4 * SETS) {
    const bound = boundOf(numbers, length, k, parts, room);
    const most = parts * REACHING_PER_PART;
    const reaching = listReaching(numbers, length, bound, room, most);
    if (reaching) return highestOfListed(numbers, k, list, room, reaching, room + ((<usize>most) << 2));
  }
  const kth = kthHighest(numbers, length, k, room);
  listHighestFrom(numbers, length, k, kth, list);
  return kth;
}

/** A bound that at least k of the numbers reach. */
function boundOf(numbers: usize, length: i32, k: i32, parts: i32, room: usize): f32 {
  const bytes = (<usize>((length / parts) & ~(SETS - 1))) << 2;
  for (let part = 0; part < parts; part++, numbers += bytes) {
    let most0 = v128.load(numbers);
    let most1 = v128.load(numbers, 16);
    let most2 = v128.load(numbers, 32);
    let most3 = v128.load(numbers, 48);
    const end = numbers + bytes;
    for (let at = numbers + 64; at < end; at += 64) {
      most0 = v128.pmax<f32>(most0, v128.load(at));
      most1 = v128.pmax<f32>(most1, v128.load(at, 16));
      most2 = v128.pmax<f32>(most2, v128.load(at, 32));
      most3 = v128.pmax<f32>(most3, v128.load(at, 48));
    }
    const sets = room + ((<usize>(part * SETS)) << 2);
    v128.store(sets, most0);
    v128.store(sets, most1, 16);
    v128.store(sets, most2, 32);
    v128.store(sets, most3, 48);
  }
  return kthOfFew(room, parts * SETS, k);
}

/** The k-th highest of a few numbers, which are a multiple of 4: the highest that k of them reach. */
function kthOfFew(numbers: usize, length: i32, k: i32): f32 {
  const end = numbers + ((<usize>length) << 2);
  const enough = i32x4.splat(k);
  const lowest = f32x4.splat(-Infinity);
  let most = lowest;
  for (let at = numbers; at < end; at += 16) {
    const four = v128.load(at);
    let count = i32x4.splat(0);
    for (let other = numbers; other < end; other += 16) {
      const first = v128.add<i32>(
        v128.ge<f32>(v128.load32_splat(other), four),
        v128.ge<f32>(v128.load32_splat(other, 4), four),
      );
      const second = v128.add<i32>(
        v128.ge<f32>(v128.load32_splat(other, 8), four),
        v128.ge<f32>(v128.load32_splat(other, 12), four),
      );
      count = v128.sub<i32>(count, v128.add<i32>(first, second));
    }
    most = v128.pmax<f32>(most, v128.bitselect(four, lowest, v128.ge<i32>(count, enough)));
  }
  most = v128.pmax<f32>(most, v128.shuffle<i64>(most, most, 1, 0));
  return max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
}

/** Lists the numbers that reach a bound, by their indices, and returns how many, or 0 if they are more than `most`. */
function listReaching(numbers: usize, length: i32, bound: f32, list: usize, most: i32): i32 {
  const bounds = f32x4.splat(bound);
  const full = list + ((<usize>most) << 2);
  const start = list;
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    const at = numbers + ((<usize>i) << 2);
    const first = v128.narrow<i32>(
      v128.ge<f32>(v128.load(at), bounds),
      v128.ge<f32>(v128.load(at, 16), bounds),
    );
    const second = v128.narrow<i32>(
      v128.ge<f32>(v128.load(at, 32), bounds),
      v128.ge<f32>(v128.load(at, 48), bounds),
    );
    for (let bits = i8x16.bitmask(v128.narrow<i16>(first, second)); bits; bits &= bits - 1) {
      if (list == full) return 0;
      store<i32>(list, i + ctz(bits));
      list += 4;
    }
  }
  for (; i < length; i++) {
    if (numberAt(numbers, i) < bound) continue;
    if (list == full) return 0;
    store<i32>(list, i);
    list += 4;
  }
  return <i32>((list - start) >> 2);
}

/**
 * `listHighest` of the numbers that `listed` lists. `values` has room for them, in fours. Without a branch, each is written to
 * the list, and the next one over it if it is not among the highest.
 */
function highestOfListed(
  numbers: usize,
  k: i32,
  list: usize,
  listed: usize,
  length: i32,
  values: usize,
): f32 {
  const whole = (length + 3) & ~3;
  for (let j = 0; j < whole; j++) {
    const value = j < length ? numberAt(numbers, load<i32>(listed + ((<usize>j) << 2))) : -Infinity;
    store<f32>(values + ((<usize>j) << 2), value);
  }
  const kth = kthOfFew(values, whole, k);
  let equal = k;
  for (let j = 0; j < length; j++) equal -= i32(numberAt(values, j) > kth);
  for (let j = 0; j < length; j++) {
    const value = numberAt(values, j);
    const isEqual = i32(value == kth);
    store<i32>(list, load<i32>(listed + ((<usize>j) << 2)));
    list += (<usize>(i32(value > kth) | (isEqual & i32(equal > 0)))) << 2;
    equal -= isEqual;
  }
  return kth;
}

/** Lists the numbers above a bound, and then those at it, until there are `count`. */
export function listHighestFrom(numbers: usize, length: i32, count: i32, bound: f64, list: usize): void {
  const end = list + ((<usize>count) << 2);
  // What float32 makes of a bound may lie above it, but no number lies between.
  const limit = f32x4.splat(<f32>bound);
  let firstAt = length;
  for (let i = 0; i < length; i += 16) {
    if (i + 16 <= length) {
      const at = numbers + ((<usize>i) << 2);
      const low = v128.pmax<f32>(v128.load(at), v128.load(at, 16));
      const high = v128.pmax<f32>(v128.load(at, 32), v128.load(at, 48));
      if (!v128.any_true(v128.ge<f32>(v128.pmax<f32>(low, high), limit))) continue;
    }
    for (let k = i; k < min(i + 16, length); k++) {
      const x = <f64>numberAt(numbers, k);
      if (x > bound) {
        store<i32>(list, k);
        list += 4;
      } else if (x == bound) {
        firstAt = min(firstAt, k);
      }
    }
  }
  for (let k = firstAt; list < end; k++) {
    if (<f64>numberAt(numbers, k) == bound) {
      store<i32>(list, k);
      list += 4;
    }
  }
}
