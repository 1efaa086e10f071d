import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { definitionOf } from "../src/engine/definitions.ts";
import {
  type Exact,
  formulaOf,
  type GoldenCase,
  goldenOf,
  inputOf,
  readStored,
  type StoredInput,
} from "./golden/golden.ts";
import { mathBounds } from "./support/bounds.ts";
import { effort } from "./support/effort.ts";
import { toSparse } from "./support/labels.ts";
import { allNames, boundsOf, type LossName, lossOf, referenceOf } from "./support/losses.ts";
import { expectSameBits, expectSameResult } from "./support/results.ts";
import { ulp, ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * Every loss of the registry against exact values, which test/golden/generate.ts made with 150 digits and without any code
 * of this package. The cases say why they are there: see test/golden/cases.ts and test/golden/formulas.
 */

/** What a result may lose beside its bound, as a share of the terms whose difference it is: the error of their exponentials. */
const KERNEL_TOLERANCE = mathBounds.exp64.relative;

/** How far `got` is from the exact value in ULP, less what the terms of that may lose. */
function errorOf(got: number, { value, terms }: Exact): number {
  return ulpError(got, value) - (KERNEL_TOLERANCE * terms) / ulp(Number(value));
}

/** The labels of a case in every form that the loss takes. */
function formsOf(name: LossName, { labels, logits, options }: GoldenCase): unknown[] {
  if (labels instanceof Float32Array) return [labels];
  const index = Int32Array.of(labels.indexOf(1));
  if (options.ignoreIndex !== undefined) return [index];
  const forms = [labels, toSparse(labels, logits.length)];
  return definitionOf(referenceOf(name)).labels.includes("index") ? [...forms, index] : forms;
}

const formulas = readdirSync(new URL("golden/formulas/", import.meta.url)).map((file) => file.slice(0, -3));

describe("golden values", () => {
  it("are of losses of the registry", () => {
    expect(allNames).toEqual(expect.arrayContaining(formulas));
  });

  for (const name of allNames.filter((name) => !formulas.includes(name))) {
    it.skip(`skipped: ${name} has no exact formula in test/golden/formulas`, () => {});
  }
});

describe.each(allNames.filter((name) => formulas.includes(name)))("golden values of %s", (name) => {
  const golden = readStored(name).map(goldenOf);
  const called = golden.map((one) => {
    const [labels, ...otherForms] = formsOf(name, one);
    const call = { classes: one.logits.length, reduction: "none", ...one.options } as const;
    return { ...one, labels, otherForms, call };
  });

  it("are those of the cases of its formula", async () => {
    const inputs = readStored(name).map(
      ({ name, reason, options, scores, labels, softLabels }): StoredInput => ({
        name,
        reason,
        options,
        scores,
        labels,
        softLabels,
      }),
    );
    expect(inputs).toEqual((await formulaOf(name)).cases.map(inputOf));
  });

  it("cover every kind of labels and every option of its own", () => {
    const { labels, options } = definitionOf(referenceOf(name));
    const kinds = new Set(golden.map((one) => (one.labels instanceof Float32Array ? "soft" : "multi-hot")));
    expect([...kinds].sort()).toEqual(labels.filter((kind) => kind !== "index").sort());
    const covered = new Set(golden.flatMap((one) => Object.keys(one.options)));
    expect([...covered].sort()).toEqual(Object.keys(options).sort());
  });

  forEachVariant((losses) => {
    const loss = lossOf(losses, name);
    const bounds = boundsOf(name);

    it(`are met within ${bounds.loss} ULP by the loss, ${bounds.grad} by the gradient`, () => {
      const wrong: string[] = [];
      for (const { name: title, logits, labels, call, ...exact } of called) {
        const got = loss(logits, labels, call);
        const error = errorOf(got.loss[0]!, exact.loss);
        if (!(error <= bounds.loss))
          wrong.push(`${title}: loss ${got.loss[0]}, exactly ${exact.loss.value}: ${error} ULP`);
        exact.grad.forEach((g, i) => {
          const error = errorOf(got.grad[i]!, g);
          if (!(error <= bounds.grad))
            wrong.push(`${title}: gradient ${i} ${got.grad[i]}, exactly ${g.value}: ${error} ULP`);
        });
      }
      expect(wrong).toEqual([]);
    });

    const withThreshold = called.filter(({ thresholdGrad }) => thresholdGrad !== undefined);

    if (withThreshold.length > 0) {
      it("come with the gradient of a row's threshold", () => {
        for (const { name: title, logits, labels, call, grad, thresholdGrad } of withThreshold) {
          // The sum of all others, which differ in sign.
          const terms = grad.reduce((sum, { value }) => sum + Math.abs(Number(value)), 0);
          const got = loss(logits, labels, call).thresholdGrad![0]!;
          expect(Math.abs(got - Number(thresholdGrad)) / ulp(terms), title).toBeLessThanOrEqual(bounds.grad);
        }
      });
    }

    const repeated = called.filter(({ logits }) => logits.length <= effort(Infinity, 8));

    it("come with the same bits for every form of the same labels", () => {
      for (const { name: title, logits, labels, otherForms, call } of repeated) {
        const right = loss(logits, labels, call);
        for (const form of otherForms) {
          const got = loss(logits, form, call);
          expectSameResult(got, right, title);
        }
      }
    });

    it("come with the same loss where there is no gradient", () => {
      for (const { name: title, logits, labels, call } of repeated) {
        const both = loss(logits, labels, call);
        const alone = loss(logits, labels, { ...call, gradient: false });
        expectSameBits(alone.loss, both.loss, title);
      }
    });

    it("come with the same bits where the arrays lie in the instance's memory", () => {
      for (const { name: title, logits, labels, call } of repeated) {
        const copied = loss(logits, labels, call);
        const batch = losses.allocate(1, logits.length);
        batch.logits.set(logits);
        if (labels instanceof Uint8Array) batch.labels.set(labels);
        const inPlace = labels instanceof Uint8Array ? batch.labels : labels;
        const got = loss(batch.logits, inPlace, { ...call, out: { grad: batch.grad } });
        expectSameResult({ loss: got.loss, grad: batch.grad }, copied, title);
        batch.free();
      }
    });
  });
});
