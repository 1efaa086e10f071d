import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the example", () => {
  it.each(["cpu", "wasm"])("learns something in a few steps, on %s", async (backend) => {
    const args = ["--import", "tsx", "examples/tfjs/main.ts", "--smoke", "--backend", backend];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
    const f1 = Number(/^micro F1 +([\d.]+)$/m.exec(stdout)?.[1]);
    expect(f1).toBeGreaterThan(0.4);
    expect(f1).toBeLessThan(1);
    expect(stderr).toMatch(/epoch 2 of 2: .*val_microF1 0\.\d+/);
    expect(stderr).not.toContain("all scores");
  });
});
