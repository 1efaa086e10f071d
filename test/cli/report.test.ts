import { describe, expect, it } from "vitest";
import type { EvalOptions, EvalReport } from "../../src/cli/evalCommand.ts";
import { evalJson, evalTable } from "../../src/cli/evalReport.ts";
import { columns, json, thousands } from "../../src/cli/output.ts";
import { ScoreChecks } from "../../src/cli/scoreChecks.ts";

/* What the commands say. */

describe("what is printed", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [123_456, "123,456"],
    [1_234_567, "1,234,567"],
  ])("%d as %s", (count, text) => expect(thousands(count)).toBe(text));

  it("in columns, the first to the left", () => {
    const lines = [["title"], ["a", "1.25", "x"], ["long name", "10", ""], ["", "", "wide"]];
    expect(columns(lines)).toBe("title\na          1.25     x\nlong name    10\n                 wide");
  });

  it("as JSON, with numbers that it has no words for", () => {
    expect(json({ a: [1, NaN], b: { c: -Infinity }, d: "NaN", e: null })).toBe(
      JSON.stringify({ a: [1, "NaN"], b: { c: "-Infinity" }, d: "NaN", e: null }, undefined, 2),
    );
  });
});

describe("the report of eval", () => {
  const measures = {
    ...{ microF1: 0.5, macroF1: 0.25, samplesF1: 0.125, microPrecision: 1, macroPrecision: 0 },
    ...{ samplesPrecision: 0.12345, microRecall: 0.75, macroRecall: 1 / 3, samplesRecall: 2 / 3 },
    ...{ jaccard: 0.1, subsetAccuracy: 0.2, hammingLoss: 0.3 },
  };
  const options: EvalOptions = {
    ...{ logits: "L.npy", labels: "Y.npy", loss: "focal", threshold: 0.5, ranking: false, json: false },
  };
  const report: EvalReport = {
    rows: 12_345,
    classes: 1000,
    ignoredRows: 1234,
    labelKind: "soft",
    variant: "simd",
    loss: {
      name: "focal",
      options: { given: { gamma: 1, alpha: 0.25 }, all: { gamma: 1, alpha: 0.25 } },
      mean: 1.23456,
    },
    threshold: 0.5,
    measures,
    warnings: [],
  };

  it("for people has a part for the loss and one for the predictions", () => {
    expect(evalTable(options, report)).toBe(
      `12,345 rows × 1,000 classes; 1,234 rows ignored; soft labels, positive above 0.5 in all but the loss

loss, mean of the rows
  focal (gamma 1, alpha 0.25)  1.2346

predictions, scores above 0.5
                    micro   macro  samples
  F1               0.5000  0.2500   0.1250
  precision        1.0000  0.0000   0.1235
  recall           0.7500  0.3333   0.6667
  jaccard                           0.1000
  subset accuracy                   0.2000
  hamming loss     0.3000`.replace("0.1235", (0.12345).toFixed(4)),
    );
  });

  it("for people has a part for the rankings, where they were asked for", () => {
    const ranked = { averagePrecision: 0, rankingLoss: 0.25, coverageError: 1.5, oneError: 0.5 };
    const table = evalTable(
      { ...options, threshold: "best" },
      { ...report, measures: { ...measures, ...ranked } },
    );
    expect(table).toContain("\npredictions, scores above 0.5, the best for micro F1\n");
    expect(table.split("\n\n").at(-1)).toBe(
      `ranking, of the classes of a row
  average precision (LRAP)        0.0000
  ranking loss                    0.2500
  coverage error                  1.5000
  one-error                       0.5000`,
    );
  });

  it("for people says nothing of what there is not", () => {
    const plain = { ...report, ignoredRows: 0, labelKind: "multi-hot" };
    const loss = { ...report.loss, options: { given: {}, all: {} } };
    const table = evalTable(options, { ...plain, loss });
    expect(table).toMatch(/^12,345 rows × 1,000 classes\n\nloss, mean of the rows\n {2}focal {17}1\.2346\n/);
  });

  it("for programs has all options, and no warnings", () => {
    const parsed = JSON.parse(evalJson(options, { ...report, warnings: ["odd"] }));
    const { version, ...rest } = parsed;
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(rest).toEqual({
      command: "eval",
      ...{ logits: "L.npy", labels: "Y.npy", rows: 12_345, classes: 1000, ignoredRows: 1234 },
      ...{ labelKind: "soft", variant: "simd", loss: 1.23456, threshold: 0.5, measures },
      options: { loss: "focal", lossOptions: { gamma: 1, alpha: 0.25 }, threshold: 0.5, ranking: false },
    });
  });
});

describe("what scores are warned of", () => {
  const like =
    "all scores lie from 0 to 1 and look like probabilities; zlpr takes raw scores, without a sigmoid or softmax";

  function warnings(classes: number, ...chunks: number[][]): string[] {
    const checks = new ScoreChecks(classes);
    let row = 0;
    for (const chunk of chunks) {
      const first = row;
      checks.seeRange(Float32Array.from(chunk));
      checks.countNaN(Float32Array.from(chunk), (i) => first + i);
      row += chunk.length / classes;
    }
    return checks.warnings("L.npy", "zlpr");
  }

  const some = (count: number, value: number) => Array.from({ length: count }, () => value);

  it("look like probabilities, 32 together and not all of them 0", () => {
    expect(warnings(1, some(16, 0.5), some(16, 1))).toEqual([`L.npy: ${like}`]);
    expect(warnings(1, some(16, 0), some(16, 0.5))).toEqual([`L.npy: ${like}`]);
    expect(warnings(1, some(16, 0.5), some(16, 0))).toEqual([`L.npy: ${like}`]);
    expect(warnings(1, some(16, 0.5), some(15, 0.5))).toEqual([]);
    expect(warnings(1, some(32, 0))).toEqual([]);
    expect(warnings(1, some(32, 0.5), [2], some(32, 0.5))).toEqual([]);
    expect(warnings(1, [-1], some(32, 0.5))).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])("a row with NaN at %d", (at) => {
    expect(warnings(7, some(7, 2).with(at, NaN))).toEqual(["L.npy: 1 row has NaN scores, first row 0"]);
  });

  it("rows with NaN, each once", () => {
    const rows = [
      [NaN, NaN, NaN],
      [1, 2, 3],
      [1, 2, NaN],
      [NaN, 1, 2],
    ];
    expect(warnings(3, rows.flat())).toEqual(["L.npy: 3 rows have NaN scores, first row 0"]);
    expect(warnings(3, [1, 2, 3], rows.slice(1).flat())).toEqual([
      "L.npy: 2 rows have NaN scores, first row 2",
    ]);
    expect(warnings(1, some(1234, NaN))).toEqual(["L.npy: 1,234 rows have NaN scores, first row 0"]);
    // A sum of infinities of both signs is NaN, too.
    expect(warnings(2, [Infinity, -Infinity])).toEqual([]);
  });
});
