import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Command } from "commander";

new Command("npm run check:reproducible --")
  .description(
    "Builds the binaries again, in a folder of its own, and compares them with those of build/ and dist/ byte by byte.",
  )
  .parse();

const root = fileURLToPath(new URL("..", import.meta.url));
const isWindows = process.platform === "win32";

/** What the build makes, and where it is in the package. */
const BINARIES: Record<string, string> = {
  "build/simd.wasm": "dist/kernels.wasm",
  "build/relaxed.wasm": "dist/kernels-relaxed.wasm",
  // Both once more, as text that is bundled into the code; those of threads only so.
  "build/binaries.ts": "build/binaries.ts",
  "build/threadBinaries.ts": "build/threadBinaries.ts",
  "build/worker.ts": "build/worker.ts",
};

/** The steps of the build. Each is run by itself, so that it can be named when it starts. */
function steps(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return scripts["build:wasm"].split(" && ");
}

/** Aborted by the signal that is to end this process: its folder is removed before. */
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => interruption.abort(signal));
}

/** Ends a step with all that it has started, so that nothing writes to the folder any more. */
function end(step: ChildProcess): void {
  if (isWindows) step.kill();
  else if (step.pid !== undefined) process.kill(-step.pid);
}

async function run(command: string, folder: string): Promise<void> {
  interruption.signal.throwIfAborted();
  console.log(command);
  const step = spawn(command, {
    cwd: folder,
    shell: true,
    // A group of processes of its own, where there are such: the shell alone would not hand a signal on.
    detached: !isWindows,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter) },
  });
  interruption.signal.addEventListener("abort", () => end(step), { once: true });
  const closed = new Promise<number | null>((resolve, reject) => {
    step.once("error", reject).once("close", resolve);
  });
  const [status, errors] = await Promise.all([closed, text(step.stderr)]);
  interruption.signal.throwIfAborted();
  if (status !== 0) throw new Error(`${command} failed\n${errors}`);
}

async function build(folder: string): Promise<void> {
  // All that the binaries and the script of a thread are made of, and nothing that an earlier build has left.
  for (const name of ["assembly", "scripts", "src", "asconfig.json", "package.json", "tsconfig.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const step of steps()) await run(step, folder);
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

function compare(folder: string): void {
  for (const [made, shipped] of Object.entries(BINARIES)) {
    const hashes = [join(folder, made), join(root, made), join(root, shipped)].map(sha256);
    const isSame = new Set(hashes).size === 1;
    console.log(`${isSame ? "same" : "DIFFERENT"}  ${shipped}  sha256 ${hashes.join(" ")}`);
    if (!isSame) process.exitCode = 1;
  }
}

const folder = mkdtempSync(join(tmpdir(), "zlpr-reproduce-"));
try {
  await build(folder);
  compare(folder);
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  const signal: keyof typeof constants.signals = interruption.signal.reason;
  console.error(`ended by ${signal}`);
  process.exitCode = 128 + constants.signals[signal];
} finally {
  rmSync(folder, { recursive: true, force: true });
}
