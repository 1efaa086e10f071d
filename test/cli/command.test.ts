import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { definitionOf } from "../../src/engine/definitions.ts";
import * as registry from "../../src/losses/index.ts";
import { example } from "../support/random.ts";
import { Folder, isInProcess } from "./support.ts";

/* What holds for the command as a whole. */

const folder = new Folder();
afterAll(() => folder.remove());

const cli = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

describe("zlpr", () => {
  it("tells its version", () => {
    const { stdout, status } = folder.run("--version");
    expect(stdout).toBe(`${JSON.parse(read("package.json")).version}\n`);
    expect(status).toBe(0);
  });

  it("tells its commands", () => {
    const { stdout, status } = folder.run("--help");
    expect(stdout).toMatch(/Usage: zlpr \[options\] \[command\]/);
    for (const command of ["eval", "predict", "bench"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(status).toBe(0);
  });

  it("without a command says how it is used, on standard error", () => {
    const { stdout, stderr, status } = folder.run("");
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    expect(stderr).toMatch(/^Usage: zlpr/);
  });

  it("has a flag for every option of every loss, and says whose", () => {
    const { stdout } = folder.run("eval --help");
    const help = stdout.replaceAll(/\s+/g, " ");
    for (const [name, loss] of Object.entries(registry)) {
      for (const option of Object.keys(definitionOf(loss).options)) {
        const flag =
          option === "threshold" ? "loss-threshold" : option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
        expect(help).toMatch(new RegExp(`--${flag} <[^>]+> of [^-]*\\b${name}\\b`));
      }
    }
  });

  it("tells the defaults of the options of the losses, and an example", () => {
    const help = folder.run("eval --help").stdout.replaceAll(/\s+/g, " ");
    for (const part of [
      "--gamma <number> of focal (default: 2)",
      "--margin <number> of asymmetric (default: 0.05), lsep (default: 0)",
      "--loss-threshold <number> of combinatorialSoftmax, zlpr, zlprJoint (default: 0)",
      "--max-labels <number> of combinatorialSoftmax --",
    ]) {
      expect(help).toContain(part);
    }
    folder.npy("logits.npy", "<f4", [2, 2], new Float32Array(4));
    folder.npy("labels.npy", "|u1", [2, 2], new Uint8Array(4));
    const [, example = ""] = /Example: zlpr (.+)$/.exec(help.trim()) ?? [];
    expect(folder.run(example)).toMatchObject({ status: 0, stderr: "" });
  });

  it("tells which labels eval takes, and which measure it lacks", () => {
    const { stdout } = folder.run("eval --help");
    for (const part of [".npz of scipy.sparse.save_npz", '{"labels": [0, 7]}', "macroAveragePrecision"]) {
      expect(stdout).toContain(part);
    }
  });

  it("ends quietly when nobody reads its output any more", async (context) => {
    if (isInProcess) context.skip("is about a process of its own");
    const { rows, classes, logits } = example(20_000, 100, 1, 1);
    folder.npy("L.npy", "<f4", [rows, classes], logits);
    const child = spawn(process.execPath, [cli, "predict", "--logits", folder.file("L.npy")]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  describe("its progress", () => {
    /** What the command writes to a terminal, which util-linux has a program for. */
    function onTerminal(env: Record<string, string>): string | undefined {
      folder.npy("L.npy", "<f4", [2, 2], new Float32Array(4));
      folder.npy("Y.npy", "|u1", [2, 2], new Uint8Array(4));
      const command = `${process.execPath} ${cli} eval --logits L.npy --labels Y.npy > /dev/null`;
      const { CI: _, NO_COLOR: __, ...rest } = process.env;
      const options = {
        cwd: folder.path,
        encoding: "utf8",
        env: { ...rest, TERM: "xterm", ...env },
      } as const;
      const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], options);
      return status === 0 ? stdout : undefined;
    }
    const isMissing = isInProcess || onTerminal({}) === undefined;

    it.skipIf(isMissing)(`is shown on a terminal${isMissing ? ": no script of util-linux" : ""}`, () => {
      const wipe = "\r\x1b[K";
      expect(onTerminal({})?.split(wipe)).toEqual(["", "eval 0 %", ""]);
    });

    it.skipIf(isMissing).each(["CI", "NO_COLOR"])("is not shown where %s is set", (name) => {
      expect(onTerminal({ [name]: "1" })).toBe("");
    });
  });
});

describe.skipIf(isInProcess)(`zlpr bench${isInProcess ? ": takes seconds, see bench.test.ts" : ""}`, () => {
  it("times the losses on this machine", () => {
    const { stdout, stderr, status } = folder.run("bench --json");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { variant, node, timings } = JSON.parse(stdout);
    expect(variant).toMatch(/^(simd|relaxed)$/);
    expect(node).toBe(process.version);
    expect(timings.length).toBeGreaterThan(5);
    for (const { loss, rows, classes, nsPerLogit, rowsPerSecond, timesAsFastAsJs } of timings) {
      expect(registry).toHaveProperty(loss);
      expect(nsPerLogit).toBeGreaterThan(0);
      expect(nsPerLogit * rows * classes * rowsPerSecond).toBeCloseTo(rows * 1e9, -3);
      expect(timesAsFastAsJs).toBeGreaterThan(0);
    }
  });

  it("prints a table", () => {
    const { stdout } = folder.run("bench");
    expect(stdout).toMatch(/^variant "(simd|relaxed)", Node v\d+/);
    expect(stdout).toMatch(/^zlpr +256 × 1000 +[\d.]+ +[\d,]+ +[\d.]+ ×$/m);
  });
});
