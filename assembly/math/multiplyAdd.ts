/** a·b + c in four float32 lanes: rounded once (fused) in the relaxed build, twice in the simd build. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return v128.add<f32>(v128.mul<f32>(a, b), c);
}

/** a·b + c in two float64 lanes: rounded once (fused) in the relaxed build, twice in the simd build. */
// @ts-ignore: decorator
@inline
export function multiplyAdd64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f64>(a, b, c);
  return v128.add<f64>(v128.mul<f64>(a, b), c);
}
