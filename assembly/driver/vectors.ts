/*
 * How the drivers read and write a row: four classes a vector, sixteen a group, and one to three classes at the end
 * of a row whose length is no multiple of four. Nothing outside the row is read or written.
 */

/** Sum of four float32 lanes, in float64, as two lanes. */
// @ts-ignore: decorator
@inline
export function widen(v: v128): v128 {
  return v128.add<f64>(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
}

/** The k-th four of sixteen label bytes as sign bits: a lane's top bit is set where the class is positive. */
// @ts-ignore: decorator
@inline
export function signs(labels: v128, k: i32): v128 {
  const eight = k < 2 ? v128.extend_low<u8>(labels) : v128.extend_high<u8>(labels);
  return v128.shl<i32>(k & 1 ? v128.extend_high<u16>(eight) : v128.extend_low<u16>(eight), 31);
}

/** Four label bytes, as the first lanes of a vector. */
// @ts-ignore: decorator
@inline
export function loadLabels4(labels: usize): v128 {
  return v128.load32_zero(labels);
}

/** The first `count` (1 to 3) of four float32 lanes, the rest 0. */
// @ts-ignore: decorator
@inline
export function loadTail(source: usize, count: i32): v128 {
  let v = v128.load32_zero(source);
  if (count > 1) v = v128.load_lane<u32>(source, v, 1, 4);
  if (count > 2) v = v128.load_lane<u32>(source, v, 2, 8);
  return v;
}

/** The first `count` (1 to 3) of four label bytes, the rest 0. */
// @ts-ignore: decorator
@inline
export function loadLabelsTail(labels: usize, count: i32): v128 {
  let bytes = <u32>load<u8>(labels);
  if (count > 1) bytes |= (<u32>load<u8>(labels, 1)) << 8;
  if (count > 2) bytes |= (<u32>load<u8>(labels, 2)) << 16;
  return i32x4.replace_lane(i32x4.splat(0), 0, bytes);
}

/** Writes the first `count` (1 to 3) of four float32 lanes. */
// @ts-ignore: decorator
@inline
export function storeTail(target: usize, v: v128, count: i32): void {
  v128.store_lane<u32>(target, v, 0);
  if (count > 1) v128.store_lane<u32>(target, v, 1, 4);
  if (count > 2) v128.store_lane<u32>(target, v, 2, 8);
}

// @ts-ignore: decorator
@lazy
const LANES = memory.data<u32>([0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0]);

/** All bits of the first `count` (1 to 3) of four lanes. */
// @ts-ignore: decorator
@inline
export function tailLanes(count: i32): v128 {
  return v128.load(LANES + ((<usize>(3 - count)) << 2));
}
