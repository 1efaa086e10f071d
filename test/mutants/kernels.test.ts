import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faulty, kernelMutants } from "./kernels.ts";

describe("the faults that npm run mutants puts into the kernels", () => {
  it.each(kernelMutants.map((mutant) => [mutant.fault, mutant] as const))("%s: can be put", (_, mutant) => {
    const source = readFileSync(new URL(`../../assembly/${mutant.file}`, import.meta.url), "utf8");
    expect(faulty(source, mutant)).not.toBe(source);
  });

  it("differ", () => {
    expect(new Set(kernelMutants.map(({ fault }) => fault)).size).toBe(kernelMutants.length);
  });
});
