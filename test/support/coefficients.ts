import { readFileSync } from "node:fs";
import { spansOf } from "../../scripts/accuracy/sweep/blocks.ts";
import type { Span, SweepModule } from "../../scripts/accuracy/sweep/module.ts";
import { bitsOf, subjects } from "../../scripts/accuracy/sweep/subjects.ts";

/*
 * The constants of assembly/math lie in memory, where a test can change one by its last bit: as the source does that has a
 * wrong digit. What the functions give is kept as a hash of the bits of their results in the variant `simd`, whose bits are the same on every
 * machine, over numbers that are chosen so that every last bit of a float32 constant shows in some of them.
 */

/** The functions whose constants are looked at, by their files. */
export type Coefficients = "exp" | "log1p" | "exp64" | "log1p64";

const STRIDE = 1021;
const f = Math.fround;

/** All numbers from one to another, both of one sign. */
function between(from: number, to: number): Span {
  const [first, last] = [bitsOf(f(from)), bitsOf(f(to))];
  return [first, 1, last - first];
}

/** The 32 numbers around one. */
function around(x: number): Span {
  return [bitsOf(f(x)) - 16, 1, 32];
}

/** Where the last terms of the polynomial count most, and around each number where n of x = n·ln 2 + r changes. */
const EXP: Span[] = [
  between(0.25, Math.LN2 / 2),
  between(-0.25, -Math.LN2 / 2),
  ...Array.from({ length: 250 }, (_, i) => around((i - 124.5) * Math.LN2)),
];

/** The same, around each number where k of 1 + x = 2ᵏ·c changes. */
const LOG1P: Span[] = [between(0.4, 0.5), ...Array.from({ length: 25 }, (_, k) => around(1.5 * 2 ** k - 1))];

function strided(name: "exp" | "log1p"): Span[] {
  return subjects[name].blocks.flatMap((block) => spansOf(block, STRIDE));
}

const SPANS = { exp: [...strided("exp"), ...EXP], log1p: [...strided("log1p"), ...LOG1P] };

function hashOfSpans({ exports, tally }: SweepModule, name: "exp" | "log1p"): string {
  exports.clearTallies();
  const sweep = name === "exp" ? exports.sweepExp : exports.sweepLog1p;
  for (const span of SPANS[name]) sweep(...span);
  return tally(0, 1).hash;
}

function text(hashes: bigint[]): string {
  return hashes.map((hash) => BigInt.asUintN(64, hash).toString(16).padStart(16, "0")).join(" ");
}

/** The hash of what a function gives. */
export function hashOf(module: SweepModule, name: Coefficients): string {
  const { hashExp64, hashLog1p64 } = module.exports;
  switch (name) {
    case "exp64":
      return text([hashExp64(-0.35, 1.7e-6, 400_000), hashExp64(-700, 0.0035, 400_000)]);
    case "log1p64":
      return text([hashLog1p64(2 ** -60, 1.0003, 400_000), hashLog1p64(0.2, 1.00001, 400_000)]);
    default:
      return hashOfSpans(module, name);
  }
}

/** The constants of a file, as it states them. */
export function constantsOf(name: Coefficients): number[] {
  const source = readFileSync(new URL(`../../assembly/math/${name}.ts`, import.meta.url), "utf8");
  const [, list = ""] = /const CONSTANTS = memory\.data<f\d\d>\(\[([^\]]*)\]/.exec(source) ?? [];
  return list
    .replaceAll(/\/\/.*$/gm, "")
    .split(",")
    .filter((number) => number.trim() !== "")
    .map(Number);
}

/** The constants where they lie in the memory of a module, as integers. */
export function constantsIn({ exports }: SweepModule, name: Coefficients): Int32Array | BigInt64Array {
  const { buffer } = exports.memory;
  const constants = constantsOf(name);
  const isDouble = name.endsWith("64");
  const bytes = new Uint8Array((isDouble ? Float64Array : Float32Array).from(constants).buffer);
  const at = Buffer.from(buffer).indexOf(bytes);
  if (at < 0) throw new Error(`the constants of ${name}.ts are not in memory`);
  return isDouble
    ? new BigInt64Array(buffer, at, constants.length)
    : new Int32Array(buffer, at, constants.length);
}

/** Adds to the bits of a constant, as far as a function runs. */
export function withFault<T>(
  bits: Int32Array | BigInt64Array,
  index: number,
  units: number,
  run: () => T,
): T {
  const add = (by: number) => {
    if (bits instanceof BigInt64Array) bits[index] = bits[index]! + BigInt(by);
    else bits[index] = bits[index]! + by;
  };
  add(units);
  try {
    return run();
  } finally {
    add(-units);
  }
}
