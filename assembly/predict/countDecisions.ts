import { positiveBits } from "../driver/labels";

/*
 * Compares the classes that score above a threshold with the labels, and counts for each row and for each class how many
 * are right (predicted and positive), predicted, and positive. Sixteen classes at once: a byte counts the rows of a class
 * for as long as a byte can.
 *
 *   ofRows      u32 [rows][3]       right, predicted, positive
 *   ofClasses   u32 [3][classes]    the same, which the counts are added to
 *   bytes       u8 [3][classes]     to work in
 */

/** Rows that are counted in bytes. */
// @ts-ignore: decorator
@inline const BYTE_ROWS = 255;

/** Sixteen bytes of all ones where the score exceeds the threshold. */
// @ts-ignore: decorator
@inline
function exceeding(logits: usize, threshold: v128): v128 {
  return v128.narrow<i16>(
    v128.narrow<i32>(
      v128.gt<f32>(v128.load(logits), threshold),
      v128.gt<f32>(v128.load(logits, 16), threshold),
    ),
    v128.narrow<i32>(
      v128.gt<f32>(v128.load(logits, 32), threshold),
      v128.gt<f32>(v128.load(logits, 48), threshold),
    ),
  );
}

/** Adds ones where the mask has all ones. */
// @ts-ignore: decorator
@inline
function count(bytes: usize, mask: v128): void {
  v128.store(bytes, v128.sub<i8>(v128.load(bytes), mask));
}

// @ts-ignore: decorator
@inline
function addTo(counter: usize, count: i32): void {
  store<u32>(counter, load<u32>(counter) + <u32>count);
}

export function countDecisions(
  logits: usize,
  labels: usize,
  rows: i32,
  classes: i32,
  threshold: f32,
  ofRows: usize,
  ofClasses: usize,
  bytes: usize,
): void {
  const bound = f32x4.splat(threshold);
  const whole = classes & ~15;
  const stride = (<usize>classes) << 2;
  for (let start = 0; start < rows; start += BYTE_ROWS) {
    const end = min(start + BYTE_ROWS, rows);
    memory.fill(bytes, 0, 3 * <usize>whole);
    for (let row = start; row < end; row++) {
      let right = 0;
      let predicted = 0;
      let positive = 0;
      for (let i = 0; i < whole; i += 16) {
        const above = exceeding(logits + ((<usize>i) << 2), bound);
        const marked = v128.neg<i8>(v128.load(labels + <usize>i));
        const both = v128.and(above, marked);
        const at = bytes + <usize>i;
        count(at, both);
        count(at + <usize>whole, above);
        count(at + 2 * <usize>whole, marked);
        right += popcnt(i8x16.bitmask(both));
        predicted += popcnt(i8x16.bitmask(above));
        positive += popcnt(positiveBits(labels + <usize>i));
      }
      for (let i = whole; i < classes; i++) {
        const above = <i32>(load<f32>(logits + ((<usize>i) << 2)) > threshold);
        const label = <i32>load<u8>(labels + <usize>i);
        const counter = ofClasses + ((<usize>i) << 2);
        addTo(counter, above & label);
        addTo(counter + stride, above);
        addTo(counter + 2 * stride, label);
        right += above & label;
        predicted += above;
        positive += label;
      }
      store<u32>(ofRows, right);
      store<u32>(ofRows, predicted, 4);
      store<u32>(ofRows, positive, 8);
      ofRows += 12;
      logits += stride;
      labels += <usize>classes;
    }
    for (let kind = 0; kind < 3; kind++) {
      const from = bytes + <usize>kind * <usize>whole;
      const to = ofClasses + <usize>kind * stride;
      for (let i = 0; i < whole; i++) addTo(to + ((<usize>i) << 2), load<u8>(from + <usize>i));
    }
  }
}
