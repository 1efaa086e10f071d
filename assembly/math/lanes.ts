/** The last two of four float32 lanes, in float64; `promote_low_f32x4` gives the first two. */
// @ts-ignore: decorator
@inline
export function highPair(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
}

/** Two pairs of float64 lanes as four float32 lanes. */
// @ts-ignore: decorator
@inline
export function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** A mask of float32 lanes, as one of float64 lanes: the first two or the last two. */
// @ts-ignore: decorator
@inline
export function lowMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 0, 0, 1, 1);
}

// @ts-ignore: decorator
@inline
export function highMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 2, 2, 3, 3);
}

/** What float32 lost of x - y, whose rounded value is the difference. */
// @ts-ignore: decorator
@inline
export function lostBySubtraction(x: v128, y: v128, difference: v128): v128 {
  const back = v128.sub<f32>(x, difference);
  return v128.add<f32>(v128.sub<f32>(back, y), v128.sub<f32>(x, v128.add<f32>(difference, back)));
}
