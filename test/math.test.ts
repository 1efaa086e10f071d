import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileMath, type MathKernels } from "./kernels/math.ts";
import { mathBounds } from "./support/bounds.ts";
import { uniform } from "./support/random.ts";
import { stepped, ulpError } from "./support/ulp.ts";

/* Sweeps over the ranges that the comments in assembly/math state; scripts/accuracy.ts tries every number of them. */

const LENGTH = 2 ** 16;

const variants = await Promise.all(
  (["relaxed", "simd"] as const).map(
    async (variant) => [variant, await compileMath(variant, LENGTH)] as const,
  ),
);

function forEachWasmVariant(suite: (kernels: MathKernels) => void): void {
  for (const [variant, kernels] of variants) {
    if (kernels) describe(variant, () => suite(kernels));
    else describe(variant, () => it.skip("skipped: this engine lacks its instructions", () => {}));
  }
}

/** Float32 numbers from `from` to `to`, both included, of which `step` - 1 are left out each time; both of one sign. */
function* every(step: number, from: number, to: number): Generator<number> {
  const magnitude = (x: number) => Math.abs(x);
  for (let x = from; magnitude(x) < magnitude(to); x = stepped(x, step)) yield x;
  yield to;
}

/** Random numbers between two bounds. Unlike `every`, most of them are as large as the bounds. */
function* draws(count: number, from: number, to: number): Generator<number> {
  const random = uniform(count);
  for (let i = 0; i < count; i++) yield from + (to - from) * random();
}

/** The numbers in batches that fill the array; the last one is filled up with the last number. */
function* filled(x: Float32Array | Float64Array, numbers: Iterable<number>): Generator<void> {
  let count = 0;
  for (const number of numbers) {
    x[count++] = number;
    if (count === x.length) {
      yield;
      count = 0;
    }
  }
  if (count > 0) {
    x.fill(x[count - 1]!, count);
    yield;
  }
}

/** The steps are odd, so that the last bits differ from number to number; a lane's neighbours hold other numbers. */
const STEP = 1021;

interface Worst {
  error: number;
  at: number;
}

function noteWorst(worst: Worst, error: number, at: number): void {
  if (!(error <= worst.error)) Object.assign(worst, { error, at });
}

describe("the comments in assembly/math", () => {
  it.each([
    ["exp.ts", "exp"],
    ["exp.ts", "expScaled"],
    ["log1p.ts", "log1p"],
    ["log1p64.ts", "log1p64"],
  ] as const)("%s state the bound of %s that is tested here", (file, name) => {
    const text = readFileSync(new URL(`../assembly/math/${file}`, import.meta.url), "utf8");
    const [before = ""] = text.split(`export function ${name}(`);
    const comment = before.slice(before.lastIndexOf("/**")).replace(/\s*\n \*\s*/g, " ");
    expect(comment).toContain(mathBounds[name].stated);
  });
});

forEachWasmVariant((kernels) => {
  describe("exp", () => {
    const LOWEST = Math.fround(-87.3);
    const HIGHEST = Math.fround(88.3);

    it.each([
      ["every so many from 0 to 88.3", () => every(STEP, 0, HIGHEST)],
      ["every so many from -0 to -87.3", () => every(STEP, -0, LOWEST)],
      ["random numbers", () => draws(1_000_000, LOWEST, HIGHEST)],
    ])(`is within ${mathBounds.exp.ulp} ULP: %s`, (_, numbers) => {
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x, numbers())) {
        kernels.exp();
        kernels.y.forEach((y, i) => {
          noteWorst(worst, ulpError(y, Math.exp(kernels.x[i]!)), kernels.x[i]!);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.exp.ulp);
    });
  });

  describe("expScaled", () => {
    const LOWEST = -142;
    const SCALE = 2 ** 80;

    /** The part of an argument that x has lost to rounding: up to half the spacing of float32 at x. */
    it.each([
      ["every so many, nothing lost", () => every(STEP, -0, LOWEST), 0],
      ["every so many, some lost", () => every(STEP, -0, LOWEST), 2 ** -24],
      ["random numbers, some lost", () => draws(1_000_000, LOWEST, 0), 2 ** -24],
    ])(`is within ${mathBounds.expScaled.ulp} ULP: %s`, (_, numbers, lost) => {
      const random = uniform(1);
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x, numbers())) {
        kernels.low.forEach((_, i) => {
          kernels.low[i] = kernels.x[i]! * lost * (2 * random() - 1);
        });
        kernels.expScaled();
        kernels.y.forEach((y, i) => {
          const x = kernels.x[i]!;
          noteWorst(worst, ulpError(y, SCALE * Math.exp(x + kernels.low[i]!)), x);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.expScaled.ulp);
    });

    it("is 0 below -142 and for NaN, whatever its neighbours are", () => {
      const below = stepped(LOWEST, 1);
      const numbers = [NaN, below, -143, -1e4, -3.4e38, -Infinity];
      for (const number of numbers) {
        for (let lane = 0; lane < 4; lane++) {
          kernels.x.set([-1, -2, -3, -4]);
          kernels.x[lane] = number;
          kernels.low.fill(0, 0, 4);
          kernels.expScaled();
          const expected = [-1, -2, -3, -4].map((x) => expect.closeTo(Math.exp(x), 6));
          expected[lane] = 0;
          const got = Array.from(kernels.y.subarray(0, 4), (y) => y / SCALE);
          expect(got, `${number} in lane ${lane}`).toEqual(expected);
        }
      }
    });
  });

  describe("expOfDifference", () => {
    // Half the spacing of float32 at |center| + ½·ln 2, in ULP of a number whose ULP is least.
    it.each([0, 0.3, -1, 2.3, -7.5, 7.5, 15])("loses no more than it states, center %d", (number) => {
      const center = Math.fround(number);
      const lost = 2 ** Math.floor(Math.log2(Math.abs(center) + Math.LN2 / 2));
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x, draws(300_000, center - 80, center))) {
        kernels.expOfDifference(center);
        kernels.y.forEach((y, i) => {
          noteWorst(worst, ulpError(y, Math.exp(kernels.x[i]! - center)), kernels.x[i]!);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.exp.ulp + lost);
    });
  });

  describe("listHighest", () => {
    /** The indices of the highest, of equal numbers the first, in any order: ascending. */
    function highest(numbers: Float32Array, k: number): Int32Array {
      const order = Int32Array.from(numbers.keys()).sort((i, j) => numbers[j]! - numbers[i]! || i - j);
      return order.slice(0, k).sort();
    }

    const random = uniform(7);
    const DRAWS: Record<string, (i: number, length: number) => number> = {
      "in any order": () => 10 * random() - 5,
      ascending: (i) => i,
      descending: (i) => -i,
      "with many equal ones": () => Math.floor(3 * random()),
      "all equal": () => 1.5,
      // The highest lie in one of the sets whose greatest numbers make the bound: it is low, and most numbers reach it.
      "the highest in one set": (i) => (i % 16 === 3 ? 100 + random() : random() < 0.5 ? 1 : 2),
      "with infinities": (i) => (i % 5 === 0 ? -Infinity : i % 7 === 0 ? Infinity : random()),
      "-∞ but for a few": (i) => (i % 29 === 0 ? i : -Infinity),
    };
    // All are ranked; by a bound, of one part or more; too few for their number of parts, or more parts than there may be.
    const LENGTHS = [1, 2, 3, 4, 5, 16, 31, 32, 33, 63, 64, 65, 79, 127, 128, 130, 383, 384, 500, 1001];

    it.each(Object.keys(DRAWS))("finds what sorting finds: numbers %s", (name) => {
      for (const length of LENGTHS) {
        for (const k of [1, 2, 5, 12, 13, 24, 25, 72, 73, length - 1, length]) {
          if (k < 1 || k > length) continue;
          for (let i = 0; i < length; i++) kernels.x[i] = DRAWS[name]!(i, length);
          const numbers = kernels.x.slice(0, length);
          const right = highest(numbers, k);
          const { kth, list } = kernels.listHighest(length, k);
          const what = `${k} of ${length}`;
          expect(list.sort(), what).toEqual(right);
          expect(kth, what).toBe(Math.min(...Array.from(right, (i) => numbers[i]!)));
        }
      }
    });
  });

  describe("exp64", () => {
    it.each([
      ["large ones", () => draws(300_000, -708, 709)],
      ["moderate ones", () => draws(300_000, -3, 3)],
      ["tiny ones and 0", () => [0, -0, 1e-300, -1e-300, 1e-16, -1e-16, 1e-8, -1e-8]],
    ])("has a relative error of at most 2^-49: %s", (_, numbers) => {
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x64, numbers())) {
        kernels.exp64();
        kernels.y64.forEach((y, i) => {
          const x = kernels.x64[i]!;
          noteWorst(worst, Math.abs(y / Math.exp(x) - 1), x);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.exp64.relative);
    });
  });

  describe("log1p", () => {
    const HIGHEST = 2 ** 126 * (1 - 2 ** -24);

    it.each([
      ["every so many", () => every(STEP, 0, HIGHEST)],
      ["those around 1", () => every(3, 0.3, 1.1)],
      ["random ones from 0 to 20", () => draws(1_000_000, 0, 20)],
    ])(`is within ${mathBounds.log1p.ulp} ULP: %s`, (_, numbers) => {
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x, numbers())) {
        kernels.log1p();
        kernels.y.forEach((y, i) => {
          noteWorst(worst, ulpError(y, Math.log1p(kernels.x[i]!)), kernels.x[i]!);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.log1p.ulp);
    });
  });

  describe("log1p64", () => {
    /** Numbers that grow by a factor: as many of each magnitude. */
    function* growing(from: number, to: number, factor: number): Generator<number> {
      for (let x = from; x < to; x *= factor) yield x;
      yield to;
    }

    it.each([
      [
        "all magnitudes, subnormal numbers included",
        () => growing(2 ** -1074 * 5000, 2 ** 1023 * (1 - 2 ** -53), 1.00031),
      ],
      ["where 1 + x begins to differ from 1", () => growing(2 ** -60, 2 ** -20, 1.0000137)],
      ["moderate ones", () => growing(2 ** -20, 2 ** 20, 1.0000137)],
      [
        "around the ends of the range of m, 2^k·√2",
        () => draws(500_000, Math.SQRT2 - 1 - 1e-6, Math.SQRT2 - 1 + 1e-6),
      ],
      ["the smallest and 0", () => [0, 2 ** -1074, 2 ** -1073, 2 ** -1022]],
    ])("has a relative error of at most 2^-36: %s", (_, numbers) => {
      const worst = { error: 0, at: 0 };
      for (const _ of filled(kernels.x64, numbers())) {
        kernels.log1p64();
        kernels.y64.forEach((y, i) => {
          const x = kernels.x64[i]!;
          const exact = Math.log1p(x);
          noteWorst(worst, y === exact ? 0 : Math.abs(y / exact - 1), x);
        });
      }
      expect(worst.error, `at ${worst.at}`).toBeLessThanOrEqual(mathBounds.log1p64.relative);
    });
  });
});
