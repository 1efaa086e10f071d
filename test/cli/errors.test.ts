import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toSparse } from "../support/labels.ts";
import { example } from "../support/random.ts";
import { cli, Folder, isInProcess, npy } from "./support.ts";

/* Whatever is wrong with the input: one line that names it, status 2, and nothing on standard output. */

const folder = new Folder();
afterAll(() => folder.remove());

const { rows, classes, logits, labels } = example(1500, 100, 1, 1);
const shape = [rows, classes];
const sparse = toSparse(labels, classes);

/** A row of the second chunk, so that a row that is counted from the chunk on is found out. */
const LATE = 1400;

beforeAll(() => {
  folder.npy("L.npy", "<f4", shape, logits);
  folder.npy("Y.npy", "|u1", shape, labels);
});

function refuses(args: string, message: string | RegExp, input?: string): void {
  const { status, stdout, stderr } = folder.run(args, input === undefined ? {} : { input });
  if (typeof message === "string") expect(stderr).toBe(`zlpr: ${message}\n`);
  else expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect(stdout).toBe("");
  expect(status).toBe(2);
}

function changed<T extends { with(index: number, value: number): T }>(
  array: T,
  row: number,
  c: number,
  value: number,
) {
  return array.with(row * classes + c, value);
}

describe("usage", () => {
  it.each([
    ["eval --labels Y.npy", "required option '--logits <file.npy>' not specified"],
    ["eval --logits L.npy", "required option '--labels <file>' not specified"],
    ["predict", "required option '--logits <file.npy>' not specified"],
    [
      "eval L.npy Y.npy",
      'eval: expected files as --logits <file.npy> --labels <file>, received "L.npy" without an option',
    ],
    [
      "eval --logits L.npy --labels Y.npy extra",
      'eval: expected files as --logits <file.npy> --labels <file>, received "extra" without an option',
    ],
    ["predict L.npy", 'predict: expected files as --logits <file.npy>, received "L.npy" without an option'],
    ["bench L.npy", "too many arguments for 'bench'. Expected 0 arguments but got 1."],
    ["eval --logits L.npy --labels Y.npy --los x", "unknown option '--los' (Did you mean --loss?)"],
    ["evaluate", "unknown command 'evaluate'"],
    [
      "eval --logits L.npy --labels Y.npy --threshold high",
      "option '--threshold <number|best>' argument 'high' is invalid. Expected a finite number or \"best\".",
    ],
    [
      "predict --logits L.npy --threshold best",
      "option '--threshold <number>' argument 'best' is invalid. Expected a finite number.",
    ],
    [
      "predict --logits L.npy --top 1.5",
      "option '--top <k>' argument '1.5' is invalid. Expected a whole number.",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss focal --gamma two",
      "option '--gamma <number>' argument 'two' is invalid. Expected a number.",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss focal --gamma -1",
      "--gamma: expected a finite number of at least 0, received -1",
    ],
    [
      "eval --logits L.npy --labels Y.npy --gamma 1",
      "--gamma: expected an option of zlpr (--loss-threshold), received one of focal",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss zlprDivergence --gamma 1",
      "--gamma: expected an option of zlprDivergence (it has none), received one of focal",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss focal --margin 1",
      "--margin: expected an option of focal (--gamma, --alpha), received one of asymmetric, lsep",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss combinatorialSoftmax --loss-threshold 1",
      "--loss-threshold: expected nothing unless maxLabels is given, received 1",
    ],
    [
      "eval --logits L.npy --labels Y.npy --loss combinatorialSoftmax --max-labels 101",
      "--max-labels: expected a whole number from 1 to 100, received 101",
    ],
    ["predict --logits L.npy --top 101", "--top: expected at most the 100 classes there are, received 101"],
    [
      "predict --logits L.npy --out P.csv",
      '--out: expected a name that ends in .npz, .ndjson or .jsonl, received "P.csv"',
    ],
    [
      "eval --logits L.npy --labels - --threshold best",
      '--threshold: expected a number with labels that can be read only once, received "best" with standard input',
    ],
  ])("%s", (args, message) => refuses(args, message));

  it("names the losses there are", () => {
    refuses("eval --logits L.npy --labels Y.npy --loss bce", /^zlpr: .*'bce' is invalid.* focal,.* zlpr,/);
  });
});

describe("a file", () => {
  it.each(["--logits nope.npy --labels Y.npy", "--labels nope.npy --logits L.npy"])("%s: missing", (args) => {
    refuses(`eval ${args}`, "nope.npy: expected a file to read, received a path that does not exist");
  });

  it("that is a directory", () => {
    mkdirSync(folder.file("directory"), { recursive: true });
    refuses(
      "eval --logits L.npy --labels directory",
      "directory: expected a file to read, received a directory",
    );
  });

  it("that is a pipe nobody writes to", (context) => {
    const { error, status } = spawnSync("mkfifo", [folder.file("pipe")]);
    if (error || status !== 0) context.skip("no mkfifo");
    const received = "received something that is no file";
    refuses("eval --logits L.npy --labels pipe", `pipe: expected a file to read, ${received}`);
  });

  it("that may not be read", (context) => {
    if (isInProcess) context.skip("runs as somebody else, in a process of its own");
    folder.npy("secret.npy", "<f4", shape, logits);
    chmodSync(folder.file("secret.npy"), 0o200);
    chmodSync(folder.path, 0o755);
    // The permissions do not bind root, who can run the command as somebody else, from where that one can read it.
    const program = folder.file("cli.mjs");
    copyFileSync(cli, program);
    const { stderr, status } = folder.run(
      "eval --logits secret.npy --labels Y.npy",
      process.getuid?.() === 0 ? { uid: 65534, program } : {},
    );
    expect(stderr).toBe("zlpr: secret.npy: expected a file to read, received one without the permission\n");
    expect(status).toBe(2);
  });

  it("that is empty", () => {
    folder.write("empty", "");
    refuses(
      "eval --logits empty --labels Y.npy",
      "empty: expected a .npy file (numpy.save), received an empty one",
    );
    refuses(
      "eval --logits L.npy --labels empty",
      "empty: expected a .npy array, a .npz of scipy.sparse.save_npz, or lines of JSON, received an empty file",
    );
  });

  it("of another kind", () => {
    folder.write("text", "hello, world");
    refuses(
      "eval --logits text --labels Y.npy",
      "text: expected a .npy file (numpy.save), received something else",
    );
    refuses(
      "eval --logits L.npy --labels text",
      "text: expected a .npy array, a .npz of scipy.sparse.save_npz, or lines of JSON, received something else",
    );
  });

  it("that is cut off", () => {
    const whole = npy("<f4", shape, logits);
    folder.write("cut.npy", whole.subarray(0, whole.length - 1));
    refuses(
      "eval --logits cut.npy --labels Y.npy",
      `cut.npy: expected ${whole.length} bytes for shape (1500, 100) of <f4, received ${whole.length - 1}`,
    );
    folder.write("header.npy", whole.subarray(0, 40));
    refuses("predict --logits header.npy", "header.npy: expected a header of 128 bytes, received 40 bytes");
    folder.write("magic.npy", whole.subarray(0, 7));
    refuses("predict --logits magic.npy", "magic.npy: expected a whole header, received 7 bytes");
  });

  it.each<[string, string, string]>([
    [
      "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }",
      "rows one after the other (numpy.ascontiguousarray)",
      "fortran_order: True",
    ],
    [
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
      "numbers",
      "records of several fields",
    ],
    [
      "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3), }",
      "numbers of type float, int, uint or bool, up to 64 bits",
      'dtype "<c8"',
    ],
    [
      "{'descr': '<f4', 'shape': (2, 3), }",
      "a header with fortran_order",
      `"{'descr': '<f4', 'shape': (2, 3), }"`,
    ],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }",
      "a shape [rows, classes]",
      "(2, 3, 4)",
    ],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", "a shape [rows, classes]", "(6,)"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "a shape [rows, classes]", "()"],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }",
      "at least one row and one class",
      "(0, 3)",
    ],
    [
      "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }",
      "scores of float32, float64 or float16",
      'dtype "<i4"',
    ],
  ])("of logits with the header %s", (text, expected, received) => {
    const header = Buffer.alloc(10 + text.length + 100);
    header.write(`\x93NUMPY\x01\x00`, "latin1");
    header.writeUInt16LE(text.length, 8);
    header.write(text, 10);
    folder.write("odd.npy", header);
    refuses("predict --logits odd.npy", `odd.npy: expected ${expected}, received ${received}`);
  });

  it("of a version that nobody knows", () => {
    folder.write("new.npy", npy("<f4", shape, logits).with(6, 4));
    refuses("predict --logits new.npy", "new.npy: expected version 1, 2 or 3 of .npy, received version 4");
  });
});

describe("dense labels", () => {
  it.each<[string, string, number[], ArrayBufferView, string]>([
    [
      "of another shape",
      "|u1",
      [rows - 1, classes],
      labels,
      "bad.npy: expected shape (1500, 100), as the logits have, received (1499, 100)",
    ],
    [
      "transposed",
      "|u1",
      [classes, rows],
      labels,
      "bad.npy: expected shape (1500, 100), as the logits have, received (100, 1500)",
    ],
    [
      "of three dimensions",
      "|u1",
      [rows, classes, 1],
      labels,
      "bad.npy: expected a shape [rows, classes], or [rows] for class indices, received (1500, 100, 1)",
    ],
    [
      "with a 2",
      "|u1",
      shape,
      changed(labels, LATE, 7, 2),
      "bad.npy: expected 0 or 1, received 2 (row 1400, index 7)",
    ],
    [
      "with a -1",
      "|i1",
      shape,
      changed(Int8Array.from(labels), LATE, 7, -1),
      "bad.npy: expected 0 or 1, received -1 (row 1400, index 7)",
    ],
    [
      "with a 256, which is 0 as a byte",
      "<i4",
      shape,
      changed(Int32Array.from(labels), LATE, 7, 256),
      "bad.npy: expected 0 or 1, received 256 (row 1400, index 7)",
    ],
    [
      "with a degree of 1.5",
      "<f4",
      shape,
      changed(Float32Array.from(labels), LATE, 7, 1.5),
      "bad.npy: expected a number from 0 to 1, received 1.5 (row 1400, index 7)",
    ],
  ])("%s", (_, dtype, badShape, numbers, message) => {
    folder.npy("bad.npy", dtype, badShape, numbers);
    refuses("eval --logits L.npy --labels bad.npy", message);
  });

  it("soft, for a loss that takes none", () => {
    folder.npy("soft.npy", "<f4", shape, changed(Float32Array.from(labels), LATE, 7, 0.25));
    refuses(
      "eval --logits L.npy --labels soft.npy --loss lsep",
      "soft.npy: expected 0 or 1, which is what this loss takes, received 0.25 (row 1400, index 7)",
    );
  });

  it("with a 2, in the search for a threshold", () => {
    folder.npy("bad.npy", "|u1", shape, changed(labels, LATE, 7, 2));
    refuses(
      "eval --logits L.npy --labels bad.npy --threshold best",
      "bad.npy: expected 0 or 1, received 2 (row 1400, index 7)",
    );
  });

  it("with several positive classes, for a loss of one", () => {
    refuses(
      "eval --logits L.npy --labels Y.npy --loss softmaxCrossEntropy",
      /^zlpr: Y.npy: expected one positive/,
    );
  });
});

describe("class indices", () => {
  const indices = Int32Array.from({ length: rows }, (_, row) => row % classes);

  it.each<[string, string, number[], ArrayBufferView, string]>([
    [
      "too few",
      "<i4",
      [rows - 1],
      indices,
      "bad.npy: expected shape (1500,), a row for each of the logits, received (1499,)",
    ],
    [
      "as float",
      "<f4",
      [rows],
      Float32Array.from(indices),
      'bad.npy: expected class indices of a type int or uint, received dtype "<f4"',
    ],
    [
      "out of range",
      "<i4",
      [rows],
      indices.with(LATE, 100),
      "bad.npy: expected class indices from 0 to 99, received 100 (row 1400)",
    ],
    [
      "beyond 32 bits, which wrap to 0",
      "<i8",
      [rows],
      BigInt64Array.from(indices, BigInt).with(LATE, 2n ** 32n),
      "bad.npy: expected class indices from 0 to 99, received 4294967296 (row 1400)",
    ],
    [
      "negative, for a loss that ignores none",
      "<i4",
      [rows],
      indices.with(LATE, -1),
      "bad.npy: expected class indices from 0 to 99, received -1 (row 1400)",
    ],
  ])("%s", (_, dtype, badShape, numbers, message) => {
    folder.npy("bad.npy", dtype, badShape, numbers);
    refuses("eval --logits L.npy --labels bad.npy", message);
  });

  it("that are all ignored", () => {
    folder.npy("ignored.npy", "<i4", [rows], new Int32Array(rows).fill(-1));
    refuses(
      "eval --logits L.npy --labels ignored.npy --loss softmaxCrossEntropy",
      "ignored.npy: expected a row that is not ignored, received none",
    );
  });
});

describe("a .npz", () => {
  const { offsets, indices } = sparse as { offsets: Int32Array; indices: Int32Array };
  // Two entries, the first of the row.
  const late = offsets[offsets.findIndex((start, row) => row >= LATE && offsets[row + 1]! >= start + 2)]!;
  const lateRow = offsets.lastIndexOf(late);

  it.each<[string, Record<string, Uint8Array>, string]>([
    [
      "in another format",
      { "format.npy": npy("|S3", [], Buffer.from("csc")) },
      'bad.npz: expected a matrix in CSR format (matrix.tocsr()), received format "csc"',
    ],
    [
      "of another shape",
      { "shape.npy": npy("<i8", [2], BigInt64Array.of(1500n, 99n)) },
      "bad.npz: expected shape (1500, 100), as the logits have, received (1500, 99)",
    ],
    [
      "with other values",
      { "data.npy": npy("<f8", [indices.length], new Float64Array(indices.length).fill(1).with(3, 0.5)) },
      "bad.npz, data: expected 1 for each positive class, received 0.5 (entry 3)",
    ],
    [
      "with too few values",
      { "data.npy": npy("<f8", [1], new Float64Array(1)) },
      `bad.npz, data: expected a number for each of the ${indices.length} indices, received 1`,
    ],
    [
      "with too few offsets",
      { "indptr.npy": npy("<i4", [rows], offsets) },
      "bad.npz, indptr: expected rows + 1 = 1501 numbers, received 1500",
    ],
    [
      "with offsets that fall",
      { "indptr.npy": npy("<i4", [rows + 1], offsets.with(LATE, 0)) },
      /^zlpr: bad.npz, indptr: expected numbers that do not fall, after \d+, received 0 \(row 1399\)/.source,
    ],
    [
      "with offsets that do not begin with 0",
      { "indptr.npy": npy("<i4", [rows + 1], offsets.with(0, 1)) },
      "bad.npz, indptr: expected 0 at first, received 1",
    ],
    [
      "with offsets that end too late",
      { "indptr.npy": npy("<i4", [rows + 1], offsets.with(rows, indices.length + 1)) },
      `bad.npz, indptr: expected ${indices.length} at last, the indices, received ${indices.length + 1}`,
    ],
    [
      "with offsets beyond 32 bits",
      { "indptr.npy": npy("<i8", [rows + 1], BigInt64Array.from(offsets, BigInt).with(2, 2n ** 32n)) },
      "bad.npz, indptr: expected whole numbers up to 2147483647, received 4294967296",
    ],
    [
      "with an index out of range",
      { "indices.npy": npy("<i4", [indices.length], indices.with(late + 1, 100)) },
      `bad.npz: expected class indices from 0 to 99, received 100 (row ${lateRow}, index 1)`,
    ],
    [
      "with a class twice in a row",
      { "indices.npy": npy("<i4", [indices.length], indices.with(late + 1, indices[late]!)) },
      `bad.npz: expected no class twice in a row, received ${indices[late]} (row ${lateRow}, index 1)`,
    ],
    [
      "with an array that is cut off",
      { "indices.npy": npy("<i4", [indices.length], indices.subarray(1)) },
      `bad.npz, indices.npy: expected ${4 * indices.length} bytes, received ${4 * indices.length - 4}`,
    ],
  ])("%s", (_, others, message) => {
    folder.csr("bad.npz", sparse, [rows, classes], others);
    refuses("eval --logits L.npy --labels bad.npz", message.startsWith("^") ? new RegExp(message) : message);
  });

  it("of something else", () => {
    folder.csr("whole.npz", sparse, [rows, classes]);
    // Stored, not compressed: nothing but the checksum tells that a bit has turned.
    const stored = zipSync({ ...unzipSync(folder.read("whole.npz")) }, { level: 0 });
    folder.write("stored.npz", stored);
    expect(folder.run("eval --logits L.npy --labels stored.npz").status).toBe(0);
    stored[400] = (stored[400] as number) ^ 1;
    folder.write("bad.npz", stored);
    refuses(
      "eval --logits L.npy --labels bad.npz",
      /^zlpr: bad.npz, indices.npy: expected the checksum [0-9a-f]+, received /,
    );
    folder.write("bad.npz", "PK, but no zip file");
    refuses("eval --logits L.npy --labels bad.npz", /^zlpr: bad.npz: expected a whole .npz file, received /);
  });

  it("that is cut off", () => {
    folder.csr("bad.npz", sparse, [rows, classes]);
    const bytes = folder.read("bad.npz");
    folder.write("bad.npz", bytes.subarray(0, bytes.length >> 1));
    refuses("eval --logits L.npy --labels bad.npz", /^zlpr: bad.npz: expected a whole .npz file, received /);
  });
});

describe("lines of JSON", () => {
  const good = Array.from({ length: rows }, () => "[1,2]");
  const bad = (line: string) => `${good.with(LATE, line).join("\n")}\n`;
  const expected = 'expected an array of class indices, or an object with "labels"';

  it.each([
    ["that is no JSON", "[1,", `${expected}, received [1,`],
    ["that is empty", "", `${expected}, received an empty line`],
    ["without labels", '{"label":[1]}', `${expected}, received {"label":[1]}`],
    ["with a number", "7", `${expected}, received 7`],
    ["with null", "null", `${expected}, received null`],
    ["with an index out of range", "[1,100]", "expected class indices from 0 to 99, received 100"],
    ["with a negative index", "[-1]", "expected class indices from 0 to 99, received -1"],
    ["with a fraction", "[1.5]", "expected class indices from 0 to 99, received 1.5"],
    ["with a name", '["cat"]', 'expected class indices from 0 to 99, received "cat"'],
  ])("a line %s", (_, line, message) => {
    folder.write("bad.ndjson", bad(line));
    refuses("eval --logits L.npy --labels bad.ndjson", `bad.ndjson, line 1401: ${message}`);
    refuses("eval --logits L.npy --labels -", `standard input, line 1401: ${message}`, bad(line));
  });

  it("a class twice in a row", () => {
    folder.write("bad.ndjson", bad("[3,1,3]"));
    refuses(
      "eval --logits L.npy --labels bad.ndjson",
      "bad.ndjson: expected no class twice in a row, received 3 (row 1400, index 2)",
    );
  });

  it("too few and too many", () => {
    folder.write("few.ndjson", good.slice(1).join("\n"));
    folder.write("many.ndjson", [...good, "[]"].join("\n"));
    const lines = "expected a line for each of the 1500 rows of logits";
    refuses("eval --logits L.npy --labels few.ndjson", `few.ndjson: ${lines}, received 1499`);
    refuses("eval --logits L.npy --labels many.ndjson", `many.ndjson: ${lines}, received more lines`);
    folder.write("blank.ndjson", `${good.join("\n")}\n\n \n`);
    expect(folder.run("eval --logits L.npy --labels blank.ndjson").status).toBe(0);
  });

  it("nested without end", () => {
    const depth = 100_000;
    folder.write("deep.ndjson", `[${"[".repeat(depth)}${"]".repeat(depth)}]\n${good.slice(1).join("\n")}`);
    refuses("eval --logits L.npy --labels deep.ndjson", /^zlpr: deep.ndjson, line 1: expected /);
  });

  it("in one long line", () => {
    const long = JSON.stringify({ text: "x".repeat(5_000_000), labels: JSON.parse(good[0] as string) });
    folder.write("long.ndjson", [long, ...good.slice(1)].join("\n"));
    expect(folder.run("eval --logits L.npy --labels long.ndjson").status).toBe(0);
  });
});

describe("weights of the classes", () => {
  it("that are not one a class", () => {
    folder.npy("weights.npy", "<f4", [99], new Float32Array(99));
    refuses(
      "eval --logits L.npy --labels Y.npy --loss sigmoidCrossEntropy --positive-weights weights.npy",
      "weights.npy: expected shape (100,), a weight a class, received (99,)",
    );
  });

  it("that are negative", () => {
    folder.npy("weights.npy", "<f4", [100], new Float32Array(100).fill(-1));
    refuses(
      "eval --logits L.npy --labels Y.npy --loss sigmoidCrossEntropy --positive-weights weights.npy",
      "--positive-weights: expected finite numbers of at least 0, received -1",
    );
  });
});
