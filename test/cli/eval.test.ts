import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bestThreshold, createLosses, evaluate, type Losses } from "../../src/index.ts";
import { ExactSum } from "../../src/predict/sum.ts";
import { effort } from "../support/effort.ts";
import { toSparse } from "../support/labels.ts";
import { type AnyLoss, allNames, lossOf, names, optionsOf, suitedLabels } from "../support/losses.ts";
import { example } from "../support/random.ts";
import { Folder, lines } from "./support.ts";

/* `zlpr eval` on files has to find what the library finds in memory. */

const folder = new Folder();
afterAll(() => folder.remove());

interface Report {
  rows: number;
  classes: number;
  ignoredRows: number;
  labelKind: string;
  variant: "simd" | "relaxed";
  options: { loss: string; lossOptions: object; threshold: number | "best"; ranking: boolean };
  loss: number | string;
  threshold: number;
  measures: Record<string, number>;
}

function evaluated(args: string, input?: string): Report {
  const { status, stdout, stderr } = folder.run(`eval --json ${args}`, input === undefined ? {} : { input });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** All measures but the one that needs all scores at once. */
function expectedMeasures(logits: Float32Array, labels: Uint8Array, classes: number, threshold = 0) {
  const { macroAveragePrecision: _, ...measures } = evaluate(logits, labels, { classes, threshold });
  return measures;
}

/** The losses as the command computes them. */
function losses({ variant }: Report): Losses {
  return createLosses({ variant });
}

/** The mean of the losses that the rows have one by one. */
function meanOf(loss: unknown, logits: Float32Array, labels: unknown, options: object): number {
  const { loss: each } = (loss as AnyLoss)(logits, labels, {
    ...(options as { classes: number }),
    reduction: "none",
    gradient: false,
  });
  const sum = new ExactSum();
  for (const one of each) sum.add(one);
  return sum.value / each.length;
}

describe("a file of several chunks", () => {
  // 512 KiB are read at a time: 1310 of these rows.
  const { rows, classes, logits, labels } = example(effort(3001, 1500), 100, 2, 1);
  const sparse = toSparse(labels, classes);
  const shape = [rows, classes];
  const measures = expectedMeasures(logits, labels, classes);

  beforeAll(() => {
    folder.npy("L.npy", "<f4", shape, logits);
    folder.npy("Y.npy", "|u1", shape, labels);
  });

  it("gives the mean loss and the measures", () => {
    const report = evaluated("--logits L.npy --labels Y.npy");
    expect(report).toMatchObject({
      command: "eval",
      logits: "L.npy",
      labels: "Y.npy",
      rows,
      classes,
      ignoredRows: 0,
      labelKind: "multi-hot",
      options: { loss: "zlpr", lossOptions: { threshold: 0 }, threshold: 0, ranking: true },
      threshold: 0,
    });
    expect(report.measures).toEqual(measures);
    expect(report.loss).toBe(meanOf(losses(report).zlpr, logits, labels, { classes }));
  });

  it("leaves out the rankings", () => {
    const { averagePrecision, rankingLoss, coverageError, oneError, ...decisions } = measures;
    expect(evaluated("--logits L.npy --labels Y.npy --no-ranking").measures).toEqual(decisions);
  });

  it("takes a threshold", () => {
    const report = evaluated("--logits L.npy --labels Y.npy --threshold -1.25");
    expect(report.threshold).toBe(-1.25);
    expect(report.measures).toEqual(expectedMeasures(logits, labels, classes, -1.25));
  });

  it("finds the best threshold", () => {
    const report = evaluated("--logits L.npy --labels Y.npy --threshold best");
    const { threshold, value } = bestThreshold(logits, labels, { classes });
    expect(report.options.threshold).toBe("best");
    expect(report.threshold).toBe(threshold);
    expect(report.measures.microF1).toBe(value);
    expect(report.measures).toEqual(expectedMeasures(logits, labels, classes, threshold));
  });

  it.each<[string, ArrayBufferView]>([
    ["|b1", labels],
    ["|i1", Int8Array.from(labels)],
    ["<u2", Uint16Array.from(labels)],
    ["<i2", Int16Array.from(labels)],
    ["<u4", Uint32Array.from(labels)],
    ["<i4", Int32Array.from(labels)],
    [">i4", Buffer.from(Int32Array.from(labels).buffer).swap32()],
    ["<u8", BigUint64Array.from(labels, BigInt)],
    ["<i8", BigInt64Array.from(labels, BigInt)],
  ])("takes labels of dtype %s", (dtype, numbers) => {
    folder.npy("wide.npy", dtype, shape, numbers);
    const report = evaluated("--logits L.npy --labels wide.npy");
    expect(report.measures).toEqual(measures);
    expect(report.loss).toBe(evaluated("--logits L.npy --labels Y.npy").loss);
  });

  it.each<[string, ArrayBufferView]>([
    ["<f4", Float32Array.from(labels)],
    [">f4", Buffer.from(Float32Array.from(labels).buffer).swap32()],
    ["<f8", Float64Array.from(labels)],
    ["<f2", Uint16Array.from(labels, (label) => label * 0x3c00)],
  ])("takes whole labels of dtype %s, also for a loss without soft ones", (dtype, numbers) => {
    folder.npy("float.npy", dtype, shape, numbers);
    const report = evaluated("--logits L.npy --labels float.npy --loss focal");
    expect(report.labelKind).toBe("soft");
    expect(report.measures).toEqual(measures);
    expect(report.loss).toBe(meanOf(losses(report).focal, logits, labels, { classes }));
  });

  it.each<[string, (file: string) => void]>([
    ["a .npz of int32", (file) => folder.csr(file, sparse, [rows, classes])],
    ["lists in lines", (file) => folder.write(file, lines(sparse))],
    [
      "objects in lines, without a line feed at the end",
      (file) => folder.write(file, lines(sparse, (list) => ({ id: "é", labels: list })).trimEnd()),
    ],
    ["lines that end as on Windows", (file) => folder.write(file, lines(sparse).replaceAll("\n", "\r\n"))],
  ])("takes sparse labels: %s", (_, write) => {
    write("sparse");
    const report = evaluated(`--logits L.npy --labels sparse`);
    expect(report.labelKind).toBe("sparse");
    expect(report.measures).toEqual(measures);
    expect(report.loss).toBe(meanOf(losses(report).zlpr, logits, labels, { classes }));
  });

  it("reads sparse labels again to find the best threshold", () => {
    folder.csr("Y.npz", sparse, [rows, classes]);
    folder.write("Y.ndjson", lines(sparse));
    const { threshold } = bestThreshold(logits, labels, { classes });
    for (const file of ["Y.npz", "Y.ndjson"]) {
      const report = evaluated(`--logits L.npy --labels ${file} --threshold best`);
      expect(report.threshold).toBe(threshold);
      expect(report.measures).toEqual(expectedMeasures(logits, labels, classes, threshold));
    }
  });

  it("reads labels from standard input", () => {
    expect(evaluated("--logits L.npy --labels -", lines(sparse)).measures).toEqual(measures);
  });

  it.each<[string, ArrayBufferView]>([
    ["<f8", Float64Array.from(logits)],
    [">f4", Buffer.from(logits.slice().buffer).swap32()],
    [">f8", Buffer.from(Float64Array.from(logits).buffer).swap64()],
  ])("takes logits of dtype %s", (dtype, numbers) => {
    folder.npy("other.npy", dtype, shape, numbers);
    const report = evaluated("--logits other.npy --labels Y.npy");
    expect(report.measures).toEqual(measures);
    expect(report.loss).toBe(evaluated("--logits L.npy --labels Y.npy").loss);
  });
});

describe("every loss", () => {
  const { rows, classes, logits, labels } = example(40, 9, 2, 2);
  const cases = allNames.flatMap((name) => optionsOf(name).map((options) => ({ name, options })));

  beforeAll(() => folder.npy("small.npy", "<f4", [rows, classes], logits));

  it.each(cases)("$name with $options", ({ name, options }) => {
    const suited = suitedLabels(name, labels, classes);
    folder.npy("suited.npy", "|u1", [rows, classes], suited);
    const flags = Object.entries(options).map(([option, value]) => {
      const flag =
        option === "threshold" ? "loss-threshold" : option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
      return `--${flag} ${value}`;
    });
    const report = evaluated(`--logits small.npy --labels suited.npy --loss ${name} ${flags.join(" ")}`);
    const targets = names.includes(name) ? suited : Float32Array.from(suited);
    expect(report.loss).toBe(meanOf(lossOf(losses(report), name), logits, targets, { classes, ...options }));
    expect(report.options).toMatchObject({ loss: name, lossOptions: options });
    expect(report.measures).toEqual(expectedMeasures(logits, suited, classes));
  });

  it("combinatorialSoftmax with maxLabels and a threshold", () => {
    folder.npy("Y9.npy", "|u1", [rows, classes], labels);
    const report = evaluated(
      "--logits small.npy --labels Y9.npy --loss combinatorialSoftmax --max-labels 9 --loss-threshold 0.5",
    );
    const { combinatorialSoftmax } = losses(report);
    expect(report.loss).toBe(
      meanOf(combinatorialSoftmax, logits, labels, { classes, maxLabels: 9, threshold: 0.5 }),
    );
  });

  it("a weight for each class", () => {
    const positiveWeights = Float32Array.from({ length: classes }, (_, c) => c / 2);
    folder.npy("weights.npy", "<f8", [classes], Float64Array.from(positiveWeights));
    folder.npy("Y9.npy", "|u1", [rows, classes], labels);
    const report = evaluated(
      "--logits small.npy --labels Y9.npy --loss sigmoidCrossEntropy --positive-weights weights.npy",
    );
    const { sigmoidCrossEntropy } = losses(report);
    expect(report.loss).toBe(meanOf(sigmoidCrossEntropy, logits, labels, { classes, positiveWeights }));
    expect(report.options.lossOptions).toEqual({ positiveWeights: "weights.npy", labelSmoothing: 0 });
  });

  it("soft labels, of which those above a half are positive", () => {
    const soft = Float32Array.from(labels, (label, i) => (label ? 1 - (i % 5) / 10 : (i % 6) / 10));
    const hard = Uint8Array.from(soft, (degree) => Number(degree > 0.5));
    expect(soft).toContain(0.5);
    folder.npy("soft.npy", "<f4", [rows, classes], soft);
    for (const name of ["zlpr", "zlprDivergence", "sigmoidCrossEntropy"] as const) {
      const report = evaluated(`--logits small.npy --labels soft.npy --loss ${name}`);
      expect(report.loss).toBe(meanOf(lossOf(losses(report), name), logits, soft, { classes }));
      expect(report.measures).toEqual(expectedMeasures(logits, hard, classes));
    }
  });

  it.each(["<i8", "<i4", "|u1"])("class indices of dtype %s, for any loss", (dtype) => {
    const indices = Int32Array.from({ length: rows }, (_, row) => (row * 5) % classes);
    const numbers = {
      "<i8": BigInt64Array.from(indices, BigInt),
      "<i4": indices,
      "|u1": Uint8Array.from(indices),
    };
    const dense = new Uint8Array(rows * classes);
    for (const [row, index] of indices.entries()) dense[row * classes + index] = 1;
    folder.npy("indices.npy", dtype, [rows], numbers[dtype as "<i4"]);
    for (const name of ["softmaxCrossEntropy", "zlpr", "zlprDivergence"] as const) {
      const report = evaluated(`--logits small.npy --labels indices.npy --loss ${name}`);
      const targets = name === "zlprDivergence" ? Float32Array.from(dense) : dense;
      expect(report.loss).toBe(meanOf(lossOf(losses(report), name), logits, targets, { classes }));
      expect(report.measures).toEqual(expectedMeasures(logits, dense, classes));
    }
  });

  it("leaves out the rows that class indices ignore, also all of a chunk", () => {
    const many = example(3000, 100, 2, 3);
    const indices = Int32Array.from({ length: 3000 }, (_, row) =>
      row < 1400 || row % 3 === 0 ? -7 : row % 100,
    );
    folder.npy("many.npy", "<f4", [3000, 100], many.logits);
    folder.npy("ignored.npy", "<i4", [3000], indices);
    const report = evaluated(
      "--logits many.npy --labels ignored.npy --loss softmaxCrossEntropy --ignore-index -7",
    );
    const kept = [...indices.keys()].filter((row) => indices[row] !== -7);
    const logits = Float32Array.from(
      kept.flatMap((row) => [...many.logits.subarray(row * 100, row * 100 + 100)]),
    );
    const labels = new Uint8Array(kept.length * 100);
    for (const [i, row] of kept.entries()) labels[i * 100 + indices[row]!] = 1;
    expect(report.ignoredRows).toBe(3000 - kept.length);
    expect(report.measures).toEqual(expectedMeasures(logits, labels, 100));
    expect(report.loss).toBe(meanOf(losses(report).softmaxCrossEntropy, logits, labels, { classes: 100 }));
  });

  it("that makes the memory grow while it has the rows of a chunk", () => {
    // The subsets of long rows need scratch memory of some MiB.
    const long = example(9, 30_000, 1, 4);
    const suited = suitedLabels("combinatorialSoftmax", long.labels, 30_000);
    folder.npy("long.npy", "<f4", [9, 30_000], long.logits);
    folder.npy("long-labels.npy", "|u1", [9, 30_000], suited);
    const report = evaluated("--logits long.npy --labels long-labels.npy --loss combinatorialSoftmax");
    const { combinatorialSoftmax } = losses(report);
    expect(report.loss).toBe(meanOf(combinatorialSoftmax, long.logits, suited, { classes: 30_000 }));
    expect(report.measures).toEqual(expectedMeasures(long.logits, suited, 30_000));
  });

  it("infinite and undefined losses, as strings", () => {
    folder.npy("Y2.npy", "|u1", [2, 1], Uint8Array.of(0, 1));
    folder.npy("infinite.npy", "<f4", [2, 1], Float32Array.of(Infinity, 1));
    folder.npy("nan.npy", "<f4", [2, 1], Float32Array.of(NaN, 1));
    expect(evaluated("--logits infinite.npy --labels Y2.npy").loss).toBe("Infinity");
    const { stdout } = folder.run("eval --json --logits nan.npy --labels Y2.npy");
    expect(JSON.parse(stdout).loss).toBe("NaN");
  });
});

it("reads every number of float16", () => {
  const words = Uint16Array.from({ length: 2 ** 16 }, (_, word) => word).filter(
    (word) => (word & 0x7c00) !== 0x7c00,
  );
  folder.npy("half.npy", "<f2", [words.length, 1], words);
  folder.npy("ones.npy", "|u1", [words.length, 1], new Uint8Array(words.length).fill(1));
  const value = (word: number) => {
    const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (2 ** -14 * fraction) / 1024;
    return word >> 15 ? -size : size;
  };
  const logits = Float32Array.from(words, value);
  const report = evaluated("--logits half.npy --labels ones.npy --threshold 0.3");
  expect(report.loss).toBe(
    meanOf(losses(report).zlpr, logits, new Uint8Array(words.length).fill(1), { classes: 1 }),
  );
  expect(report.measures).toEqual(expectedMeasures(logits, new Uint8Array(words.length).fill(1), 1, 0.3));
});

it("prints a table for people", () => {
  folder.npy("L2.npy", "<f4", [2, 3], Float32Array.of(2, -1, 0.5, -3, -1, 1));
  folder.npy("Y2.npy", "|u1", [2, 3], Uint8Array.of(1, 0, 0, 0, 1, 0));
  const { stdout, stderr, status } = folder.run("eval --logits L2.npy --labels Y2.npy --threshold best");
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatchInlineSnapshot(`
    "2 rows × 3 classes

    loss, mean of the rows
      zlpr                  1.9354

    predictions, scores above 1.5, the best for micro F1
                        micro   macro  samples
      F1               0.6667  0.3333   0.5000
      precision        1.0000  0.3333   0.5000
      recall           0.5000  0.3333   0.5000
      jaccard                           0.5000
      subset accuracy                   0.5000
      hamming loss     0.1667

    ranking, of the classes of a row
      average precision (LRAP)        0.7500
      ranking loss                    0.2500
      coverage error                  1.5000
      one-error                       0.5000
    "
  `);
});
