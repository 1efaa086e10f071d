import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aboveThreshold } from "../../src/index.ts";
import { example } from "../support/random.ts";
import { Folder, lines } from "./support.ts";

/* Scores that are odd: a line on standard error, the result, and status 0. */

const folder = new Folder();
afterAll(() => folder.remove());

// 1310 rows are read at a time.
const { rows, classes, logits, labels } = example(3001, 100, 2, 1);
const probabilities = logits.map((score) => 1 / (1 + Math.exp(-score)));

const EVAL = "eval --logits L.npy --labels Y.npy";
const PREDICT = "predict --logits L.npy --top 3";

function write(scores: Float32Array, shape = [rows, classes]): void {
  folder.npy("L.npy", "<f4", shape, scores);
}

/** What a command that works says on standard error. */
function saidBy(args: string): string {
  const { stdout, stderr, status } = folder.run(args);
  expect(status).toBe(0);
  expect(stdout).not.toBe("");
  return stderr;
}

beforeAll(() => folder.npy("Y.npy", "|u1", [rows, classes], labels));

describe("scores like probabilities", () => {
  const line = (taker: string) =>
    "zlpr: warning: L.npy: all scores lie from 0 to 1 and look like probabilities; " +
    `${taker} takes raw scores, without a sigmoid or softmax\n`;

  it.each([
    [EVAL, "zlpr"],
    [`${EVAL} --json --no-ranking --loss focal`, "focal"],
    [`${EVAL} --threshold best`, "zlpr"],
    [PREDICT, "predict"],
  ])("%s", (args, taker) => {
    write(probabilities);
    expect(saidBy(args)).toBe(line(taker));
    // Both ends belong to them.
    write(probabilities.with(5, 0).with(6, 1));
    expect(saidBy(args)).toBe(line(taker));
  });

  it("are no part of the result", () => {
    write(probabilities);
    const report = JSON.parse(folder.run(`${EVAL} --json`).stdout);
    expect(Object.keys(report)).not.toContain("warnings");
    write(probabilities.map((p) => p - 0.5));
    expect(Object.keys(JSON.parse(folder.run(`${EVAL} --json`).stdout))).toEqual(Object.keys(report));
    folder.run("predict --logits L.npy --threshold 0.2 --out P.ndjson");
    const expected = aboveThreshold(
      probabilities.map((p) => p - 0.5),
      { classes, threshold: 0.2 },
    );
    expect(folder.read("P.ndjson").toString()).toBe(lines(expected));
  });

  it.each<[string, Float32Array]>([
    ["that are raw", logits],
    ["of which the last is below 0", probabilities.with(rows * classes - 1, -1e-9)],
    ["of which one is above 1", probabilities.with(0, 1.0001)],
    ["that are all 0", new Float32Array(rows * classes)],
  ])("are not those %s", (_, scores) => {
    write(scores);
    for (const args of [EVAL, PREDICT]) expect(saidBy(args)).toBe("");
  });

  it("are 32 at least", () => {
    for (const [count, expected] of [
      [31, ""],
      [32, line("zlpr")],
    ] as const) {
      write(new Float32Array(count).fill(0.25), [count, 1]);
      folder.npy("few.npy", "|u1", [count, 1], new Uint8Array(count));
      expect(saidBy("eval --logits L.npy --labels few.npy")).toBe(expected);
    }
  });

  it("may begin with zeros", () => {
    write(probabilities.slice().fill(0, 0, 1400 * classes));
    for (const args of [EVAL, PREDICT]) expect(saidBy(args)).toMatch(/look like probabilities/);
  });
});

describe("scores that are NaN", () => {
  const line = (what: string) => `zlpr: warning: L.npy: ${what}\n`;
  /** These rows have one or several. */
  const broken = logits.slice();
  for (const row of [1400, 1402, 2999]) broken[row * classes + 7] = NaN;
  broken.fill(NaN, 2999 * classes, 3000 * classes);

  it.each([EVAL, `${EVAL} --no-ranking --loss lsep`, PREDICT])("%s: how many rows, and the first", (args) => {
    write(broken);
    expect(saidBy(args)).toBe(line("3 rows have NaN scores, first row 1400"));
    write(logits.with(0, NaN));
    expect(saidBy(args)).toBe(line("1 row has NaN scores, first row 0"));
  });

  it("in rows after those that class indices ignore", () => {
    write(broken);
    const indices = Int32Array.from({ length: rows }, (_, row) => (row % 2 === 0 && row < 2000 ? -1 : 3));
    indices[1402] = 3;
    folder.npy("indices.npy", "<i4", [rows], indices);
    const args = "eval --logits L.npy --labels indices.npy --loss softmaxCrossEntropy";
    expect(saidBy(args)).toBe(line("2 rows have NaN scores, first row 1402"));
  });

  it("are not those of which only the loss is not finite", () => {
    write(Float32Array.of(Infinity, Infinity, 1, -1), [2, 2]);
    folder.npy("Y2.npy", "|u1", [2, 2], Uint8Array.of(1, 0, 1, 0));
    const { stdout, stderr } = folder.run("eval --logits L.npy --labels Y2.npy --loss lsep --json");
    expect(stderr).toBe("");
    expect(typeof JSON.parse(stdout).loss).toBe("string");
  });
});
