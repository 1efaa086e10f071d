/** Index of the first label byte that is neither 0 nor 1, or -1 if there is none. */
export function firstInvalidLabel(labels: usize, length: i32): i32 {
  const valid = i8x16.splat(1);
  const end64 = length & ~63;
  let i = 0;
  for (; i < end64; i += 64) {
    const at = labels + <usize>i;
    const some = v128.or(
      v128.or(v128.load(at), v128.load(at, 16)),
      v128.or(v128.load(at, 32), v128.load(at, 48)),
    );
    if (v128.any_true(v128.gt<u8>(some, valid))) break;
  }
  for (; i < length; i++) {
    if (load<u8>(labels + <usize>i) > 1) return i;
  }
  return -1;
}
