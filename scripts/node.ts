// Finds the binary of another major version of Node, or installs it from npm into build/nodes.
import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "commander";

/** The major versions that the package is tested on. */
export const SUPPORTED = [20, 22, 24, 26];

const OLDEST = Math.min(...SUPPORTED);

/** Parses an argument that is to be a major version of Node on which the package can run. */
export function majorOf(text: string): number {
  const major = Number(text);
  if (!Number.isSafeInteger(major) || major < OLDEST) {
    throw new InvalidArgumentError(`It has to be a major version of Node, ${OLDEST} or later.`);
  }
  return major;
}

/** The same for one of several, after those that were given before it. */
export function addMajor(text: string, before: readonly number[] = []): number[] {
  return [...before, majorOf(text)];
}

const nodes = fileURLToPath(new URL("../build/nodes/", import.meta.url));

/** Whether this is a Node of that major version that starts. */
function isMajor(binary: string, major: number): boolean {
  try {
    const version = execFileSync(binary, ["--version"], { encoding: "utf8", stdio: "pipe" });
    return version.startsWith(`v${major}.`);
  } catch {
    return false;
  }
}

function npm(args: string[]): void {
  // Under `npm run` this is npm's own script; else it is looked up, and on Windows it is a batch file.
  const script = process.env.npm_execpath;
  const options: ExecFileSyncOptions = { stdio: ["ignore", "ignore", "inherit"] };
  if (script?.endsWith("npm-cli.js")) execFileSync(process.execPath, [script, ...args], options);
  else execFileSync("npm", args, { ...options, shell: process.platform === "win32" });
}

/** The path of a Node of this major version. */
export function nodeBinary(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;

  const isWindows = process.platform === "win32";
  const name = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  const folder = join(nodes, String(major));
  const binary = join(folder, "node_modules", name, "bin", isWindows ? "node.exe" : "node");
  if (isMajor(binary, major)) return binary;

  console.error(`installing ${name}@${major} into build/nodes/${major}`);
  mkdirSync(folder, { recursive: true });
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  npm([
    "install",
    `--prefix=${folder}`,
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    ...quiet,
    `${name}@${major}`,
  ]);
  if (!isMajor(binary, major)) throw new Error(`${name}@${major} was installed, but ${binary} does not run`);
  return binary;
}

/** Runs a TypeScript file under another Node, and returns its exit code. */
export function runUnder(major: number, script: string, args: string[], flags: string[] = []): number {
  const binary = nodeBinary(major);
  const loader = ["--import", import.meta.resolve("tsx")];
  const { status, error } = spawnSync(binary, [...flags, ...loader, script, ...args], { stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}
