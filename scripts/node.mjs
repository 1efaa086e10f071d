// Finds the binary of another major version of Node, or installs it from npm into build/nodes.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const nodes = fileURLToPath(new URL("../build/nodes/", import.meta.url));

/** Whether this is a Node of that major version that starts. */
function isMajor(binary, major) {
  try {
    const version = execFileSync(binary, ["--version"], { encoding: "utf8", stdio: "pipe" });
    return version.startsWith(`v${major}.`);
  } catch {
    return false;
  }
}

function npm(args) {
  // Under `npm run` this is npm's own script; else it is looked up, and on Windows it is a batch file.
  const script = process.env.npm_execpath;
  const options = { stdio: ["ignore", "ignore", "inherit"] };
  if (script?.endsWith("npm-cli.js")) execFileSync(process.execPath, [script, ...args], options);
  else execFileSync("npm", args, { ...options, shell: process.platform === "win32" });
}

/**
 * The path of a Node of this major version.
 *
 * @param {number} major
 * @returns {Promise<string>}
 */
export async function nodeBinary(major) {
  if (!Number.isInteger(major) || major < 1) throw new RangeError(`no major version of Node: ${major}`);
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
