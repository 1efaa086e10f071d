import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenOf, readStored } from "./golden/golden.ts";
import { allNames, expected } from "./support/losses.ts";

/** Float64 rounds at 1.1e-16; powers and exponentials of scores around 1000 magnify that. */
const FLOAT64_TOLERANCE = 1e-13;

const names = allNames.filter((name) => existsSync(new URL(`golden/${name}.json`, import.meta.url)));

describe.each(names)("the float64 reference of %s", (name) => {
  const golden = readStored(name).map(goldenOf);

  it("gives the golden values", () => {
    // Below the smallest normal float64 its own relative accuracy ends.
    const tolerance = (terms: number) => Math.max(FLOAT64_TOLERANCE * terms, 2 ** -1022);
    const wrong: string[] = [];
    for (const { name: title, options, logits, labels, loss, grad } of golden) {
      // Rows to ignore never reach the formula.
      if (options.ignoreIndex !== undefined) continue;
      const got = expected(name, { rows: 1, classes: logits.length, logits, labels }, options)[0]!;
      if (!(Math.abs(got.loss - Number(loss.value)) <= tolerance(loss.terms)))
        wrong.push(`${title}: loss ${got.loss}, exactly ${loss.value}`);
      grad.forEach(({ value, terms }, i) => {
        if (!(Math.abs(got.grad[i]! - Number(value)) <= tolerance(terms)))
          wrong.push(`${title}: gradient ${i} ${got.grad[i]}, exactly ${value}`);
      });
    }
    expect(wrong).toEqual([]);
  });
});
