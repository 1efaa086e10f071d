import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as references from "../build/reference.ts";
import { definitionOf } from "../src/engine/definitions.ts";
import {
  combinatorialSoftmax,
  createEvaluator,
  createLosses,
  type Evaluator,
  type EvaluatorOptions,
  evaluate,
  evaluatorFromJSON,
  focal,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  zlpr,
  zlprDivergence,
} from "../src/index.ts";
import * as registry from "../src/losses/index.ts";
import { ExactSum } from "../src/predict/sum.ts";
import { effort } from "./support/effort.ts";
import { toSparse } from "./support/labels.ts";
import { type Example, example, uniform } from "./support/random.ts";

/* Evaluators of parts of the rows have to know, put together, what one evaluator of all rows knows. */

/** Ties, numbers between which the thresholds lie, and those that compare with nothing or everything. */
const SCORES = [NaN, Infinity, -Infinity, 0, -0, -1, 0.5, 0.5, 1, 2.25, 1e-40, -1e-40, 3e38];

const THRESHOLDS = [-1e300, -1, -0.25, 0, 1e-40, 0.5, 0.75, 3e38, 1e300];

/** The same, of which several share the upper half of their bits with one another and with scores. */
const NEAR = [1, 1.0000001, 1.0000002, 1.001, 1.5, 1.500001];

function rowsWith(rows: number, classes: number, seed: number, scores: readonly number[] = SCORES): Example {
  const random = uniform(seed);
  const logits = Float32Array.from({ length: rows * classes }, () =>
    random() < 0.5 ? (scores[Math.floor(random() * scores.length)] as number) : random() * 4 - 2,
  );
  const labels = Uint8Array.from({ length: rows * classes }, () => Number(random() < 0.4));
  return { rows, classes, logits, labels };
}

function add(
  evaluator: Evaluator<unknown>,
  { logits, labels, classes }: Example,
  row: number,
  rows: number,
): void {
  const part = [row * classes, (row + rows) * classes] as const;
  const some = labels.subarray(...part);
  evaluator.add(logits.subarray(...part), row % 2 === 0 ? some : toSparse(some, classes));
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

const OPTIONS: [string, Omit<EvaluatorOptions, "classes">][] = [
  ["nothing more", {}],
  ["no rankings", { ranking: false, threshold: 0.5 }],
  ["rankings of classes", { classRanking: true }],
  ["a curve", { thresholds: THRESHOLDS, ranking: false }],
  ["a loss", { loss: zlpr }],
  [
    "everything",
    { classRanking: true, thresholds: Float32Array.from(NEAR), loss: focal, lossOptions: { gamma: 1 } },
  ],
];

describe.each(OPTIONS)("an evaluator with %s", (_, own) => {
  it("knows the same of all rows, in any order, divided and merged in any way", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        (rows, classes, seed, shards) => {
          const given = rowsWith(rows, classes, seed);
          const random = uniform(seed + 1);
          const options = { classes, ...own };
          const whole = createEvaluator(options);
          whole.add(given.logits, given.labels);
          const parts: Evaluator<unknown>[] = Array.from({ length: shards }, () => createEvaluator(options));
          for (const row of shuffled([...Array(rows).keys()], random)) {
            add(parts[Math.floor(random() * shards)] as Evaluator<unknown>, given, row, 1);
          }
          while (parts.length > 1) {
            const from = parts.splice(Math.floor(random() * parts.length), 1)[0] as Evaluator<unknown>;
            const to = parts[Math.floor(random() * parts.length)] as Evaluator<unknown>;
            const before = JSON.stringify(from);
            to.merge(random() < 0.5 ? from : evaluatorFromJSON(JSON.stringify(from)));
            expect(JSON.stringify(from)).toBe(before);
          }
          const merged = parts[0] as Evaluator<unknown>;
          expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
          expect(merged.result()).toEqual(whole.result());
          expect(merged.perClass()).toEqual(whole.perClass());
        },
      ),
      { numRuns: effort(300, 60), seed: 2 },
    );
  });

  it("is what its JSON makes, as text and as an object", () => {
    const { logits, labels, classes } = rowsWith(20, 4, 3);
    const evaluator = createEvaluator({ classes, ...own });
    for (const rows of [0, 7, 13]) {
      evaluator.add(logits.subarray(0, rows * classes), labels.subarray(0, rows * classes));
      const text = JSON.stringify(evaluator);
      for (const json of [text, JSON.parse(text), evaluator.toJSON()]) {
        const again = evaluatorFromJSON(json, own.loss && { loss: own.loss });
        expect(JSON.stringify(again)).toBe(text);
        if (rows > 0) expect(again.result()).toEqual(evaluator.result());
        again.add(logits, labels);
        const both = createEvaluator({ classes, ...own });
        both.merge(evaluator);
        both.add(logits, labels);
        expect(JSON.stringify(again)).toBe(JSON.stringify(both));
      }
    }
  });

  it("merged with itself has all rows twice", () => {
    const given = rowsWith(5, 3, 4);
    const evaluator = createEvaluator({ classes: 3, ...own });
    evaluator.add(given.logits, given.labels);
    const twice = createEvaluator({ classes: 3, ...own });
    for (let i = 0; i < 2; i++) twice.add(given.logits, given.labels);
    evaluator.merge(evaluator);
    expect(JSON.stringify(evaluator)).toBe(JSON.stringify(twice));
  });

  it("merged with one of no rows stays what it was, and the other way round", () => {
    const given = rowsWith(5, 3, 5);
    const evaluator = createEvaluator({ classes: 3, ...own });
    evaluator.add(given.logits, given.labels);
    const text = JSON.stringify(evaluator);
    evaluator.merge(createEvaluator({ classes: 3, ...own }));
    expect(JSON.stringify(evaluator)).toBe(text);
    const empty = createEvaluator({ classes: 3, ...own });
    empty.merge(evaluator);
    expect(JSON.stringify(empty)).toBe(text);
    // Neither has what the other gets later.
    empty.add(given.logits, given.labels);
    expect(JSON.stringify(evaluator)).toBe(text);
  });
});

describe("the measures of all options", () => {
  const given = example(200, 13, 2, 6);
  const specials = [...SCORES, ...NEAR];
  const { rows, classes, labels } = given;
  const logits = given.logits.map((score, i) => (i % 3 ? score : specials[i % specials.length]!));
  const thresholds = [...new Set([...THRESHOLDS, ...NEAR])].sort((a, b) => a - b);
  const evaluator = createEvaluator({ classes, classRanking: true, thresholds, loss: zlpr, threshold: 0.5 });
  for (let row = 0; row < rows; row += 50) add(evaluator, { rows, classes, logits, labels }, row, 50);
  const result = evaluator.result();

  it("are those of evaluate", () => {
    const { curve: _, loss: __, ...measures } = result;
    expect(measures).toEqual({ rows, ...evaluate(logits, labels, { classes, threshold: 0.5 }) });
  });

  it.each([...thresholds.entries()])(
    "have at %d the measures of evaluate with the threshold %d",
    (i, threshold) => {
      const { microF1, microPrecision, microRecall, macroF1 } = evaluate(logits, labels, {
        classes,
        threshold,
      });
      const isPredicted = [...logits].map((score) => score > threshold);
      expect(result.curve).toHaveLength(thresholds.length);
      expect(result.curve[i]).toEqual({
        ...{ threshold, microF1, microPrecision, microRecall, macroF1 },
        hits: isPredicted.filter((is, at) => is && labels[at] === 1).length,
        predicted: isPredicted.filter(Boolean).length,
        positives: labels.reduce((sum, label) => sum + label, 0),
      });
    },
  );

  it("have the mean of the losses of the rows", () => {
    const sum = new ExactSum();
    for (const loss of zlpr(logits, labels, { classes, reduction: "none" }).loss) sum.add(loss);
    expect(result.loss).toBe(sum.value / rows);
    expect(result.loss).toBeNaN();
  });

  it("have the decisions of each class", () => {
    const counts = (is: (i: number) => boolean) =>
      Float64Array.from(
        { length: classes },
        (_, c) => [...labels.keys()].filter((i) => i % classes === c && is(i)).length,
      );
    const isPredicted = (i: number) => logits[i]! > 0.5;
    const hits = counts((i) => isPredicted(i) && labels[i] === 1);
    const predicted = counts(isPredicted);
    const positives = counts((i) => labels[i] === 1);
    const perClass = evaluator.perClass();
    expect(perClass).toEqual({
      ...{ hits, predicted, positives },
      precision: hits.map((count, c) => count / predicted[c]!),
      recall: hits.map((count, c) => count / positives[c]!),
      f1: hits.map((count, c) => (2 * count) / (predicted[c]! + positives[c]!)),
    });
    perClass.hits.fill(7);
    expect(evaluator.perClass().hits).toEqual(hits);
  });

  it("are 0 of a class that is neither predicted nor positive", () => {
    const none = createEvaluator({ classes: 2 });
    none.add(Float32Array.of(1, -1), Uint8Array.of(1, 0));
    const { precision, recall, f1 } = none.perClass();
    expect([precision, recall, f1]).toEqual([1, 1, 1].map((one) => Float64Array.of(one, 0)));
  });
});

describe("the loss of an evaluator", () => {
  const { rows, classes, logits, labels } = example(30, 7, 2, 8);

  function meanOf(each: Float32Array): number {
    const sum = new ExactSum();
    for (const loss of each) sum.add(loss);
    return sum.value / each.length;
  }

  it("is named by its definition as in the registry, also of an instance and of the reference", () => {
    for (const [name, loss] of Object.entries(registry)) expect(definitionOf(loss).name).toBe(name);
    const losses = createLosses({ variant: "js" });
    for (const loss of [zlpr, losses.zlpr, references.zlpr]) {
      const evaluator = createEvaluator({ classes, loss });
      evaluator.add(logits, labels);
      expect(evaluator.toJSON().options).toMatchObject({ loss: { name: "zlpr", options: { threshold: 0 } } });
      expect(evaluator.result().loss).toBe(meanOf(loss(logits, labels, { classes, reduction: "none" }).loss));
    }
  });

  it("has options of its own, the defaults among them", () => {
    const positiveWeights = Float32Array.from({ length: classes }, (_, c) => c / 2);
    const weighted = createEvaluator({
      classes,
      loss: sigmoidCrossEntropy,
      lossOptions: { positiveWeights },
    });
    const right = sigmoidCrossEntropy(logits, labels, { classes, positiveWeights, reduction: "none" }).loss;
    // What is changed later does not matter.
    positiveWeights.fill(9);
    weighted.add(logits, labels);
    expect(weighted.result().loss).toBe(meanOf(right));
    expect(weighted.toJSON().options).toMatchObject({
      loss: { options: { positiveWeights: [0, 0.5, 1, 1.5, 2, 2.5, 3], labelSmoothing: 0 } },
    });
    const again = evaluatorFromJSON(JSON.stringify(weighted), { loss: sigmoidCrossEntropy });
    again.add(logits, labels);
    expect(again.result().loss).toBe(meanOf(right));
    const by = (lossOptions: object) =>
      JSON.stringify(createEvaluator({ classes, loss: focal, lossOptions }));
    expect(by({})).toBe(by({ gamma: 2 }));
    expect(by({})).not.toBe(by({ gamma: 3 }));
    const subsets = createEvaluator({ classes, loss: combinatorialSoftmax });
    subsets.add(logits, labels);
    expect(subsets.result().loss).toBe(
      meanOf(combinatorialSoftmax(logits, labels, { classes, reduction: "none" }).loss),
    );
  });

  it("takes labels of its own", () => {
    const soft = Float32Array.from(labels, (label, i) => (label ? 1 - (i % 4) / 10 : (i % 4) / 10));
    const indices = Int32Array.from({ length: rows }, (_, row) => row % classes);
    for (const [loss, own] of [
      [zlpr, soft],
      [zlprDivergence, soft],
      [softmaxCrossEntropy, indices],
    ] as const) {
      const evaluator = createEvaluator({ classes, loss });
      evaluator.add(logits, labels, own);
      const call = loss as (...args: unknown[]) => { loss: Float32Array };
      expect(evaluator.result().loss).toBe(meanOf(call(logits, own, { classes, reduction: "none" }).loss));
      const { macroAveragePrecision: _, ...measures } = evaluate(logits, labels, { classes });
      expect(evaluator.result()).toMatchObject(measures);
    }
  });

  it("may make the memory grow in which the scores are", () => {
    const losses = createLosses({ variant: "simd" });
    const long = example(2, 30_000, 1, 9);
    const batch = losses.allocate(2, 30_000);
    batch.logits.set(long.logits);
    batch.labels.set(long.labels.fill(0, 100));
    const options = {
      classes: 30_000,
      loss: losses.combinatorialSoftmax,
      classRanking: true,
      thresholds: [0],
    } as const;
    const evaluator = createEvaluator(options);
    const before = batch.logits;
    evaluator.add(before, batch.labels);
    expect(before.length).toBe(0);
    const apart = createEvaluator(options);
    apart.add(long.logits, long.labels);
    expect(JSON.stringify(evaluator)).toBe(JSON.stringify(apart));
  });
});

describe("JSON of an evaluator", () => {
  it("is readable", () => {
    const evaluator = createEvaluator({ classes: 3, thresholds: [0, 1.5], loss: zlpr });
    evaluator.add(Float32Array.of(2, -1, 0.5, -3, -1, 1), Uint8Array.of(1, 0, 0, 0, 1, 0));
    expect(evaluator.toJSON()).toEqual({
      format: "zlpr evaluator",
      version: 1,
      options: {
        ...{ classes: 3, threshold: 0, ranking: true, classRanking: false, thresholds: [0, 1.5] },
        loss: { name: "zlpr", options: { threshold: 0 } },
      },
      rows: 2,
      decisions: {
        ...{ hits: [1, 0, 0], predicted: [1, 0, 2], positives: [1, 1, 0], exactRows: 0 },
        ...{ f1: "0x15555555555555p-53", precision: "0x1p-1", recall: "0x1p0", jaccard: "0x1p-1" },
      },
      ranking: { precision: "0x3p-1", loss: "0x1p-1", coverage: 3, oneErrors: 1 },
      curve: [
        [0, 1, 0, 2, 0, 1],
        [0, 1, 1],
        [1, 2, 0],
      ],
      loss: expect.stringMatching(/^0x[0-9a-f]+p-\d+$/),
    });
  });

  it("has nothing but the options without a row", () => {
    const evaluator = createEvaluator({ classes: 2 ** 31 - 1 });
    expect(JSON.parse(JSON.stringify(evaluator))).toEqual({
      format: "zlpr evaluator",
      version: 1,
      options: { classes: 2 ** 31 - 1, threshold: 0, ranking: true, classRanking: false },
      rows: 0,
    });
  });

  it("is no way to what an evaluator has", () => {
    const evaluator = createEvaluator({ classes: 1, thresholds: [0] });
    evaluator.add(Float32Array.of(1), Uint8Array.of(1));
    const text = JSON.stringify(evaluator);
    const json = evaluator.toJSON() as unknown as {
      options: { thresholds: number[] };
      decisions: { hits: number[] };
    };
    json.options.thresholds[0] = 5;
    json.decisions.hits[0] = 5;
    expect(JSON.stringify(evaluator)).toBe(text);
  });

  it("keeps the scores of many small parts in few blocks, and the same", () => {
    const { classes, logits, labels } = example(500, 3, 2, 10);
    const options = { classes, classRanking: true } as const;
    const whole = createEvaluator(options);
    whole.add(logits, labels);
    const bits = createEvaluator(options);
    for (let i = 0; i < logits.length; i += classes)
      bits.add(logits.subarray(i, i + classes), labels.subarray(i, i + classes));
    expect(JSON.stringify(bits)).toBe(JSON.stringify(whole));
    expect(bits.result()).toEqual(whole.result());
  });
});
