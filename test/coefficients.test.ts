import { describe, expect, it } from "vitest";
import { compileSweep, openSweep } from "../scripts/accuracy/sweep/module.ts";
import { type Coefficients, constantsIn, constantsOf, hashOf, withFault } from "./support/coefficients.ts";

/*
 * A wrong digit of a constant in assembly/math, the last one included, changes the bits of some result, and with them the
 * hash that stands here. Whoever changes one of these functions on purpose looks at `npm run accuracy`, and then
 * takes the new hash from what this test prints.
 */

interface Expected {
  hash: string;
  /**
   * For each constant, the k of 2ᵏ units in its last place from which on a fault shows. 0 is the last bit. The higher
   * coefficients in float64 are those of terms so small that their last digits are rounded away in every result; the
   * constants that choose n or k may be off as long as r is in the range of the polynomial.
   */
  shows: number[];
}

const EXPECTED: Record<Coefficients, Expected> = {
  exp: { hash: "5fdff2a985d9c41f", shows: [0, 0, 0, 0, 0, 0, 0, 0, 0] },
  log1p: { hash: "9df79213f220bb35", shows: [0, 0, 0, 0, 0, 0] },
  exp64: {
    hash: "cd0d3b23491992e2 764e06fac103a4ff",
    shows: [26, 0, 0, 11, 0, 0, 0, 0, 3, 8, 12, 18, 21, 28],
  },
  log1p64: { hash: "40ee846b1bf2b2d3 c8e17ec665e9f849", shows: [0, 0, 0, 0, 5, 12, 0, 34, 0] },
};

/** Those of exp.ts that `exp` does not use: math.test.ts has `expScaled`, and parity.test.ts rows of all sizes. */
const OTHERS = { exp: 3, log1p: 0, exp64: 0, log1p64: 0 };

const module = openSweep(await compileSweep("simd"));

describe.each(Object.keys(EXPECTED) as Coefficients[])("%s of simd", (name) => {
  const { hash, shows } = EXPECTED[name];
  const constants = constantsOf(name);

  it("gives the bits that it gave", () => {
    expect(hashOf(module, name)).toBe(hash);
  });

  it("has as many constants as are known here", () => {
    expect(constants).toHaveLength(shows.length + OTHERS[name]);
  });

  it.each(shows.map((k, index) => [index, constants[index]!, k] as const))(
    "gives other bits where constant %d, %d, is off by 2^%d units in the last place",
    (index, _, k) => {
      const bits = constantsIn(module, name);
      for (const units of [2 ** k, -(2 ** k)]) {
        expect(
          withFault(bits, index, units, () => hashOf(module, name)),
          `${units}`,
        ).not.toBe(hash);
      }
    },
  );
});
