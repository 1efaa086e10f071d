import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter } from "node:path";
import { promisify } from "node:util";
import { cli, Folder } from "../cli/support.ts";
import { example } from "../support/random.ts";

const run = promisify(execFile);
const docs = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");

/** The blocks of code under a heading of docs/scale.md: what the tests run. */
export function recipes(heading: string, language: string): string[] {
  const section = docs.split(/^###? /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return Array.from(blocks, ([, code = ""]) => code);
}

/** A folder with stored scores, in which the built `zlpr` is in `PATH`, as npm puts it there. */
export class Workspace extends Folder {
  readonly data = example(5000, 50, 2, 11);
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    super();
    const { rows, classes, logits, labels } = this.data;
    this.npy("logits.npy", "<f4", [rows, classes], logits);
    this.npy("labels.npy", "|u1", [rows, classes], labels);
    mkdirSync(this.file("bin"));
    symlinkSync(cli, this.file("bin/zlpr"));
    symlinkSync(process.execPath, this.file("bin/node"));
    this.env = { ...process.env, PATH: `${this.file("bin")}${delimiter}${process.env.PATH}` };
  }

  /** Runs lines of a shell, and returns what they print. */
  async shell(script: string, env: NodeJS.ProcessEnv = {}, input = ""): Promise<string> {
    const running = run("sh", ["-e", "-c", script], {
      cwd: this.path,
      env: { ...this.env, ...env },
      maxBuffer: 2 ** 26,
    });
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  /** What one process reports. */
  whole(): Promise<string> {
    return this.shell("zlpr eval --logits logits.npy --labels labels.npy --json");
  }

  report(): string {
    return this.read("report.json").toString();
  }
}
