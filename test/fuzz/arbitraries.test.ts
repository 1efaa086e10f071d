import fc from "fast-check";
import { expect, it } from "vitest";
import { allNames } from "../support/losses.ts";
import { type Call, calls } from "./arbitraries.ts";
import { expectedError } from "./model.ts";

/* Random calls find nothing in what they never have. */

const drawn = fc.sample(calls, { numRuns: 3000, seed: 1 });

const FEATURES: Record<string, (call: Call) => boolean> = {
  "a mask for all rows": ({ mask, rows, classes }) => rows > 1 && mask?.length === classes,
  "a mask a row": ({ mask, rows, classes }) => rows > 1 && mask?.length === rows * classes,
  "a row without classes": ({ mask }) => mask?.every((keep) => keep === 0) === true,
  "weights of rows": ({ rowWeights }) => rowWeights !== undefined,
  "a weight of 0": ({ rowWeights }) => rowWeights?.includes(0) === true,
  "a threshold for all rows": ({ own }) => typeof own.threshold === "number",
  "a threshold a row": ({ own }) => typeof own.threshold === "object",
  "weights of classes": ({ own }) => typeof own.positiveWeights === "object",
  maxLabels: ({ own }) => own.maxLabels !== undefined,
  "a row that is ignored": ({ form, labels, own }) =>
    form === "index" && (labels as Int32Array).includes(own.ignoreIndex ?? -1),
  "a row without positives": ({ form, targets }) => form !== "soft" && !targets.includes(1),
  "positives only": ({ form, targets }) => form !== "soft" && targets.length > 1 && !targets.includes(0),
  NaN: ({ logits }) => logits.some(Number.isNaN),
  infinity: ({ logits }) => logits.includes(Infinity) && !logits.some(Number.isNaN),
  "no rows": ({ rows }) => rows === 0,
  "rows for two blocks": ({ rows }) => rows > 64,
  "no gradient": ({ gradient }) => !gradient,
  "nothing to take the mean of": (call) => expectedError(call) !== undefined,
};

it.each(Object.entries(FEATURES))("random calls have %s", (_, has) => {
  expect(drawn.filter(has).length).toBeGreaterThan(3);
});

it("random calls are of every loss, and mostly have all their arguments right", () => {
  expect(new Set(drawn.map(({ name }) => name)).size).toBe(allNames.length);
  expect(drawn.filter((call) => expectedError(call)).length).toBeLessThan(drawn.length / 10);
});
