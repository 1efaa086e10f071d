/** Labels that are tested at once. */
// @ts-ignore: decorator
@inline const BLOCK = 1024;

/** Index of the first label byte that is neither 0 nor 1, or -1 if there is none. */
export function firstInvalidLabel(labels: usize, length: i32): i32 {
  const end = length & ~(BLOCK - 1);
  let start = 0;
  for (; start < end; start += BLOCK) {
    // A label other than 0 and 1 has a higher bit, which the union of the block has too.
    let some = i8x16.splat(0);
    const stop = labels + <usize>(start + BLOCK);
    for (let at = labels + <usize>start; at < stop; at += 128) {
      const first = v128.or(
        v128.or(v128.load(at), v128.load(at, 16)),
        v128.or(v128.load(at, 32), v128.load(at, 48)),
      );
      const second = v128.or(
        v128.or(v128.load(at, 64), v128.load(at, 80)),
        v128.or(v128.load(at, 96), v128.load(at, 112)),
      );
      some = v128.or(some, v128.or(first, second));
    }
    if (v128.any_true(v128.andnot(some, i8x16.splat(1)))) break;
  }
  for (; start + 16 <= length; start += 16) {
    if (v128.any_true(v128.andnot(v128.load(labels + <usize>start), i8x16.splat(1)))) break;
  }
  for (; start < length; start++) {
    if (load<u8>(labels + <usize>start) > 1) return start;
  }
  return -1;
}

/** Index of the first of `length` float32 numbers that is not from 0 to 1, or -1 if there is none. */
export function firstInvalidTarget(targets: usize, length: i32): i32 {
  const end = length & ~(BLOCK - 1);
  let start = 0;
  for (; start < end; start += BLOCK) {
    // As unsigned integers, numbers ≥ 0 order like themselves, and all others lie above them; -0 is left to the last loop.
    let most = i32x4.splat(0);
    const stop = targets + ((<usize>(start + BLOCK)) << 2);
    for (let at = targets + ((<usize>start) << 2); at < stop; at += 64) {
      const first = v128.max<u32>(v128.load(at), v128.load(at, 16));
      const second = v128.max<u32>(v128.load(at, 32), v128.load(at, 48));
      most = v128.max<u32>(most, v128.max<u32>(first, second));
    }
    if (v128.any_true(v128.gt<u32>(most, i32x4.splat(reinterpret<i32>(<f32>1))))) {
      const found = firstOutside(targets, start, start + BLOCK);
      if (found >= 0) return found;
    }
  }
  for (; start + 4 <= length; start += 4) {
    const four = v128.load(targets + ((<usize>start) << 2));
    if (v128.any_true(v128.gt<u32>(four, i32x4.splat(reinterpret<i32>(<f32>1))))) {
      const found = firstOutside(targets, start, start + 4);
      if (found >= 0) return found;
    }
  }
  return firstOutside(targets, start, length);
}

function firstOutside(targets: usize, start: i32, end: i32): i32 {
  for (; start < end; start++) {
    const target = load<f32>(targets + ((<usize>start) << 2));
    if (!(target >= 0 && target <= 1)) return start;
  }
  return -1;
}

/** The number of positive classes of a row. */
export function countPositives(labels: usize, classes: i32): i32 {
  let count = 0;
  const end = labels + <usize>classes;
  const end16 = labels + <usize>(classes & ~15);
  for (; labels < end16; labels += 16) count += popcnt(positiveBits(labels));
  for (; labels < end; labels++) count += <i32>load<u8>(labels);
  return count;
}

/** Writes which classes of a row are positive, int32, and returns how many. The list has room for one more. */
export function listPositives(labels: usize, classes: i32, list: usize): i32 {
  const start = list;
  let i = 0;
  for (; i + 16 <= classes; i += 16) {
    for (let bits = positiveBits(labels + <usize>i); bits; bits &= bits - 1) {
      store<i32>(list, i + ctz(bits));
      list += 4;
    }
  }
  for (; i < classes; i++) {
    store<i32>(list, i);
    list += (<usize>load<u8>(labels + <usize>i)) << 2;
  }
  return <i32>((list - start) >> 2);
}

/** A bit for each of sixteen labels. */
// @ts-ignore: decorator
@inline
export function positiveBits(labels: usize): i32 {
  return i8x16.bitmask(v128.shl<i8>(v128.load(labels), 7));
}

/** Writes the number of positive classes of each row, int32 [rows]. */
export function countRows(labels: usize, rows: i32, classes: i32, counts: usize): void {
  for (let row = 0; row < rows; row++) {
    store<i32>(counts + ((<usize>row) << 2), countPositives(labels, classes));
    labels += classes;
  }
}
