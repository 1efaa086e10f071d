import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder } from "./support.ts";

/* docs/cli.md shows what the commands print on the files of `npm run example:bulk`. */

const folder = new Folder();
afterAll(() => folder.remove());

const docs = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");

const sessions = Array.from(
  docs.matchAll(/```console\n\$ npx zlpr ([^\n]+)\n(.*?)```/gs),
  ([, args, output]) => ({
    args: args as string,
    output: output as string,
  }),
);

/** Without what differs between the variants of the kernels: their names, and the last digits of a loss. */
function comparable(output: string): string {
  return output.replace(/"variant": "\w+"/, "").replace(/("loss": \d+\.\d{6})\d+/, "$1");
}

beforeAll(() => {
  const main = fileURLToPath(new URL("../../examples/bulk/main.ts", import.meta.url));
  execFileSync(process.execPath, ["--import", "tsx", main, "--out", folder.path]);
});

describe("docs/cli.md", () => {
  it("has sessions", () => expect(sessions.length).toBeGreaterThan(3));

  it.each(sessions.filter(({ args }) => args !== "bench"))("zlpr $args", ({ args, output }) => {
    const { stdout, stderr, status } = folder.run(args);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(comparable(stdout)).toBe(comparable(output));
  });

  it("names every option", () => {
    for (const command of ["eval", "merge", "predict"]) {
      const { stdout } = folder.run(`${command} --help`);
      const [own = ""] = stdout.split("Options of the losses");
      for (const [flag] of own.matchAll(/^ {2}--[\w-]+/gm)) expect(docs).toContain(`\`${flag.trim()}`);
    }
  });
});
