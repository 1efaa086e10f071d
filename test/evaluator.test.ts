import { describe, expect, it } from "vitest";
import type { DecisionCounts, LabelledScores } from "../src/engine/engine.ts";
import { engineFor } from "../src/engine/load.ts";
import { createEvaluator, evaluate, type LossError } from "../src/index.ts";
import { checkBytes } from "../src/predict/labels.ts";
import { floorFloat32 } from "../src/predict/order.ts";
import { countable } from "../src/predict/predictions.ts";
import { effort } from "./support/effort.ts";
import { checkThrown } from "./support/errors.ts";
import { toSparse } from "./support/labels.ts";
import { type Example, example } from "./support/random.ts";
import { forEachVariant } from "./support/variants.ts";

/** One decision after the other, of dense labels. */
function naive({ rows, classes, logits, labels }: Example, threshold: number): DecisionCounts {
  const ofRows = new Uint32Array(3 * rows);
  const ofClasses = new Uint32Array(3 * classes);
  logits.forEach((score, i) => {
    const decisions = [score > threshold && labels[i] === 1, score > threshold, labels[i] === 1];
    decisions.forEach((is, kind) => {
      if (!is) return;
      ofRows[3 * Math.floor(i / classes) + kind]!++;
      ofClasses[kind * classes + (i % classes)]!++;
    });
  });
  return { ofRows, ofClasses };
}

/** Element by element: to compare such arrays as a whole takes seconds. */
function expectCounts(got: DecisionCounts, expected: DecisionCounts): void {
  for (const kind of ["ofRows", "ofClasses"] as const) {
    expect(got[kind].length).toBe(expected[kind].length);
    const wrong = got[kind].findIndex((count, i) => count !== expected[kind][i]);
    expect(wrong, kind).toBe(-1);
  }
}

/** Scores on both sides of these, equal ones, and those that compare with nothing. */
function withSpecials({ logits, ...rest }: Example, threshold: number): Example {
  const specials = [threshold, NaN, Infinity, -Infinity, -0, 0];
  return { ...rest, logits: logits.map((score, i) => (i % 5 === 3 ? specials[i % 6]! : score)) };
}

// Rows around what a byte can count, classes around a group of sixteen; rows of 40,000 classes take several chunks.
const SHAPES = [
  ...[1, 3, 15, 16, 17, 31, 32, 50].map((classes) => [7, classes]),
  ...effort(
    [
      [254, 33],
      [255, 16],
      [256, 20],
      [511, 47],
      [700, 100],
      [2, 40000],
      [5, 40001],
    ],
    [[7, 15_000]],
  ),
  [0, 5],
] as [number, number][];

const FEW: typeof SHAPES = [
  [7, 5],
  [0, 5],
];

forEachVariant(({ variant }) => {
  const engine = engineFor(variant);

  describe("counts of decisions", () => {
    it.each(variant === "js" ? effort(SHAPES, FEW) : SHAPES)(
      "are those of a plain loop: %i × %i",
      (rows, classes) => {
        for (const threshold of [0, -1.5, 0.25]) {
          const given = withSpecials(example(rows, classes, 2, rows + classes), threshold);
          const expected = naive(given, threshold);
          expectCounts(engine.countDecisions(given, threshold), expected);
          const sparse: LabelledScores = { ...given, labels: toSparse(given.labels, classes) };
          expectCounts(engine.countDecisions(sparse, threshold), expected);
        }
      },
    );

    it("count every class of every row when all are right", () => {
      const [rows, classes] = [300, 35];
      const given = { rows, classes, logits: new Float32Array(rows * classes).fill(1) };
      const labels = new Uint8Array(rows * classes).fill(1);
      const { ofRows, ofClasses } = engine.countDecisions({ ...given, labels }, 0);
      expect(ofRows.every((count) => count === classes)).toBe(true);
      expect(ofClasses.every((count) => count === rows)).toBe(true);
    });

    it.each(effort([0, 16, 39_999, 79_999, 199_999], [0, 79_999]))("refuse a label of 2 at %i", (index) => {
      const given = example(5, 40_000, 2, 6);
      given.labels[index] = 2;
      checkThrown(() => engine.countDecisions(given, 0), {
        code: "RANGE",
        argument: "labels",
        received: "2",
        row: Math.floor(index / 40_000),
        index: index % 40_000,
      });
    });
  });
});

describe("createEvaluator", () => {
  const given = withSpecials(example(90, 37, 2, 1), 0.5);
  const { rows, classes, logits, labels } = given;

  function evaluateBy(size: number, options: { ranking?: boolean } = {}) {
    const evaluator = createEvaluator({ classes, threshold: 0.5, ...options });
    for (let row = 0; row < rows; row += size) {
      const part = [row * classes, (row + size) * classes] as const;
      evaluator.add(logits.subarray(...part), labels.subarray(...part));
    }
    return evaluator.result();
  }

  it.each([1, 7, 89, 90])("has the bits of evaluate, %i rows at a time", (size) => {
    const { macroAveragePrecision, ...measures } = evaluate(logits, labels, { classes, threshold: 0.5 });
    expect(macroAveragePrecision).toBeGreaterThan(0);
    expect(evaluateBy(size)).toEqual({ rows, ...measures });
  });

  it("leaves out the rankings where they are not asked for", () => {
    const { averagePrecision, rankingLoss, coverageError, oneError, ...rest } = evaluateBy(30);
    expect([averagePrecision, rankingLoss, coverageError, oneError]).not.toContain(undefined);
    expect(evaluateBy(30, { ranking: false })).toEqual(rest);
  });

  it("takes sparse labels", () => {
    const evaluator = createEvaluator({ classes, threshold: 0.5 });
    evaluator.add(logits, toSparse(labels, classes));
    expect(evaluator.result()).toEqual(evaluateBy(rows));
  });

  it("adds nothing of rows that it refuses", () => {
    const evaluator = createEvaluator({ classes, threshold: 0.5 });
    evaluator.add(logits, labels);
    const wrong = labels.slice();
    wrong[wrong.length - 1] = 7;
    checkThrown(() => evaluator.add(logits, wrong), { code: "RANGE", argument: "labels", row: rows - 1 });
    checkThrown(() => evaluator.add(logits, labels.subarray(1)), { code: "RANGE", argument: "labels" });
    expect(evaluator.result()).toEqual(evaluateBy(rows));
  });

  it("has no result without a row", () => {
    const evaluator = createEvaluator({ classes: 2 ** 31 - 1 });
    evaluator.add(new Float32Array(0), new Uint8Array(0));
    checkThrown(() => evaluator.result(), { code: "EMPTY_REDUCTION", argument: "logits" });
  });

  it.each([
    [{ classes: 0 }, "RANGE", "options.classes"],
    [{ classes: 3, threshold: NaN }, "RANGE", "options.threshold"],
    [{ classes: 3, ranking: 1 }, "TYPE", "options.ranking"],
    [{ classes: 3, rank: true }, "TYPE", "options.rank"],
  ] as [never, LossError["code"], string][])("refuses %o", (options, code, argument) => {
    checkThrown(() => createEvaluator(options), { code, argument });
  });
});

describe("floorFloat32", () => {
  it.each([0, 1 / 3, -1 / 3, 0.1, -0.1, 1e-50, -1e-50, 1e300, -1e300, 16777217, -16777217, 2 ** -149])(
    "%d is exceeded by the same float32 numbers",
    (value) => {
      const floor = floorFloat32(value);
      expect(Math.fround(floor)).toBe(floor);
      const near = [value, floor, value * (1 + 2 ** -23), value * (1 - 2 ** -23), 2 ** -149, -(2 ** -149), 0];
      for (const score of [...near, Infinity, -Infinity, 3.4028234663852886e38, -3.4028234663852886e38]) {
        expect(Math.fround(score) > floor, String(score)).toBe(Math.fround(score) > value);
      }
    },
  );
});

describe("the bytes of labels", () => {
  // Four at a time where they lie and number so.
  it.each([0, 1, 2, 3, 4])("are checked one and all, %d bytes from the beginning", (start) => {
    const all = Uint8Array.from({ length: 20 }, (_, i) => i & 1);
    for (let length = 0; length <= 9; length++) {
      const labels = all.slice().subarray(start, start + length);
      expect(() => checkBytes(labels, 3)).not.toThrow();
      for (let i = 0; i < length; i++) {
        for (const wrong of [2, 128, 255]) {
          checkThrown(() => checkBytes(all.with(start + i, wrong).subarray(start, start + length), 3), {
            ...{ code: "RANGE", argument: "labels", expected: "0 or 1", received: String(wrong) },
            ...{ row: Math.floor(i / 3), index: i % 3 },
          });
        }
      }
    }
  });

  it("are none in sparse labels", () => {
    const sparse = { offsets: Int32Array.of(0, 1), indices: Int32Array.of(2) };
    expect(() => checkBytes(sparse, 3)).not.toThrow();
  });
});

describe("a number of predictions", () => {
  it("is one that offsets of 32 bits can count", () => {
    expect(countable(2 ** 31 - 1)).toBe(2 ** 31 - 1);
    checkThrown(() => countable(2 ** 31), {
      code: "RANGE",
      message: "logits: expected at most 2147483647 predictions a call; divide the rows, received 2147483648",
    });
  });
});
