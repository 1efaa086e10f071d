import { describe, expect, it } from "vitest";
import {
  createEvaluator,
  type Evaluator,
  evaluatorFromJSON,
  focal,
  type LossErrorCode,
  sigmoidCrossEntropy,
  zlpr,
  zlprDivergence,
} from "../../src/index.ts";
import { createParallelLosses } from "../../src/parallel.ts";
import { detached } from "../support/arrays.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { LOST, labels, logits } from "./calls.ts";

/* What evaluators refuse to be made with, to merge, and to be made of. */

type Case = [title: string, code: LossErrorCode, message: string, value: unknown];

describe("createEvaluator refuses", () => {
  const ofPackage = "options.loss: expected a loss of this package, as a function, received";
  it.each<Case>([
    [
      "classRanking as a number",
      "TYPE",
      "options.classRanking: expected true or false, received 1",
      { classRanking: 1 },
    ],
    [
      "a threshold for thresholds",
      "TYPE",
      "options.thresholds: expected an array of numbers or a Float32Array, received 0.5",
      { thresholds: 0.5 },
    ],
    [
      "thresholds of another type",
      "TYPE",
      "options.thresholds: expected an array of numbers or a Float32Array, received Float64Array of length 2",
      { thresholds: new Float64Array(2) },
    ],
    [
      "no thresholds",
      "RANGE",
      "options.thresholds: expected at least one threshold, received none",
      { thresholds: [] },
    ],
    [
      "a threshold that is text",
      "TYPE",
      'options.thresholds[1]: expected a number, received "1"',
      { thresholds: [0, "1"] },
    ],
    [
      "a threshold that is missing",
      "TYPE",
      "options.thresholds[1]: expected a number, received undefined",
      { thresholds: [0, undefined, 1] },
    ],
    [
      "an infinite threshold",
      "RANGE",
      "options.thresholds[1]: expected a finite number, received Infinity",
      { thresholds: Float32Array.of(0, Infinity) },
    ],
    [
      "equal thresholds",
      "RANGE",
      "options.thresholds[2]: expected a number above 1, received 1",
      { thresholds: [0, 1, 1] },
    ],
    [
      "thresholds that fall",
      "RANGE",
      "options.thresholds[1]: expected a number above 1, received 0",
      { thresholds: [1, 0] },
    ],
    [
      "more thresholds than there is room for",
      "RANGE",
      "options.thresholds: expected at most 1 thresholds for 1073741824 classes, received 2",
      { classes: 2 ** 30, thresholds: [0, 1] },
    ],
    ["a loss by its name", "TYPE", `${ofPackage} "zlpr"`, { loss: "zlpr" }],
    ["another function", "TYPE", `${ofPackage} a function`, { loss: () => ({ loss: 1 }) }],
    [
      "a loss that gives promises",
      "TYPE",
      `${ofPackage} a function`,
      { loss: createParallelLosses({ variant: "js" }).zlpr },
    ],
    ["a loss that is null", "TYPE", `${ofPackage} null`, { loss: null }],
    [
      "options without a loss",
      "TYPE",
      "options.lossOptions: expected nothing unless loss is given, received an object",
      { lossOptions: {} },
    ],
    [
      "options of the loss that are none",
      "TYPE",
      "options.lossOptions: expected an object, received 1",
      { loss: focal, lossOptions: 1 },
    ],
    [
      "an option of another loss",
      "TYPE",
      "options.lossOptions.threshold: expected one of gamma, alpha, received an unknown name",
      { loss: focal, lossOptions: { threshold: 1 } },
    ],
    [
      "a reduction of the loss",
      "TYPE",
      "options.lossOptions.reduction: expected one of threshold, received an unknown name",
      { loss: zlpr, lossOptions: { reduction: "sum" } },
    ],
    [
      "an option of the loss that is out of range",
      "RANGE",
      "options.lossOptions.gamma: expected a finite number of at least 0, received -1",
      { loss: focal, lossOptions: { gamma: -1 } },
    ],
    [
      "a threshold a row",
      "TYPE",
      "options.lossOptions.threshold: expected a number, received Float32Array of length 1",
      { loss: zlpr, lossOptions: { threshold: new Float32Array(1) } },
    ],
    [
      "weights of too few classes",
      "RANGE",
      "options.lossOptions.positiveWeights: expected [classes] = 3 elements, received 2",
      { loss: sigmoidCrossEntropy, lossOptions: { positiveWeights: new Float32Array(2) } },
    ],
    [
      "more classes than a loss takes",
      "RANGE",
      "options.classes: expected a whole number from 1 to 268435456, received 268435457",
      { classes: 2 ** 28 + 1, loss: zlpr },
    ],
  ])("%s", (_, code, message, options) => {
    checkRefused(() => (createEvaluator as Unchecked)({ classes: 3, ...(options as object) }), code, message);
  });
});

function filled(options: object): Evaluator<unknown> {
  const evaluator = createEvaluator({ classes: 3, ...options }) as Evaluator<unknown>;
  evaluator.add(logits, labels);
  return evaluator;
}

describe("an evaluator refuses to add, and adds nothing of", () => {
  const soft = Float32Array.from(labels);
  const unlike = { offsets: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 3) };
  it.each<[string, LossErrorCode, string, object, () => unknown]>([
    [
      "labels for no loss",
      "TYPE",
      "lossLabels: expected nothing without a loss, received Float32Array of length 6",
      {},
      () => soft,
    ],
    [
      "soft labels for a loss that takes none",
      "TYPE",
      "lossLabels: expected a Uint8Array or { offsets, indices }, received Float32Array of length 6",
      { loss: focal },
      () => soft,
    ],
    [
      "too few labels for the loss",
      "RANGE",
      "lossLabels: expected one element a logit = 6, received 5",
      { loss: zlpr },
      () => soft.subarray(1),
    ],
    [
      "a degree above 1",
      "RANGE",
      "lossLabels: expected a number from 0 to 1, received 1.5 (row 1, index 2)",
      { loss: zlpr },
      () => soft.with(5, 1.5),
    ],
    [
      "sparse labels of a class that there is not",
      "RANGE",
      "lossLabels.indices: expected class indices from 0 to 2, received 3 (row 1, index 0)",
      { loss: zlpr },
      () => unlike,
    ],
    [
      "labels whose buffer is gone",
      "DETACHED",
      `lossLabels: expected ${LOST}`,
      { loss: zlpr },
      () => detached(soft.slice()),
    ],
  ])("%s", (_, code, message, options, own) => {
    const evaluator = filled(options);
    const before = JSON.stringify(evaluator);
    checkRefused(() => evaluator.add(logits, labels, own()), code, message);
    checkRefused(
      () => evaluator.add(logits, Uint8Array.of(0, 1, 0, 1, 2, 0)),
      "RANGE",
      "labels: expected 0 or 1, received 2 (row 1, index 1)",
    );
    expect(JSON.stringify(evaluator)).toBe(before);
  });

  it("rows whose labels the loss does not take", () => {
    const evaluator = createEvaluator({ classes: 3, loss: zlprDivergence });
    checkRefused(
      () => evaluator.add(logits, labels),
      "TYPE",
      "labels: expected a Float32Array, received Uint8Array of length 6",
    );
    expect(evaluator.toJSON().rows).toBe(0);
  });

  it("labels for the loss of no rows", () => {
    const evaluator = createEvaluator({ classes: 3, loss: zlpr });
    checkRefused(
      () => evaluator.add(new Float32Array(0), new Uint8Array(0), soft),
      "RANGE",
      "lossLabels: expected one element a logit = 0, received 6",
    );
  });

  it("rows without the loss that it was made with", () => {
    const evaluator = evaluatorFromJSON(filled({ loss: zlpr }).toJSON());
    const before = JSON.stringify(evaluator);
    checkRefused(
      () => evaluator.add(logits, labels),
      "TYPE",
      "options.loss: expected zlpr, handed to evaluatorFromJSON, to add rows, received none",
    );
    expect(JSON.stringify(evaluator)).toBe(before);
  });
});

describe("an evaluator refuses to merge, and stays as it was", () => {
  const own = { threshold: 0.5, thresholds: [0, 1], classRanking: true, loss: focal };
  const evaluator = filled(own);
  const others: Case[] = [
    ["more classes", "RANGE", "classes 3, received one with 4", { classes: 4 }],
    ["another threshold", "RANGE", "threshold 0.5, received one with 0", { threshold: 0 }],
    ["no rankings", "RANGE", "ranking true, received one with false", { ranking: false }],
    [
      "no rankings of classes",
      "RANGE",
      "classRanking true, received one with false",
      { classRanking: false },
    ],
    ["other thresholds", "RANGE", "thresholds [0,1], received one with [0,2]", { thresholds: [0, 2] }],
    ["no thresholds", "RANGE", "thresholds [0,1], received one with none", { thresholds: undefined }],
    [
      "another option of the loss",
      "RANGE",
      'loss {"name":"focal","options":{"gamma":2}}, received one with {"name":"focal","options":{"gamma":1}}',
      { lossOptions: { gamma: 1 } },
    ],
    [
      "another loss",
      "RANGE",
      'loss {"name":"focal","options":{"gamma":2}}, received one with {"name":"zlpr","options":{"threshold":0}}',
      { loss: zlpr },
    ],
    [
      "many thresholds, of which some are shown",
      "RANGE",
      "thresholds [0,1], received one with [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,…",
      { thresholds: Array.from({ length: 99 }, (_, i) => i) },
    ],
  ];
  it.each(others)("%s", (_, code, message, options) => {
    const before = JSON.stringify(evaluator);
    const other = createEvaluator({ classes: 3, ...own, ...(options as object) });
    checkRefused(() => evaluator.merge(other), code, `other: expected an evaluator with ${message}`);
    expect(JSON.stringify(evaluator)).toBe(before);
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [42, "42"],
    [evaluator.toJSON(), "an object"],
    [{ ...evaluator }, "an object"],
  ])("%o", (other, received) => {
    checkRefused(
      () => evaluator.merge(other as never),
      "TYPE",
      `other: expected an evaluator of createEvaluator or evaluatorFromJSON, received ${received}`,
    );
  });
});

it("an evaluator refuses more rows than it can count, and stays as it was", () => {
  const full = createEvaluator({ classes: 1, ranking: false });
  full.add(new Float32Array([1]), new Uint8Array([1]));
  for (let doubled = 0; doubled < 52; doubled++) full.merge(full);
  const before = JSON.stringify(full);
  checkRefused(
    () => full.merge(full),
    "RANGE",
    "other: expected at most 4503599627370495 rows, received 4503599627370496",
  );
  expect(JSON.stringify(full)).toBe(before);
  expect(JSON.stringify(evaluatorFromJSON(before))).toBe(before);
});

it("evaluators without a row have no decisions of classes", () => {
  checkRefused(
    () => createEvaluator({ classes: 3 }).perClass(),
    "EMPTY_REDUCTION",
    "logits: expected at least one row, received none",
  );
});

/** The places of an object within others, as "decisions.hits.0". */
type Change = [place: string, value: unknown];

function changed(json: object, [place, value]: Change): unknown {
  const copy = structuredClone(json);
  const names = place.split(".");
  const last = names.pop() as string;
  let at = copy as Record<string, never>;
  for (const name of names) at = at[name] as never;
  if (value === undefined) delete at[last];
  else at[last] = value as never;
  return copy;
}

const REMOVED = undefined;

describe("evaluatorFromJSON refuses", () => {
  const options = { classes: 3, thresholds: [0, 1.5], classRanking: true, loss: zlpr };
  const json = filled(options).toJSON();
  const some = (count: number, most = 2) => `a whole number from ${count} to ${most}, received`;
  const numbers = (...list: number[]) => Buffer.from(Float32Array.from(list).buffer).toString("base64");

  it.each<[string, LossErrorCode, string, unknown]>([
    ["nothing", "TYPE", "json: expected an object, received undefined", undefined],
    ["null", "TYPE", "json: expected an object, received null", null],
    ["a list", "TYPE", "json: expected an object, received an array of length 0", []],
    [
      "text that is no JSON",
      "RANGE",
      "json: expected JSON text of an evaluator, received 5 characters that are none",
      "{rows",
    ],
    ["text of a number", "TYPE", "json: expected an object, received 5", "5"],
    ["another object", "RANGE", 'json.format: expected "zlpr evaluator", received undefined', {}],
    ["another format", "RANGE", 'json.format: expected "zlpr evaluator", received "npy"', { format: "npy" }],
  ])("%s", (_, code, message, value) => {
    checkRefused(() => evaluatorFromJSON(value), code, message);
  });

  it.each<[LossErrorCode, string, ...Change]>([
    [
      "RANGE",
      "json.version: expected version 1, which this release of the package reads, received 2",
      "version",
      2,
    ],
    [
      "RANGE",
      'json.version: expected version 1, which this release of the package reads, received "1"',
      "version",
      "1",
    ],
    ["TYPE", "json.options: expected an object, received undefined", "options", REMOVED],
    ["TYPE", "json.options.threshold: expected a value, received none", "options.threshold", REMOVED],
    ["RANGE", "json.options.threshold: expected a finite number, received NaN", "options.threshold", NaN],
    [
      "RANGE",
      "json.options.classes: expected a whole number from 1 to 268435456, received 0",
      "options.classes",
      0,
    ],
    ["TYPE", "json.options.ranking: expected true or false, received 1", "options.ranking", 1],
    [
      "TYPE",
      "json.options.classRanking: expected true or false, received null",
      "options.classRanking",
      null,
    ],
    [
      "TYPE",
      "json.options.mask: expected one of classes, threshold, ranking, classRanking, thresholds, loss, received an unknown name",
      "options.mask",
      1,
    ],
    [
      "RANGE",
      "json.options.thresholds[1]: expected a number above 1.5, received 0",
      "options.thresholds",
      [1.5, 0],
    ],
    ["TYPE", 'json.options.loss: expected an object, received "zlpr"', "options.loss", "zlpr"],
    ["TYPE", "json.options.loss.name: expected a string, received 1", "options.loss.name", 1],
    ["TYPE", "json.options.loss.options: expected a value, received none", "options.loss.options", REMOVED],
    [
      "TYPE",
      'json.options.loss.options.threshold: expected an array, received "0"',
      "options.loss.options.threshold",
      "0",
    ],
    [
      "TYPE",
      "json.options.loss.options.threshold[1]: expected a number, received null",
      "options.loss.options.threshold",
      [1, null],
    ],
    ["RANGE", `json.rows: expected ${some(0, Number.MAX_SAFE_INTEGER)} -1`, "rows", -1],
    ["RANGE", `json.rows: expected ${some(0, Number.MAX_SAFE_INTEGER)} 1.5`, "rows", 1.5],
    ["TYPE", "json.rows: expected a number, received undefined", "rows", REMOVED],
    ["TYPE", "json.decisions: expected nothing without a row, received an object", "rows", 0],
    ["TYPE", "json.decisions: expected a value, received none", "decisions", REMOVED],
    [
      "TYPE",
      "json.extra: expected one of decisions, ranking, classRanking, curve, loss, received an unknown name",
      "extra",
      1,
    ],
    ["RANGE", `json.decisions.hits[0]: expected ${some(0)} -1`, "decisions.hits", [-1, 0, 0]],
    ["RANGE", `json.decisions.predicted[1]: expected ${some(0)} 0.5`, "decisions.predicted", [0, 0.5, 0]],
    ["RANGE", `json.decisions.positives[2]: expected ${some(0)} 3`, "decisions.positives", [0, 0, 3]],
    ["TYPE", "json.decisions.hits: expected an array, received an object", "decisions.hits", { length: 3 }],
    ["RANGE", "json.decisions.hits: expected 3 elements, received 2", "decisions.hits", [0, 0]],
    [
      "TYPE",
      "json.decisions.hits[1]: expected a number, received undefined",
      "decisions.hits",
      [0, undefined, 0],
    ],
    [
      "RANGE",
      "json.decisions.hits[2]: expected from 0 to 0 of 2 rows, received 1",
      "decisions.hits",
      [1, 1, 1],
    ],
    [
      "RANGE",
      "json.decisions.hits[0]: expected from 1 to 1 of 2 rows, received 0",
      "decisions.hits",
      [0, 1, 0],
    ],
    ["RANGE", `json.decisions.exactRows: expected ${some(0)} 3`, "decisions.exactRows", 3],
    ["RANGE", "json.decisions.f1: expected a sum from 0 to 2, received 4", "decisions.f1", "0x1p2"],
    [
      "RANGE",
      "json.decisions.jaccard: expected a sum from 0 to 2, received -1",
      "decisions.jaccard",
      "-0x1p0",
    ],
    ["RANGE", "json.ranking.precision: expected a sum from 0 to 2, received 4", "ranking.precision", "0x1p2"],
    ["RANGE", `json.ranking.coverage: expected ${some(0, 6)} 7`, "ranking.coverage", 7],
    ["RANGE", `json.ranking.oneErrors: expected ${some(0)} 3`, "ranking.oneErrors", 3],
    ["RANGE", "json.curve: expected 3 elements, received 0", "curve", []],
    [
      "RANGE",
      "json.curve[0]: expected step, negatives and positives in turn, received 2 elements",
      "curve.0",
      [0, 2],
    ],
    ["RANGE", `json.curve[0][0]: expected ${some(0)} 3`, "curve.0", [3, 1, 1]],
    ["RANGE", "json.curve[0][3]: expected a step after 1, received 1", "curve.0", [1, 1, 0, 1, 0, 1]],
    ["RANGE", `json.curve[0][1]: expected ${some(0)} -1`, "curve.0", [1, -1, 1]],
    ["RANGE", "json.curve[0][1]: expected steps that are not empty, received 0", "curve.0", [1, 0, 0]],
    ["RANGE", "json.curve[0]: expected 2 rows together, received 1", "curve.0", [1, 1, 0]],
    [
      "RANGE",
      "json.curve[0]: expected 1 positives together, as json.decisions has, received 2",
      "curve.0",
      [1, 0, 2],
    ],
    ["RANGE", "json.classRanking.positives: expected 3 elements, received 1", "classRanking.positives", [""]],
    ["TYPE", "json.classRanking.positives[0]: expected a string, received 1", "classRanking.positives.0", 1],
    [
      "RANGE",
      "json.classRanking.positives[0]: expected float32 numbers as base64, received 3 characters",
      "classRanking.positives.0",
      "AA?",
    ],
    [
      "RANGE",
      "json.classRanking.positives[0]: expected float32 numbers as base64, received 4 characters",
      "classRanking.positives.0",
      "AAAA",
    ],
    [
      "RANGE",
      "json.classRanking.positives[0]: expected 1 scores, as json.decisions has, received 2",
      "classRanking.positives.0",
      numbers(1, 2),
    ],
    [
      "RANGE",
      "json.classRanking.positives[0]: expected sorted scores, after -Infinity, received NaN (index 0)",
      "classRanking.positives.0",
      numbers(NaN),
    ],
    [
      "RANGE",
      "json.classRanking.positives[0]: expected sorted scores, after -Infinity, received -0 (index 0)",
      "classRanking.positives.0",
      numbers(-0),
    ],
    [
      "RANGE",
      "json.classRanking.negatives[2]: expected sorted scores, after 2, received 1 (index 1)",
      "classRanking.negatives.2",
      numbers(2, 1),
    ],
    ["TYPE", "json.loss: expected an object, received 1", "loss", 1],
  ])("%s %s", (code, message, ...change) => {
    checkRefused(() => evaluatorFromJSON(changed(json, change)), code, message);
    // NaN has no JSON, and what is left out of a list is null there.
    const text = JSON.stringify(changed(json, change));
    expect(() => evaluatorFromJSON(text)).toThrow(expect.objectContaining({ name: "LossError" }));
  });

  it.each<Case>([
    [
      "another loss",
      "RANGE",
      "options.loss: expected zlpr, as json.options has, received focal",
      { loss: focal },
    ],
    [
      "no loss",
      "TYPE",
      'options.loss: expected a loss of this package, as a function, received "zlpr"',
      { loss: "zlpr" },
    ],
    [
      "an unknown option",
      "TYPE",
      "options.los: expected one of loss, received an unknown name",
      { los: zlpr },
    ],
    ["options that are none", "TYPE", "options: expected an object, received null", null],
  ])("%s", (_, code, message, given) => {
    checkRefused(() => evaluatorFromJSON(json, given as never), code, message);
  });

  it("a loss where there was none, and one whose options are not its own", () => {
    checkRefused(
      () => evaluatorFromJSON(filled({}).toJSON(), { loss: zlpr }),
      "RANGE",
      "options.loss: expected none, as json.options has, received zlpr",
    );
    const place = "json.options.loss.options";
    checkRefused(
      () => evaluatorFromJSON(changed(json, ["options.loss.options", { gamma: 1 }]), { loss: zlpr }),
      "TYPE",
      `${place}.gamma: expected one of threshold, received an unknown name`,
    );
    checkRefused(
      () => evaluatorFromJSON(changed(json, ["options.loss.options", {}]), { loss: zlpr }),
      "RANGE",
      `${place}: expected {"threshold":0}, received {}`,
    );
  });

  it("more classes than there are counts of, before it makes room for them", () => {
    const many = changed(filled({}).toJSON(), ["options.classes", 2 ** 31 - 1]);
    checkRefused(
      () => evaluatorFromJSON(many),
      "RANGE",
      "json.decisions.predicted: expected 2147483647 elements, received 3",
    );
  });

  it("nothing of what toJSON gives", () => {
    expect(evaluatorFromJSON(json).toJSON()).toEqual(json);
  });
});
