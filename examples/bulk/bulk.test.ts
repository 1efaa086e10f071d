import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLosses, evaluate } from "zlpr";
import { byCommand, byLibrary, type Files } from "./evaluate.ts";

/* What `npm run example:bulk` writes and prints, on fewer rows. */

const folder = mkdtempSync(join(tmpdir(), "zlpr-bulk-"));
const [rows, classes] = [2500, 30];
let printed = "";

beforeAll(() => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const args = ["--import", "tsx", main, "--rows", `${rows}`, "--classes", `${classes}`, "--out", folder];
  printed = execFileSync(process.execPath, args, { encoding: "utf8" });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function numbersOf(line: string): string[] {
  return Array.from(line.matchAll(/\d+\.\d{4,}/g), ([digits]) => digits);
}

describe("the example of bulk scoring", () => {
  it("finds the same by the library and by the command line, for a model that has learnt", () => {
    const [library = "", command = ""] = printed.split("\n").filter((line) => line.startsWith("by "));
    expect(numbersOf(library)).toHaveLength(4);
    expect(numbersOf(command)).toEqual(numbersOf(library));
    expect(Number(numbersOf(library)[1])).toBeGreaterThan(0.6);
  });

  it("has in its files what it says about them", () => {
    const files: Files = {
      logits: join(folder, "logits.npy"),
      labels: join(folder, "labels.npy"),
      rows,
      classes,
    };
    const logits = new Float32Array(Uint8Array.from(readFileSync(files.logits).subarray(128)).buffer);
    const labels = Uint8Array.from(readFileSync(files.labels).subarray(128));
    expect(logits).toHaveLength(rows * classes);
    const { macroAveragePrecision: _, ...measures } = evaluate(logits, labels, { classes });
    const { loss } = createLosses().zlpr(logits, labels, { classes });
    for (const outcome of [byLibrary(files, 700), byCommand(files)]) {
      expect(outcome.measures).toEqual(measures);
      expect(outcome.loss).toBeCloseTo(loss, 6);
    }
  });
});
