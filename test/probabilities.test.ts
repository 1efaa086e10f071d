import { describe, expect, it } from "vitest";
import { rangeOf } from "../src/engine/probabilities.ts";

describe("the range of scores, by which probabilities are told from raw ones", () => {
  it.each([
    ["unit", [0.2, 0.7]],
    ["unit", [0, 1]],
    ["unit", [0, 0, 2 ** -149]],
    ["unit", [1, 0]],
    ["zero", [0, 0, -0]],
    ["zero", []],
    ["other", [0.5, 1.0001]],
    ["other", [-1e-9, 0.5]],
    ["other", [0.5, 0.5, NaN]],
    ["other", [Infinity]],
    ["other", [0, -Infinity]],
  ] as const)("is %s of %j", (range, scores) => {
    expect(rangeOf(Float32Array.from(scores))).toBe(range);
  });
});
