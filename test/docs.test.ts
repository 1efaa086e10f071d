import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createLosses } from "../src/index.ts";
import { allNames, lossOf, names } from "./support/losses.ts";

/* The numbers in the examples of the documentation: all digits before the ellipsis have to be right. */

const losses = createLosses({ variant: "simd" });

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}

function startsLike(value: number, printed: string): void {
  expect(String(value).slice(0, printed.length - 1)).toBe(printed.slice(0, -1));
}

describe("the example", () => {
  it.each(allNames)("of %s", (name) => {
    const [, loss = "", grad = ""] =
      /loss ([\d.]+…), grad \[(.+?)\]/.exec(read(`src/losses/${name}.ts`)) ?? [];
    const labels = names.includes(name) ? new Uint8Array([1, 0, 0]) : new Float32Array([0.9, 0, 0.5]);
    const got = lossOf(losses, name)(new Float32Array([2, -1, 0.5]), labels, { classes: 3 });
    startsLike(got.loss, loss);
    const printed = grad.split(", ");
    expect(printed).toHaveLength(3);
    for (const [i, text] of printed.entries()) startsLike(got.grad[i]!, text);
  });

  it("of the README", () => {
    const [, loss = "", grad = ""] = /loss ([\d.]+…), .* grad \[(.+?), …\]/.exec(read("README.md")) ?? [];
    const logits = new Float32Array([2, -1, 0.5, -3, 1, 4]);
    const got = losses.zlpr(logits, new Uint8Array([1, 0, 0, 0, 0, 1]), { classes: 3 });
    startsLike(got.loss, loss);
    const printed = grad.split(", ");
    expect(printed).toHaveLength(3);
    for (const [i, text] of printed.entries()) startsLike(got.grad[i]!, text);
  });
});
