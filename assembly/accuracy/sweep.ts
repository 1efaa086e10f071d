import { exp } from "../math/exp";
import { exp64 } from "../math/exp64";
import { log1p } from "../math/log1p";
import { log1p64 } from "../math/log1p64";
import { asymmetric, asymmetricSlope, focal, focalSlope, sigmoid, softplus } from "./exact";
import { clear, hashed, note, Tally } from "./tally";

/*
 * Sweeps over float32 numbers by their bits: `count` numbers, each `step` bits after the one before. Not part of the
 * package: scripts/accuracy compiles it, with the flags of the kernels, together with the very functions that those inline.
 */

// @ts-ignore: decorator
@lazy const TALLIES = memory.data(96, 16);
const first = changetype<Tally>(TALLIES);
const second = changetype<Tally>(TALLIES + 48);

export const HEAP_BASE: usize = __heap_base;

/** Where the tallies lie: of a function, or of the loss; and of the gradient. */
export function tallies(): usize {
  return TALLIES;
}

/** Begins anew. */
export function clearTallies(): void {
  clear(first);
  clear(second);
}

// @ts-ignore: decorator
@inline
function fourFrom(bits: u32, step: u32): v128 {
  return i32x4(bits, bits + step, bits + 2 * step, bits + 3 * step);
}

// @ts-ignore: decorator
@inline
function valueOf(bits: u32): f64 {
  return <f64>reinterpret<f32>(bits);
}

/** e^x */
export function sweepExp(bits: u32, step: u32, count: u32): void {
  for (let done: u32 = 0; done < count; done += 4, bits += 4 * step) {
    const y = exp(fourFrom(bits, step));
    const left = count - done;
    note(first, bits, f32x4.extract_lane(y, 0), NativeMath.exp(valueOf(bits)));
    const b1 = bits + step;
    if (left > 1) note(first, b1, f32x4.extract_lane(y, 1), NativeMath.exp(valueOf(b1)));
    const b2 = b1 + step;
    if (left > 2) note(first, b2, f32x4.extract_lane(y, 2), NativeMath.exp(valueOf(b2)));
    const b3 = b2 + step;
    if (left > 3) note(first, b3, f32x4.extract_lane(y, 3), NativeMath.exp(valueOf(b3)));
  }
}

/** log(1 + x) */
export function sweepLog1p(bits: u32, step: u32, count: u32): void {
  for (let done: u32 = 0; done < count; done += 4, bits += 4 * step) {
    const y = log1p(fourFrom(bits, step));
    const left = count - done;
    note(first, bits, f32x4.extract_lane(y, 0), NativeMath.log1p(valueOf(bits)));
    const b1 = bits + step;
    if (left > 1) note(first, b1, f32x4.extract_lane(y, 1), NativeMath.log1p(valueOf(b1)));
    const b2 = b1 + step;
    if (left > 2) note(first, b2, f32x4.extract_lane(y, 2), NativeMath.log1p(valueOf(b2)));
    const b3 = b2 + step;
    if (left > 3) note(first, b3, f32x4.extract_lane(y, 3), NativeMath.log1p(valueOf(b3)));
  }
}

/** Writes numbers, for a kernel to read. */
export function fill(to: usize, bits: u32, step: u32, count: u32): void {
  for (const end = to + ((<usize>count) << 2); to < end; to += 4, bits += step) store<u32>(to, bits);
}

/** log(1 + e^s) and its slope, σ(s), as a kernel has computed them. */
export function judgeSoftplus(losses: usize, grads: usize, bits: u32, step: u32, count: u32): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4, bits += step) {
    const s = valueOf(bits);
    note(first, bits, load<f32>(losses + i), softplus(s));
    note(second, bits, load<f32>(grads + i), sigmoid(s));
  }
}

/** σ(s)^γ·log(1 + e^s) and its slope, as a kernel has computed them. */
export function judgeFocal(gamma: i32, losses: usize, grads: usize, bits: u32, step: u32, count: u32): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4, bits += step) {
    const s = valueOf(bits);
    note(first, bits, load<f32>(losses + i), focal(s, gamma));
    note(second, bits, load<f32>(grads + i), focalSlope(s, gamma));
  }
}

/** The term of a negative class of `asymmetric`, with its default options, as a kernel has computed it. */
export function judgeAsymmetric(losses: usize, grads: usize, bits: u32, step: u32, count: u32): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4, bits += step) {
    const s = valueOf(bits);
    note(first, bits, load<f32>(losses + i), asymmetric(s));
    note(second, bits, load<f32>(grads + i), asymmetricSlope);
  }
}

// @ts-ignore: decorator
@inline
function isSame(x: f32, y: f32): bool {
  return x == y || (isNaN(x) && isNaN(y));
}

/** How many results of a positive class with the scores -s are not those of a negative one with s, the gradient's sign apart. */
export function countUnlike(losses: usize, grads: usize, mirrored: usize, turned: usize, count: u32): u32 {
  let unlike: u32 = 0;
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const isLike =
      isSame(load<f32>(losses + i), load<f32>(mirrored + i)) &&
      isSame(load<f32>(grads + i), -load<f32>(turned + i));
    if (!isLike) unlike++;
  }
  return unlike;
}

/** A hash of e^x in float64 for numbers from x on, `step` apart. */
export function hashExp64(x: f64, step: f64, count: u32): u64 {
  let hash: u64 = 0;
  for (let done: u32 = 0; done < count; done += 2) {
    const y = exp64(f64x2(x + <f64>done * step, x + <f64>(done + 1) * step));
    hash = hashed(hashed(hash, i64x2.extract_lane(y, 0)), i64x2.extract_lane(y, 1));
  }
  return hash;
}

/** A hash of log(1 + x) in float64 for numbers from x on, each `factor` times the one before. */
export function hashLog1p64(x: f64, factor: f64, count: u32): u64 {
  let hash: u64 = 0;
  for (let done: u32 = 0; done < count; done += 2, x *= factor * factor) {
    const y = log1p64(f64x2(x, x * factor));
    hash = hashed(hashed(hash, i64x2.extract_lane(y, 0)), i64x2.extract_lane(y, 1));
  }
  return hash;
}
