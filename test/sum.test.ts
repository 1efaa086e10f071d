import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RunningSum } from "../src/predict/runningSum.ts";
import { ExactSum, sumOfShares } from "../src/predict/sum.ts";
import { effort } from "./support/effort.ts";
import { checkRefused } from "./support/errors.ts";
import { uniform } from "./support/random.ts";

/* The sum against whole numbers of any length: every float64 is one, in units of 2^-1074. */

const RUNS = { numRuns: effort(1000, 100), seed: 1 };

const word = new Float64Array(1);
const bits = new BigUint64Array(word.buffer);

/** A finite number in units of 2^-1074. */
function unitsOf(value: number): bigint {
  word[0] = Math.abs(value);
  const exponent = Number(bits[0]! >> 52n);
  const fraction = bits[0]! & (2n ** 52n - 1n);
  const units = exponent === 0 ? fraction : (fraction | (2n ** 52n)) << BigInt(exponent - 1);
  return value < 0 ? -units : units;
}

/** The float64 that is nearest to some units, and of two the even one: found by halving among all of them. */
function nearest(units: bigint): number {
  if (units < 0n) return -nearest(-units);
  const numberOf = (pattern: bigint) => {
    bits[0] = pattern;
    return word[0]!;
  };
  const infinity = 0x7ff0_0000_0000_0000n;
  // What ∞ would be if there were one more exponent: half a step below it, numbers are rounded to it.
  const sizeOf = (pattern: bigint) => (pattern === infinity ? 2n ** 2098n : unitsOf(numberOf(pattern)));
  let [below, above] = [0n, infinity];
  while (above - below > 1n) {
    const middle = (below + above) / 2n;
    if (sizeOf(middle) <= units) below = middle;
    else above = middle;
  }
  const [low, high] = [units - sizeOf(below), sizeOf(above) - units];
  if (low === high) return numberOf(below % 2n === 0n ? below : above);
  return numberOf(low < high ? below : above);
}

function sumOf(terms: Iterable<number>): ExactSum {
  const sum = new ExactSum();
  for (const term of terms) sum.add(term);
  return sum;
}

function exactly(terms: readonly number[]): number {
  return nearest(terms.reduce((sum, term) => sum + unitsOf(term), 0n));
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Subnormal numbers, neighbours of powers of 2, the largest ones. */
const edges = fc
  .tuple(
    fc.constantFrom(-1074, -1060, -1023, -1022, -1021, -53, -1, 0, 1, 31, 32, 52, 53, 64, 970, 1023),
    fc.integer({ min: -3, max: 3 }),
  )
  .map(([exponent, steps]) => {
    word[0] = 2 ** exponent;
    bits[0]! += BigInt(Math.max(steps, exponent === -1074 ? 0 : -3));
    return word[0]!;
  });
const any = fc.oneof(
  finite,
  edges,
  edges.map((x) => -x),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: -9, max: 9 }),
);
const lists = fc.array(any, { maxLength: 40 });

describe("a sum", () => {
  it("is the exact one, rounded once", () => {
    fc.assert(
      fc.property(lists, (terms) => {
        expect(sumOf(terms).value).toBe(exactly(terms) + 0);
      }),
      RUNS,
    );
  });

  it("has the same value and JSON in any order and grouping", () => {
    fc.assert(
      fc.property(
        lists,
        fc.integer(),
        fc.array(fc.nat({ max: 5 }), { maxLength: 40 }),
        (terms, seed, groups) => {
          const random = uniform(seed);
          const shuffled = terms
            .map((term) => ({ term, key: random() }))
            .sort((a, b) => a.key - b.key)
            .map(({ term }) => term);
          const sums = Array.from({ length: 6 }, () => new ExactSum());
          for (const [i, term] of shuffled.entries()) sums[groups[i] ?? 0]!.add(term);
          while (sums.length > 1) {
            const [one] = sums.splice(Math.floor(random() * sums.length), 1);
            const other = sums[Math.floor(random() * sums.length)]!;
            const before = one!.toJSON();
            other.merge(one!);
            expect(one!.toJSON()).toEqual(before);
          }
          const whole = sumOf(terms);
          expect(sums[0]!.value).toBe(whole.value);
          expect(sums[0]!.toJSON()).toEqual(whole.toJSON());
        },
      ),
      RUNS,
    );
  });

  it("loses nothing of what cancels", () => {
    fc.assert(
      fc.property(lists, finite, (terms, rest) => {
        const sum = sumOf([...terms, rest, ...terms.map((term) => -term)]);
        expect(sum.value).toBe(rest + 0);
        expect(sum.toJSON()).toEqual(sumOf([rest]).toJSON());
      }),
      RUNS,
    );
  });

  it("is what its JSON makes", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(any, fc.constantFrom(NaN, Infinity, -Infinity))), (terms) => {
        const sum = sumOf(terms);
        const again = ExactSum.fromJSON(JSON.parse(JSON.stringify(sum)), "json", terms.length);
        expect(again.toJSON()).toEqual(sum.toJSON());
        expect(again.value).toBe(sum.value);
        again.add(0.1);
        sum.add(0.1);
        expect(again.toJSON()).toEqual(sum.toJSON());
      }),
      RUNS,
    );
  });

  it.each<[number[], number]>([
    [[1e16, 1, 1, -1e16], 2],
    [[1, 1e100, 1, -1e100], 2],
    [Array.from({ length: 10 }, () => 0.1), 1],
    [[], 0],
    [[-0, -0], 0],
    // Half a step: to the even one; a trace of a difference decides.
    [[1, 2 ** -53], 1],
    [[1 + 2 ** -52, 2 ** -53], 1 + 2 ** -51],
    [[1, 2 ** -53, 2 ** -1074], 1 + 2 ** -52],
    [[1 + 2 ** -52, 2 ** -53, -(2 ** -1074)], 1 + 2 ** -52],
    [[-1, -(2 ** -53), -(2 ** -1074)], -1 - 2 ** -52],
    [[2 ** -1074, 2 ** -1074, -(2 ** -1073), 2 ** -1074], 2 ** -1074],
    [[2 ** -1022, -(2 ** -1074)], 2 ** -1022 - 2 ** -1074],
    [[Number.MAX_VALUE, Number.MAX_VALUE], Infinity],
    [[Number.MAX_VALUE, 2 ** 969], Number.MAX_VALUE],
    [[Number.MAX_VALUE, 2 ** 970], Infinity],
    [[Number.MAX_VALUE, 2 ** 970, -(2 ** -1074)], Number.MAX_VALUE],
    [[Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE], Number.MAX_VALUE],
    [[1, NaN, Infinity], NaN],
    [[Infinity, 1, Infinity], Infinity],
    [[-Infinity, Number.MAX_VALUE, Number.MAX_VALUE], -Infinity],
    [[Infinity, -Infinity], NaN],
  ])("of %j is %d", (terms, value) => {
    expect(sumOf(terms).value).toBe(value);
    expect(sumOf(terms.toReversed()).value).toBe(value);
  });

  it.each<[number[], unknown]>([
    [[], "0x0p0"],
    [[1], "0x1p0"],
    [[1, 2], "0x3p0"],
    [[-0.75], "-0x3p-2"],
    [[2 ** -1074], "0x1p-1074"],
    [[2 ** 1023, 2 ** 1023], "0x1p1024"],
    [[1, -(2 ** -200), -1], "-0x1p-200"],
    [[1.5, NaN, -Infinity, -Infinity], { finite: "0x3p-1", nan: 1, infinity: 0, minusInfinity: 2 }],
  ])("of %j is %j in JSON", (terms, json) => {
    expect(sumOf(terms).toJSON()).toEqual(json);
  });

  it.each([1, -1])(
    "carries what waits in its digits, of terms of sign %d and in sums that are merged",
    (sign) => {
      // All bits of the lowest digit are 1, so that it fills up as fast as it can, and is odd every other time.
      const digit = 2 ** 32 - 1;
      const term = sign * digit * 2 ** -1074;
      const json = (count: number) => {
        const sum = ExactSum.fromJSON(
          `${sign < 0 ? "-" : ""}0x${(BigInt(count) * BigInt(digit)).toString(16)}p-1074`,
          "",
          1,
        );
        return sum.toJSON();
      };
      const count = 2 ** 22 + 1;
      const sum = new ExactSum();
      for (let i = 0; i < count; i++) sum.add(term);
      expect(sum.toJSON()).toBe(json(count));
      const merged = new ExactSum();
      const full = new ExactSum();
      for (let i = 1; i < 2 ** 20; i++) full.add(term);
      for (let i = 0; i < 9; i++) merged.merge(full);
      expect(merged.toJSON()).toBe(json(9 * (2 ** 20 - 1)));
      for (let i = 0; i < 2 ** 20 + 4; i++) full.add(term);
      expect(full.toJSON()).toBe(json(2 ** 21 + 3));
    },
  );

  it("merged with itself is twice itself", () => {
    const sum = sumOf([0.1, -7, NaN]);
    sum.merge(sum);
    expect(sum.toJSON()).toEqual(sumOf([0.1, 0.1, -7, -7, NaN, NaN]).toJSON());
  });
});

describe("the JSON of a sum is refused", () => {
  const form = 'a sum as "0x…p…", an odd whole number and a power of 2';
  it.each<[string, unknown, string]>([
    ["as a number", 1, "json: expected an object, received 1"],
    ["that is no number", "1.5", `json: expected ${form}, received "1.5"`],
    ["that is empty", "", `json: expected ${form}, received ""`],
    ["without a power", "0x3", `json: expected ${form}, received "0x3"`],
    ["in capitals", "0xAp1", `json: expected ${form}, received "0xAp1"`],
    ["that is even", "0x2p0", `json: expected ${form}, received "0x2p0"`],
    ["with leading zeros", "0x01p0", `json: expected ${form}, received "0x01p0"`],
    ["of a negative zero", "-0x0p0", `json: expected ${form}, received "-0x0p0"`],
    ["of zero with a power", "0x0p3", `json: expected ${form}, received "0x0p3"`],
    ["below the smallest number", "0x1p-1075", `json: expected ${form}, received "0x1p-1075"`],
    ["too large", "0x1p2000", `json: expected ${form}, received "0x1p2000"`],
    ["with a power of leading zeros", "0x1p01", `json: expected ${form}, received "0x1p01"`],
    [
      "without a count",
      { finite: "0x1p0", nan: 1, infinity: 0 },
      "json.minusInfinity: expected a value, received none",
    ],
    [
      "with another property",
      { finite: "0x1p0", nan: 1, infinity: 0, minusInfinity: 0, zeros: 1 },
      "json.zeros: expected one of finite, nan, infinity, minusInfinity, received an unknown name",
    ],
    [
      "with a negative count",
      { finite: "0x1p0", nan: -1, infinity: 0, minusInfinity: 0 },
      "json.nan: expected a whole number from 0 to 5, received -1",
    ],
    [
      "with counts of 0",
      { finite: "0x1p0", nan: 0, infinity: 0, minusInfinity: 0 },
      "json: expected from 1 to 5 terms that are not finite, received 0",
    ],
    [
      "with more than there are terms",
      { finite: "0x1p0", nan: 3, infinity: 3, minusInfinity: 0 },
      "json: expected from 1 to 5 terms that are not finite, received 6",
    ],
    [
      "with finite terms that are a number",
      { finite: 1, nan: 1, infinity: 0, minusInfinity: 0 },
      "json.finite: expected a string, received 1",
    ],
  ])("%s", (_, json, message) => {
    const isType = /expected (an object|a value|one of|a string)/.test(message);
    checkRefused(() => ExactSum.fromJSON(json, "json", 5), isType ? "TYPE" : "RANGE", message);
  });

  it("outside what so many shares add up to", () => {
    expect(sumOfShares("0x5p0", "json", 5).value).toBe(5);
    checkRefused(
      () => sumOfShares("-0x1p-9", "json", 5),
      "RANGE",
      "json: expected a sum from 0 to 5, received -0.001953125",
    );
    checkRefused(
      () => sumOfShares("0x3p1", "json", 5),
      "RANGE",
      "json: expected a sum from 0 to 5, received 6",
    );
    const nan = sumOf([NaN]).toJSON();
    checkRefused(
      () => sumOfShares(nan, "json", 5),
      "RANGE",
      "json: expected a sum from 0 to 5, received NaN",
    );
  });
});

describe("a running sum", () => {
  it.each([
    [[1e16, 1, 1, -1e16], 2],
    [[1, 1e100, 1, -1e100], 2],
    [Array.from({ length: 10 }, () => 0.1), 1],
    [[], 0],
  ])("of %o is %d", (terms, value) => {
    const sum = new RunningSum();
    for (const term of terms) sum.add(term);
    expect(sum.value).toBe(value);
  });
});
