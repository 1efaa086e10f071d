import { existsSync, readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aboveThreshold, type SparseLabels, topK } from "../../src/index.ts";
import { effort } from "../support/effort.ts";
import { lists } from "../support/labels.ts";
import { example } from "../support/random.ts";
import { Folder, isInProcess, lines, python } from "./support.ts";

/* `zlpr predict` on a file of several chunks has to predict what the library does in memory. */

const folder = new Folder();
afterAll(() => folder.remove());

const { rows, classes, logits } = example(effort(3001, 1500), 100, 2, 1);

beforeAll(() => folder.npy("L.npy", "<f4", [rows, classes], logits));

function predicted(args: string): string {
  const { status, stdout, stderr } = folder.run(`predict --logits L.npy ${args}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const CASES: [string, SparseLabels][] = [
  ["", aboveThreshold(logits, { classes })],
  ["--threshold 1.5", aboveThreshold(logits, { classes, threshold: 1.5 })],
  ["--threshold 100", aboveThreshold(logits, { classes, threshold: 100 })],
  ["--top 3", topK(logits, { classes, k: 3 })],
  ["--top 3 --threshold 3.5", topK(logits, { classes, k: 3, threshold: 3.5 })],
  ["--top 0", topK(logits, { classes, k: 0 })],
];

/** The numbers of an array in a .npz file, of which the header says that they have this type and shape. */
function member(files: Record<string, Uint8Array>, name: string, dtype: string, shape: string): ArrayBuffer {
  const bytes = files[`${name}.npy`] as Uint8Array;
  const start = 10 + Buffer.from(bytes).readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = Buffer.from(bytes.subarray(10, start)).toString();
  expect(header.trim()).toBe(`{'descr': '${dtype}', 'fortran_order': False, 'shape': (${shape}), }`);
  return bytes.slice(start).buffer as ArrayBuffer;
}

function readCsr(name: string): SparseLabels {
  const files = unzipSync(readFileSync(folder.file(name)));
  const count = new Int32Array(member(files, "indptr", "<i4", `${rows + 1},`)).at(-1) as number;
  expect(Buffer.from(member(files, "format", "|S3", "")).toString()).toBe("csr");
  expect([...new BigInt64Array(member(files, "shape", "<i8", "2,"))]).toEqual([
    BigInt(rows),
    BigInt(classes),
  ]);
  expect(new Uint8Array(member(files, "data", "|u1", `${count},`))).toEqual(new Uint8Array(count).fill(1));
  return {
    offsets: new Int32Array(member(files, "indptr", "<i4", `${rows + 1},`)),
    indices: new Int32Array(member(files, "indices", "<i4", `${count},`)),
  };
}

describe.each(CASES)("predict %s", (args, expected) => {
  it("prints a line a row", () => {
    expect(predicted(args)).toBe(lines(expected));
  });

  it("writes lines", () => {
    expect(predicted(`${args} --out P.ndjson`)).toBe("");
    expect(readFileSync(folder.file("P.ndjson"), "utf8")).toBe(lines(expected));
  });

  it("writes a CSR matrix", () => {
    expect(predicted(`${args} --out P.npz`)).toBe("");
    expect(readCsr("P.npz")).toEqual(expected);
  });
});

it("writes what eval reads as labels", () => {
  predicted("--out P.npz");
  predicted("--out P.jsonl");
  for (const file of ["P.npz", "P.jsonl"]) {
    const { stdout } = folder.run(`eval --logits L.npy --labels ${file} --json`);
    expect(JSON.parse(stdout).measures).toMatchObject({ microF1: 1, subsetAccuracy: 1 });
  }
});

it("writes nothing for logits that are cut off", () => {
  folder.write("cut.npy", folder.read("L.npy").subarray(0, -1));
  expect(folder.run("predict --logits cut.npy --out cut.npz").status).toBe(2);
  expect(existsSync(folder.file("cut.npz"))).toBe(false);
});

it("says where it cannot write", () => {
  const { status, stderr } = folder.run("predict --logits L.npy --out nowhere/P.npz");
  expect(stderr).toBe(
    "zlpr: nowhere: expected a folder to write into, received a path that does not exist\n",
  );
  expect(status).toBe(2);
  expect(existsSync(folder.file("nowhere"))).toBe(false);
});

describe("scipy", () => {
  const found = isInProcess
    ? { missing: "takes seconds" }
    : python("import numpy, scipy.sparse", folder.path);

  it.skipIf("missing" in found)(
    `reads what predict writes${"missing" in found ? `: ${found.missing}` : ""}`,
    () => {
      predicted("--top 3 --out P.npz");
      const program = `
import json, scipy.sparse
m = scipy.sparse.load_npz("P.npz")
print(json.dumps({"format": m.format, "shape": m.shape, "dtype": str(m.dtype), "rows": [m[r].indices.tolist() for r in range(3)], "sum": int(m.sum())}))`;
      const { output } = python(program, folder.path) as { output: string };
      const expected = topK(logits, { classes, k: 3 });
      expect(JSON.parse(output)).toEqual({
        format: "csr",
        shape: [rows, classes],
        dtype: "uint8",
        rows: lists(expected).slice(0, 3),
        sum: expected.indices.length,
      });
    },
  );

  it.skipIf("missing" in found)(
    `and numpy write what eval reads${"missing" in found ? `: ${found.missing}` : ""}`,
    () => {
      const program = `
import numpy as np, scipy.sparse as sp
L = np.load("L.npy")
Y = L > 0
np.save("f8.npy", L.astype("f8")); np.save("be.npy", L.astype(">f4")); np.save("bool.npy", Y); np.save("int.npy", Y.astype(int))
np.lib.format.write_array(open("v2.npy", "wb"), L, version=(2, 0)); np.lib.format.write_array(open("v3.npy", "wb"), L, version=(3, 0))
sp.save_npz("f8.npz", sp.csr_matrix(Y.astype(float))); sp.save_npz("bool.npz", sp.csr_array(Y), compressed=False)
i64 = sp.csr_matrix(Y); i64.indptr = i64.indptr.astype("i8"); i64.indices = i64.indices.astype("i8"); sp.save_npz("i64.npz", i64)`;
      expect(python(program, folder.path)).toEqual({ output: "" });
      const pairs = [
        ...["L.npy", "f8.npy", "be.npy", "v2.npy", "v3.npy"].map((file) => [file, "bool.npy"]),
        ...["int.npy", "f8.npz", "bool.npz", "i64.npz"].map((file) => ["L.npy", file]),
      ];
      for (const [scores, labels] of pairs) {
        const { stdout, stderr } = folder.run(
          `eval --logits ${scores} --labels ${labels} --json --no-ranking`,
        );
        expect(stderr).toBe("");
        expect(JSON.parse(stdout).measures).toMatchObject({ microF1: 1, hammingLoss: 0 });
      }
    },
  );
});
