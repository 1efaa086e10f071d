import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cases } from "./golden/cases.ts";
import { fileOf, readGolden } from "./golden/golden.ts";
import { boundsOf, expected, lossOf, names } from "./support/losses.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * Every loss against exact values, which test/golden/generate.ts made with 150 digits and without any code of this
 * package. The cases say why they are there: see test/golden/cases.ts.
 */

/** The bits of float32 numbers, to tell 0 from -0 and to compare NaN. */
function bits(array: Float32Array): number[] {
  return Array.from(new Uint32Array(array.slice().buffer));
}

describe("golden values", () => {
  it("exist for every loss with a formula in test/golden/formulas", () => {
    const formulas = readdirSync(new URL("golden/formulas/", import.meta.url));
    expect(namesWithGolden.map((name) => `${name}.ts`).sort()).toEqual(formulas.sort());
  });
});

const namesWithGolden = names.filter((name) => existsSync(fileOf(name)));

describe.each(namesWithGolden)("golden values of %s", (name) => {
  const golden = readGolden(name);

  it("are those of the cases", () => {
    for (const { name, options = {}, scores, labels } of cases) {
      expect(golden).toContainEqual(
        expect.objectContaining({
          name,
          options,
          logits: Float32Array.from(scores),
          labels: Uint8Array.from(labels),
        }),
      );
    }
  });

  it("are met by the float64 reference", () => {
    // Below the smallest normal float64 its own relative accuracy ends.
    const tolerance = (exact: string) => Math.max(1e-13 * Math.abs(Number(exact)), 2 ** -1022);
    const wrong: string[] = [];
    for (const { name: title, options, logits, labels, loss, grad } of golden) {
      const got = expected(name, { rows: 1, classes: logits.length, logits, labels }, options)[0]!;
      if (!(Math.abs(got.loss - Number(loss)) <= tolerance(loss)))
        wrong.push(`${title}: loss ${got.loss}, exactly ${loss}`);
      grad.forEach((exact, i) => {
        if (!(Math.abs(got.grad[i]! - Number(exact)) <= tolerance(exact)))
          wrong.push(`${title}: gradient ${i} ${got.grad[i]}, exactly ${exact}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  forEachVariant((losses) => {
    it(`are met within ${boundsOf(name).loss} ULP by the loss, ${boundsOf(name).grad} by the gradient`, () => {
      const wrong: string[] = [];
      for (const { name: title, options, logits, labels, loss, grad } of golden) {
        const got = lossOf(losses, name)(logits, labels, {
          classes: logits.length,
          reduction: "none",
          ...options,
        });
        const error = ulpError(got.loss[0]!, loss);
        if (!(error <= boundsOf(name).loss))
          wrong.push(`${title}: loss ${got.loss[0]}, exactly ${loss}: ${error} ULP`);
        grad.forEach((exact, i) => {
          const error = ulpError(got.grad[i]!, exact);
          if (!(error <= boundsOf(name).grad))
            wrong.push(`${title}: gradient ${i} ${got.grad[i]}, exactly ${exact}: ${error} ULP`);
        });
      }
      expect(wrong).toEqual([]);
    });

    it("come with the same loss where there is no gradient", () => {
      for (const { name: title, options, logits, labels } of golden) {
        const call = { classes: logits.length, reduction: "none", ...options } as const;
        const both = lossOf(losses, name)(logits, labels, call);
        const alone = lossOf(losses, name)(logits, labels, { ...call, gradient: false });
        expect(bits(alone.loss), title).toEqual(bits(both.loss));
      }
    });

    it("come with the same bits where the arrays lie in the instance's memory", () => {
      for (const { name: title, options, logits, labels } of golden) {
        const call = { classes: logits.length, reduction: "none", ...options } as const;
        const copied = lossOf(losses, name)(logits, labels, call);
        const batch = losses.allocate(1, logits.length);
        batch.logits.set(logits);
        batch.labels.set(labels);
        const { loss } = lossOf(losses, name)(batch.logits, batch.labels, {
          ...call,
          out: { grad: batch.grad },
        });
        expect(bits(loss), title).toEqual(bits(copied.loss));
        expect(bits(batch.grad), title).toEqual(bits(copied.grad));
        batch.free();
      }
    });
  });
});
