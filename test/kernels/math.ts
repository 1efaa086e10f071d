import { instantiateSync } from "@assemblyscript/loader";
import { compileWasm, type WasmVariant } from "./compile.ts";

/*
 * The vector functions of assembly/math, compiled by themselves and applied to arrays. The losses hide them: there, a
 * function's error is one of several.
 */

/** As text, because it is AssemblyScript: the TypeScript compiler, which reads all of test/, knows no v128. */
const ENTRY = `
import { constant, exp, expOfDifference, expScaled } from "./assembly/math/exp";
import { exp64 } from "./assembly/math/exp64";
import { log1p } from "./assembly/math/log1p";
import { log1p64 } from "./assembly/math/log1p64";

export { listHighest } from "./assembly/math/select";

export const HEAP_BASE: usize = __heap_base;

export function expOf(source: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, exp(v128.load(source + at)));
  }
}

export function expScaledOf(source: usize, low: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, expScaled(v128.load(source + at), v128.load(low + at)));
  }
}

export function expOfDifferenceOf(source: usize, center: f32, target: usize, bytes: usize): void {
  const c = f32x4.splat(center);
  for (let at: usize = 0; at < bytes; at += 16) {
    const s = v128.load(source + at);
    const e = expOfDifference(
      s, c,
      constant(0), constant(1), constant(2), constant(3), constant(4), constant(5), constant(6), constant(7), constant(8),
    );
    v128.store(target + at, e);
  }
}

export function exp64Of(source: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, exp64(v128.load(source + at)));
  }
}

export function log1pOf(source: usize, target: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(target + at, log1p(v128.load(source + at)));
  }
}

export function log1p64Of(source: usize, target: usize, bytes: usize): void {
  const one = f64x2.splat(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(source + at);
    v128.store(target + at, log1p64(x));
  }
}
`;

interface MathExports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  HEAP_BASE: WebAssembly.Global<"i32">;
  expOf(source: number, target: number, bytes: number): void;
  expScaledOf(source: number, low: number, target: number, bytes: number): void;
  expOfDifferenceOf(source: number, center: number, target: number, bytes: number): void;
  listHighest(numbers: number, length: number, k: number, list: number, room: number): number;
  exp64Of(source: number, target: number, bytes: number): void;
  log1pOf(source: number, target: number, bytes: number): void;
  log1p64Of(source: number, target: number, bytes: number): void;
}

/** The functions over arrays that stay the same: write into `x` (and `low`), call, read `y`. */
export interface MathKernels {
  /** Elements of a float32 array. */
  readonly length: number;
  readonly x: Float32Array;
  readonly low: Float32Array;
  readonly y: Float32Array;
  /** The same memory as float64 numbers, half as many. */
  readonly x64: Float64Array;
  readonly y64: Float64Array;
  /** y = e^x */
  exp(): void;
  /** y = 2^80·e^(x + low) */
  expScaled(): void;
  /** y = e^(x - center) */
  expOfDifference(center: number): void;
  /** The k-th highest of the first numbers of x, and the indices of the k highest. */
  listHighest(length: number, k: number): { kth: number; list: Int32Array };
  /** y64 = e^x64 */
  exp64(): void;
  /** y = log(1 + x) */
  log1p(): void;
  /** y64 = log(1 + x64) */
  log1p64(): void;
}

/** Compiles them for one variant, with the flags of the package; undefined if this engine cannot run it. */
export async function compileMath(variant: WasmVariant, length: number): Promise<MathKernels | undefined> {
  const bytes = 4 * length;
  const binary = await compileWasm(variant, ENTRY, 4096 + 3 * bytes);
  if (!WebAssembly.validate(binary)) return undefined;

  const { exports } = instantiateSync<MathExports>(binary);
  const { buffer } = exports.memory;
  const x = (exports.HEAP_BASE.value + 15) & ~15;
  const low = x + bytes;
  const y = low + bytes;
  return {
    length,
    x: new Float32Array(buffer, x, length),
    low: new Float32Array(buffer, low, length),
    y: new Float32Array(buffer, y, length),
    x64: new Float64Array(buffer, x, length / 2),
    y64: new Float64Array(buffer, y, length / 2),
    exp: () => exports.expOf(x, y, bytes),
    expScaled: () => exports.expScaledOf(x, low, y, bytes),
    expOfDifference: (center) => exports.expOfDifferenceOf(x, center, y, bytes),
    listHighest(size, k) {
      const kth = exports.listHighest(x, size, k, y, low);
      return { kth, list: new Int32Array(buffer, y, k).slice() };
    },
    exp64: () => exports.exp64Of(x, y, bytes),
    log1p: () => exports.log1pOf(x, y, bytes),
    log1p64: () => exports.log1p64Of(x, y, bytes),
  };
}
