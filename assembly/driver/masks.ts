/*
 * Masks never reach the losses: here the classes that count are moved to the front of their row, and the gradient back to
 * where it belongs. Masks come in runs, as triangles and padding do, so that most groups of sixteen move as they are.
 */

// @ts-ignore: decorator
@inline
function isAll(group: v128): bool {
  return v128.all_true<i8>(group);
}

// @ts-ignore: decorator
@inline
function at<T>(data: usize, index: i32): usize {
  return data + <usize>index * sizeof<T>();
}

/** Moves sixteen elements; all of them are read before one is written. */
// @ts-ignore: decorator
@inline
function move16<T>(from: usize, to: usize): void {
  const first = v128.load(from);
  if (sizeof<T>() == 1) {
    v128.store(to, first);
    return;
  }
  const second = v128.load(from, 16);
  const third = v128.load(from, 32);
  const fourth = v128.load(from, 48);
  v128.store(to, first);
  v128.store(to, second, 16);
  v128.store(to, third, 32);
  v128.store(to, fourth, 48);
}

/** Moves the elements that count to the front of each row. */
// @ts-ignore: decorator
@inline
function pack<T>(data: usize, mask: usize, rows: i32, classes: i32): void {
  for (let row = 0; row < rows; row++) {
    let count = 0;
    let i = 0;
    while (i < classes) {
      if (i + 16 <= classes) {
        const group = v128.load(mask + <usize>i);
        const isFull = isAll(group);
        if (isFull || !v128.any_true(group)) {
          if (isFull) {
            move16<T>(at<T>(data, i), at<T>(data, count));
            count += 16;
          }
          i += 16;
          continue;
        }
      }
      // Without a branch, which would often be mispredicted: what is left out is overwritten by the next one.
      for (const end = min(i + 16, classes); i < end; i++) {
        store<T>(at<T>(data, count), load<T>(at<T>(data, i)));
        count += <i32>load<u8>(mask + <usize>i);
      }
    }
    data = at<T>(data, classes);
    mask += classes;
  }
}

/** Moves the float32 elements that count to the front of each row. */
export function packFloats(data: usize, mask: usize, rows: i32, classes: i32): void {
  pack<f32>(data, mask, rows, classes);
}

/** Moves the bytes that count to the front of each row. */
export function packBytes(data: usize, mask: usize, rows: i32, classes: i32): void {
  pack<u8>(data, mask, rows, classes);
}

/** Moves the float32 elements that count back, and writes 0 for the others. */
export function unpackFloats(data: usize, mask: usize, rows: i32, classes: i32, lengths: usize): void {
  const zero = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let count = load<i32>(at<i32>(lengths, row));
    // From the end, where nothing is overwritten that is still to be moved.
    let i = classes;
    while (i > 0) {
      if (i >= 16 && (i & 15) == 0) {
        const group = v128.load(mask + <usize>(i - 16));
        const target = at<f32>(data, i - 16);
        if (isAll(group)) {
          count -= 16;
          i -= 16;
          move16<f32>(at<f32>(data, count), target);
          continue;
        }
        if (!v128.any_true(group)) {
          i -= 16;
          v128.store(target, zero);
          v128.store(target, zero, 16);
          v128.store(target, zero, 32);
          v128.store(target, zero, 48);
          continue;
        }
      }
      for (const start = (i - 1) & ~15; i > start;) {
        i--;
        const keeps = <i32>load<u8>(mask + <usize>i);
        count -= keeps;
        const value = load<f32>(at<f32>(data, max(count, 0)));
        store<f32>(at<f32>(data, i), keeps ? value : 0);
      }
    }
    data = at<f32>(data, classes);
    mask += classes;
  }
}
