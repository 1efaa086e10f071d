import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/cli/errors.ts";
import { readPart } from "../../src/cli/part.ts";
import { rowsOf, shardOf } from "../../src/cli/shard.ts";
import { effort } from "../support/effort.ts";
import { thrownBy } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import { example, uniform } from "../support/random.ts";
import { Folder, lines, type Run } from "./support.ts";

/* What `zlpr eval --shard` finds in the parts of the rows, `zlpr merge` has to make what `zlpr eval` prints of all of them. */

const folder = new Folder();
afterAll(() => folder.remove());

// 1310 rows are read at a time.
const { rows, classes, logits, labels } = example(effort(3001, 1501), 100, 2, 1);
const sparse = toSparse(labels, classes);
const shape = [rows, classes];

const BASE = "eval --logits L.npy --labels Y.npy";

beforeAll(() => {
  folder.npy("L.npy", "<f4", shape, logits);
  folder.npy("Y.npy", "|u1", shape, labels);
  folder.npy(
    "soft.npy",
    "<f4",
    shape,
    Float32Array.from(labels, (label, i) => (label ? 1 - (i % 5) / 10 : (i % 6) / 10)),
  );
  folder.npy(
    "indices.npy",
    "<i4",
    [rows],
    Int32Array.from({ length: rows }, (_, row) => (row < 700 || row % 3 === 0 ? -1 : row % 100)),
  );
  folder.csr("Y.npz", sparse, [rows, classes]);
  folder.write("Y.ndjson", lines(sparse));
  folder.npy(
    "weights.npy",
    "<f4",
    [classes],
    Float32Array.from({ length: classes }, (_, c) => c / 50),
  );
});

function works(args: string): Run {
  const run = folder.run(args);
  expect(run.status, run.stderr).toBe(0);
  return run;
}

const known = new Map<string, string[]>();

/** Runs the shards, once, and returns the files of their parts. */
function partsOf(command: string, of: number): string[] {
  const key = `${of} ${command}`;
  const files = known.get(key) ?? shards(command, of, known.size);
  known.set(key, files);
  return files;
}

function shards(command: string, of: number, id: number): string[] {
  return Array.from({ length: of }, (_, i) => {
    const file = `${id}-${i + 1}-of-${of}.json`;
    const { stdout, stderr } = works(`${command} --shard ${i + 1}/${of} --out ${file}`);
    expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
    return file;
  });
}

function shuffled(files: readonly string[], seed: number): string[] {
  const random = uniform(seed);
  return files.toSorted(() => random() - 0.5);
}

/** Expects the bytes of one process, as JSON and as a table, on both outputs. */
function expectSame(command: string, files: readonly string[]): void {
  for (const form of ["", " --json"]) {
    expect(works(`merge ${files.join(" ")}${form}`)).toMatchObject({
      stdout: works(command + form).stdout,
      stderr: works(command + form).stderr,
    });
  }
}

describe("the shards of a file give what one process gives", () => {
  it.each([
    [BASE, 10],
    [`${BASE} --threshold 0.25 --no-ranking --loss focal --gamma 1 --alpha 0.5`, 2],
    ["eval --logits L.npy --labels soft.npy", 2],
    ["eval --logits L.npy --labels soft.npy --loss zlprDivergence --no-ranking", 2],
    ["eval --logits L.npy --labels indices.npy --loss softmaxCrossEntropy", 3],
    ["eval --logits L.npy --labels Y.npz --no-ranking", 2],
    ["eval --logits L.npy --labels Y.ndjson --variant simd", 3],
    [`${BASE} --loss sigmoidCrossEntropy --positive-weights weights.npy --no-ranking`, 2],
    [`${BASE} --loss lsep --no-ranking --variant js`, 2],
    [BASE, 1],
  ])("%s, %d of them", (command, of) => {
    expectSame(command, shuffled(partsOf(command, of), of));
  });

  it("also where there are more shards than rows", () => {
    folder.npy("few.npy", "<f4", [3, 2], Float32Array.of(1, -1, 2, 3, -4, 0));
    folder.npy("few-labels.npy", "|u1", [3, 2], Uint8Array.of(1, 0, 0, 1, 0, 0));
    folder.write("few.ndjson", "[0]\n[1]\n[]\n\n");
    for (const file of ["few-labels.npy", "few.ndjson"]) {
      const command = `eval --logits few.npy --labels ${file}`;
      expectSame(command, shuffled(partsOf(command, 5), 5));
    }
  });

  it("with the warnings of all of them", () => {
    const odd = logits.map((score) => 1 / (1 + Math.exp(-score)));
    for (const row of [1400, 2, 40]) odd[row * classes + 7] = NaN;
    folder.npy("odd.npy", "<f4", shape, odd);
    folder.npy("few-odd.npy", "<f4", [40, 1], new Float32Array(40).fill(0.5, 20));
    folder.npy("forty.npy", "|u1", [40, 1], new Uint8Array(40));
    const command = "eval --logits odd.npy --labels Y.npy --no-ranking";
    expect(works(command).stderr).toMatch(/3 rows have NaN scores, first row 2\n$/);
    expectSame(command, shuffled(partsOf(command, 4), 4));
    // Fewer in each shard than what probabilities are told by, and one of them all 0.
    const few = "eval --logits few-odd.npy --labels forty.npy --loss focal";
    expect(works(few).stderr).toMatch(/look like probabilities; focal takes raw scores/);
    expectSame(few, partsOf(few, 2));
    expect(works(`merge ${partsOf(command, 4).join(" ")} --out merged.txt`).stderr).toBe(
      works(command).stderr,
    );
  });

  it("merged some at a time", () => {
    const files = partsOf(BASE, 5);
    works(`merge --partial ${files[4]} ${files[1]} --out some.json`);
    works(`merge --partial ${files[3]} ${files[0]} --out others.json`);
    works("merge some.json others.json --partial --out most.json");
    expectSame(BASE, ["most.json", files[2] as string]);
    const { stdout } = works(`merge --partial ${files[0]} ${files[3]}`);
    expect(stdout).toBe(folder.read("others.json").toString());
  });

  it("printed, or written to a file", () => {
    const { stdout } = works(`${BASE} --shard 2/3 --json`);
    works(`${BASE} --shard 2/3 --out second.json`);
    expect(folder.read("second.json").toString()).toBe(stdout);
    expect(JSON.parse(stdout)).toMatchObject({ format: "zlpr eval part", shards: [2], of: 3, rows });
    works(`${BASE} --no-ranking --out table.txt`);
    expect(folder.read("table.txt").toString()).toBe(works(`${BASE} --no-ranking`).stdout);
    works(`merge ${partsOf(BASE, 2).join(" ")} --json --out merged.json`);
    expect(folder.read("merged.json").toString()).toBe(works(`${BASE} --json`).stdout);
  });
});

describe("a shard", () => {
  it.each([
    [10, 3, [4, 3, 3]],
    [3, 5, [1, 1, 1, 0, 0]],
    [12, 4, [3, 3, 3, 3]],
    [2 ** 40 + 1, 2, [2 ** 39 + 1, 2 ** 39]],
  ])("of %d rows in %d has its share, and begins where the last one ends", (all, of, sizes) => {
    let end = 0;
    for (let index = 1; index <= of; index++) {
      const { from, to } = rowsOf({ index, of }, all);
      expect([from, to - from]).toEqual([end, sizes[index - 1]]);
      end = to;
    }
    expect(end).toBe(all);
  });

  it.each(["0/3", "4/3", "1/0", "1", "1/", "/3", "1.5/3", "-1/3", "1/3/4", "a/b", " 1/3", "1/4294967296"])(
    "is not %j",
    (text) => {
      expect(shardOf(text)).toBeUndefined();
    },
  );

  it("reads nothing of the rows of others", () => {
    const wrong = labels.with(900 * classes + 3, 2);
    folder.npy("wrong.npy", "|u1", shape, wrong);
    folder.write("wrong.ndjson", lines(sparse).split("\n").with(900, "none").join("\n"));
    for (const [file, message] of [
      ["wrong.npy", "wrong.npy: expected 0 or 1, received 2 (row 900, index 3)"],
      [
        "wrong.ndjson",
        'wrong.ndjson, line 901: expected an array of class indices, or an object with "labels", received none',
      ],
    ]) {
      const command = `eval --logits L.npy --labels ${file} --no-ranking --shard`;
      for (const shard of [1, 2, 4]) {
        if (
          rowsOf({ index: shard, of: 4 }, rows).to <= 900 ||
          rowsOf({ index: shard, of: 4 }, rows).from > 900
        ) {
          works(`${command} ${shard}/4`);
        }
      }
      refuses(`${command} ${rows > 2000 ? 2 : 3}/4`, message as string);
    }
  });

  it("that is the last one finds lines that are too many, and any finds those that it misses", () => {
    folder.write("more.ndjson", `${lines(sparse)}[1]\n`);
    folder.write("less.ndjson", lines(sparse).split("\n").slice(0, 10).join("\n"));
    const command = "eval --logits L.npy --no-ranking --labels";
    works(`${command} more.ndjson --shard 1/3`);
    const expected = `a line for each of the ${rows} rows of logits`;
    refuses(`${command} more.ndjson --shard 3/3`, `more.ndjson: expected ${expected}, received more lines`);
    refuses(`${command} less.ndjson --shard 3/3`, `less.ndjson: expected ${expected}, received 10`);
  });
});

function refuses(args: string, message: string, input?: string): void {
  const { status, stdout, stderr } = folder.run(args, input === undefined ? {} : { input });
  expect(stderr).toBe(`zlpr: ${message}\n`);
  expect(stdout).toBe("");
  expect(status).toBe(2);
}

describe("eval refuses", () => {
  it.each([
    ["--shard 0/3", "option '--shard <i/n>' argument '0/3' is invalid. Expected i/n, with i from 1 to n."],
    ["--shard 3", "option '--shard <i/n>' argument '3' is invalid. Expected i/n, with i from 1 to n."],
    [
      "--shard 1/3 --threshold best",
      '--threshold: expected a number with --shard, as --threshold best found it before on all rows, received "best"',
    ],
    [
      "--variant wasm",
      "option '--variant <name>' argument 'wasm' is invalid. Allowed choices are relaxed, simd, js.",
    ],
  ])("%s", (flags, message) => refuses(`${BASE} ${flags}`, message));

  it("labels from standard input for a shard", () => {
    refuses(
      "eval --logits L.npy --labels - --shard 1/3",
      "--labels: expected a file with --shard, received standard input",
      lines(sparse),
    );
  });

  it("to write where it cannot, and leaves what was there as it was", () => {
    refuses(
      `${BASE} --no-ranking --shard 1/3 --out nowhere/part.json`,
      "nowhere: expected a folder to write into, received a path that does not exist",
    );
    folder.write("kept.json", "kept");
    refuses(
      "eval --logits L.npy --labels Y2.npy --shard 1/3 --out kept.json",
      "Y2.npy: expected a file to read, received a path that does not exist",
    );
    expect(folder.read("kept.json").toString()).toBe("kept");
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("merge refuses", () => {
  const command = `${BASE} --no-ranking`;
  let files: string[];
  let first: Record<string, unknown> & { shards: number[] };
  beforeAll(() => {
    files = partsOf(command, 12);
    folder.write("first.json", folder.read(files[0] as string));
    first = JSON.parse(folder.read(files[0] as string).toString());
  });

  it.each([
    ["", "error: missing required argument 'parts'"],
    ["nope.json", "nope.json: expected a file to read, received a path that does not exist"],
  ])("%j", (args, message) => refuses(`merge ${args}`, message.replace("error: ", "")));

  it("to be without some shards, and names ten of them", () => {
    const without = (...shards: number[]) => files.filter((_, i) => !shards.includes(i + 1)).join(" ");
    refuses(`merge ${without(7)}`, "merge: expected all 12 shards, received 11: shard 7 is missing");
    refuses(
      `merge ${without(3, 12)} --json`,
      "merge: expected all 12 shards, received 10: shards 3, 12 are missing",
    );
    const ten = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11";
    refuses(
      `merge ${files[0]} ${files[11]}`,
      `merge: expected all 12 shards, received 2: shards ${ten} are missing`,
    );
    refuses(
      `merge ${files[0]} --out report.txt`,
      `merge: expected all 12 shards, received 1: shards ${ten} and 1 more are missing`,
    );
    expect(existsSync(folder.file("report.txt"))).toBe(false);
  });

  it("a shard twice, also within what was merged before", () => {
    const message = "expected each shard once, received shard 2 of 12, which came before";
    refuses(`merge ${files[0]} ${files[1]} ${files[2]} ${files[1]}`, `${files[1]}: ${message}`);
    works(`merge --partial ${files[1]} ${files[4]} --out both.json`);
    refuses(`merge --partial ${files[1]} both.json`, `both.json: ${message}`);
  });

  it.each([
    [`${BASE} --no-ranking --shard 2/3`, `of 12, as first.json has, received 3`],
    [`${BASE} --shard 2/12`, "ranking false, as first.json has, received true"],
    [`${command} --threshold 1 --shard 2/12`, "threshold 0, as first.json has, received 1"],
    [`${command} --loss lsep --shard 2/12`, 'loss "zlpr", as first.json has, received "lsep"'],
    [
      `${command} --loss-threshold 1 --shard 2/12`,
      'lossOptions {"threshold":0}, as first.json has, received {"threshold":1}',
    ],
    [
      `${command} --loss-threshold 0 --shard 2/12`,
      'lossOptionsGiven {}, as first.json has, received {"threshold":0}',
    ],
    [
      `${command} --variant js --shard 2/12`,
      /^variant "(simd|relaxed)", as first.json has \(one --variant for all shards\), received "js"$/,
    ],
    [
      "eval --no-ranking --logits ./L.npy --labels Y.npy --shard 2/12",
      'logits "L.npy", as first.json has, received "./L.npy"',
    ],
    [
      "eval --no-ranking --logits L.npy --labels Y.npz --shard 2/12",
      'labels "Y.npy", as first.json has, received "Y.npz"',
    ],
  ])("a part of another evaluation: %s", (other, message) => {
    works(`${other} --out other.json`);
    const { stderr, stdout, status } = folder.run(`merge first.json other.json`);
    const said = /^zlpr: other\.json: expected (.*)\n$/.exec(stderr)?.[1];
    if (typeof message === "string") expect(said).toBe(message);
    else expect(said).toMatch(message);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
  });

  it("a part of other contents of the same paths, as after a training anew", () => {
    for (const [role, file, bytes] of [
      ["logits", "scores.npy", folder.read("L.npy")],
      ["labels", "truth.npy", folder.read("Y.npy")],
    ] as const) {
      const paths = { logits: "L.npy", labels: "Y.npy", [role]: file };
      const shards = `eval --no-ranking --logits ${paths.logits} --labels ${paths.labels} --shard`;
      folder.write(file, bytes);
      works(`${shards} 1/3 --out one.json`);
      // A copy, as on another machine.
      folder.write(file, Buffer.from(bytes));
      works(`${shards} 2/3 --out two.json`);
      works("merge --partial one.json two.json --out both.json");
      // A row of another shard than the one that reads the file.
      bytes[200] = (bytes[200] as number) ^ 1;
      folder.write(file, bytes);
      works(`${shards} 3/3 --out three.json`);
      const message = `three.json: expected the contents of ${file} that both.json is of, received others`;
      refuses("merge both.json three.json", message);
    }
  });

  it("a part of weights that have changed", () => {
    const weighted =
      "eval --no-ranking --logits L.npy --labels Y.npy --loss sigmoidCrossEntropy --positive-weights w.npy";
    for (const shard of [1, 2]) {
      folder.npy("w.npy", "<f4", [classes], new Float32Array(classes).fill(shard));
      works(`${weighted} --shard ${shard}/2 --out w${shard}.json`);
    }
    const { stderr, status } = folder.run("merge w1.json w2.json");
    const [one, two] = [1, 2].map((weight) => `…{"positiveWeights":[${`${weight},`.repeat(20)}…`);
    expect(stderr).toBe(`zlpr: w2.json: expected an evaluator with loss ${one}, received one with ${two}\n`);
    expect(status).toBe(2);
  });

  it("rows of which none counts", () => {
    folder.npy("ignored.npy", "<i4", [rows], new Int32Array(rows).fill(-1));
    const all = "eval --logits L.npy --labels ignored.npy --loss softmaxCrossEntropy";
    const message = "ignored.npy: expected a row that is not ignored, received none";
    refuses(all, message);
    refuses(`merge ${partsOf(all, 2).join(" ")}`, message);
  });

  it("what is no part, and tells what it is", () => {
    const is = (received: string) =>
      refuses(
        "merge none.json",
        `none.json: expected a part that zlpr eval --shard has written, received ${received}`,
      );
    folder.write("none.json", "");
    is("an empty file");
    for (const content of ["{", folder.read(files[0] as string).subarray(0, 700), folder.read("L.npy")]) {
      folder.write("none.json", content);
      is("a file that is cut off or no JSON");
    }
    works(`${BASE} --no-ranking --out none.json`);
    is("a file that is cut off or no JSON");
    for (const content of ["null", "[]", "5", '{"format":"zlpr evaluator"}']) {
      folder.write("none.json", content);
      is("JSON of something else");
    }
    works(`${BASE} --no-ranking --json --out none.json`);
    is("JSON of something else");
  });

  it.each<[string, unknown, string]>([
    ["version", "0.0.9", 'version: expected "0.1.0", the version of this zlpr, received "0.0.9"'],
    ["formatVersion", 2, 'version: expected "0.1.0", the version of this zlpr, received "0.1.0"'],
    ["of", 0, "of: expected a whole number from 1 to 9007199254740991, received 0"],
    ["shards", [], "shards: expected at least one shard, received none"],
    ["shards", [13], "shards[0]: expected a whole number from 1 to 12, received 13"],
    ["shards", [2, 1], "shards[1]: expected a whole number from 3 to 12, received 1"],
    ["shards", "1", 'shards: expected an array, received "1"'],
    ["rows", 0, "rows: expected a whole number from 1 to 9007199254740991, received 0"],
    ["logits", undefined, "logits: expected a value, received none"],
    ["labels", 5, "labels: expected a string, received 5"],
    ["more", 5, /^more: expected one of format, formatVersion, .*, received an unknown name$/ as never],
    ["options.loss", "bce", 'options.loss: expected the name of a loss, received "bce"'],
    ["options.lossOptionsGiven", 1, "options.lossOptionsGiven: expected an object, received 1"],
    ["options.lossOptions", null, "options.lossOptions: expected an object, received null"],
    ["checks.nanRows", -1, "checks.nanRows: expected a whole number from 0 to ALL, received -1"],
    ["labelKind", "dense", 'labelKind: expected one of multi-hot, soft, sparse, index, received "dense"'],
    ["variant", "avx", 'variant: expected one of relaxed, simd, js, received "avx"'],
    [
      "options.lossOptions",
      { threshold: 5 },
      "options.lossOptions.threshold: expected 0, as its evaluator has, received 5",
    ],
    [
      "options.lossOptions",
      {},
      "options.lossOptions.threshold: expected 0, as its evaluator has, received undefined",
    ],
    ["checks.scores", 1e9, "checks.scores: expected a whole number from 0 to SCORES, received 1000000000"],
    ["checks.nanRows", 1e6, "checks.nanRows: expected a whole number from 0 to ALL, received 1000000"],
    ["checks.nanRows", 1, "checks.firstNanRow: expected a number, received null"],
    ["checks.firstNanRow", 1, "checks.firstNanRow: expected null without such rows, received 1"],
    ["checks.isAllZero", 1, "checks.isAllZero: expected true or false, received 1"],
    ["evaluator", {}, 'evaluator.format: expected "zlpr evaluator", received undefined'],
    [
      "evaluator.decisions.hits.3",
      -1,
      /^evaluator\.decisions\.hits\[3\]: expected a whole number from 0 to \d+, received -1$/ as never,
    ],
    [
      "evaluator.decisions.f1",
      "0x2p0",
      /^evaluator\.decisions\.f1: expected a sum as "0x…p…".*, received "0x2p0"$/ as never,
    ],
    ["evaluator.options.threshold", 1, "evaluator.options.threshold: expected 0, received 1"],
    ["evaluator.options.loss.name", "lsep", 'evaluator.options.loss: expected "zlpr", received "lsep"'],
    ["options.threshold", "best", 'evaluator.options.threshold: expected "best", received 0'],
    ["classes", 99, "evaluator.options.classes: expected 99, received 100"],
    ["rows", 120_000, "evaluator.rows: expected 10000, received ROWS"],
    ["contents", null, "contents: expected an object, received null"],
    ["contents.labels", 5, "contents.labels: expected a string, received 5"],
    ["contents.logits", undefined, "contents.logits: expected a value, received none"],
  ])("a part that was altered: %s", (place, value, message) => {
    const altered = structuredClone(first) as unknown as Record<string, never>;
    const names = place.split(".");
    const last = names.pop() as string;
    let at = altered;
    for (const name of names) at = at[name] as never;
    at[last] = value as never;
    folder.write("altered.json", JSON.stringify(altered));
    const path = folder.file("altered.json");
    const thrown = thrownBy(() => readPart(path));
    expect(thrown).toBeInstanceOf(InputError);
    const said = (thrown as InputError).message.replace(`${path}, `, "");
    if (typeof message === "string") {
      expect(said).toBe(
        message
          .replace("SCORES", String(rows * classes))
          .replace("ALL", String(rows))
          .replace("ROWS", String(rowsOf({ index: 1, of: 12 }, rows).to)),
      );
    } else expect(said).toMatch(message);
  });
});
