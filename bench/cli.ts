import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { formatHeader } from "../src/cli/npyHeader.ts";
import { randomNumbers } from "./data.ts";
import { readEnvironment } from "./environment.ts";
import { changedSinceBuild } from "./library.ts";
import { quantile } from "./measure.ts";
import { digits, table } from "./table.ts";

/*
 * Times `zlpr eval` on files, beside a script that only reads them and computes the loss. Each run is a process of its
 * own, started anew, in turn.
 */

interface Options {
  rows: number;
  classes: number;
  rounds: number;
}

/** What Node is started with. */
type Args = string[];

/** One thing that is timed: steps, one after the other, of processes that run at the same time. */
interface Candidate {
  name: string;
  steps: Args[][];
}

/** Writes what a process has used as the last line of standard error. */
const REPORT_USAGE =
  "data:text/javascript,process.on('exit',()=>console.error(JSON.stringify(process.resourceUsage())))";

const DENSITY = 0.03;

/** Rows whose numbers are drawn; the others repeat them. */
const DRAWN_ROWS = 5000;

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return Number(text);
}

function writeRows(path: string, dtype: string, block: ArrayBufferView, { rows, classes }: Options): void {
  const file = openSync(path, "w");
  writeSync(file, formatHeader(dtype, [rows, classes]));
  const bytes = new Uint8Array(block.buffer);
  const rowBytes = bytes.length / DRAWN_ROWS;
  for (let row = 0; row < rows; row += DRAWN_ROWS) {
    writeSync(file, bytes, 0, Math.min(DRAWN_ROWS, rows - row) * rowBytes);
  }
  closeSync(file);
}

/** Scores that mostly rank the positives above the negatives. */
function writeFiles(logits: string, labels: string, options: Options): void {
  const random = randomNumbers(1);
  const length = DRAWN_ROWS * options.classes;
  const positive = Uint8Array.from({ length }, () => Number(random() < DENSITY));
  const scores = Float32Array.from(positive, (label) => 6 * (random() + random() - 1) + (label ? 1 : -4));
  writeRows(logits, "<f4", scores, options);
  writeRows(labels, "|u1", positive, options);
}

function candidates(logits: string, labels: string, { rows, classes }: Options): Candidate[] {
  const cli = pathOf("../dist/cli.mjs");
  const evaluate = [cli, "eval", "--logits", logits, "--labels", labels];
  const parts = ["1/2", "2/2"].map((shard) => ({ shard, path: `${logits}.${shard[0]}.json` }));
  const inShards = (...args: string[]): Args[][] => [
    parts.map(({ shard, path }) => [...evaluate, ...args, "--shard", shard, "--out", path]),
    [[cli, "merge", ...parts.map(({ path }) => path)]],
  ];
  const oneProcess = (name: string, args: Args): Candidate => ({ name, steps: [[args]] });
  return [
    oneProcess("read, forward", [pathOf("readAndForward.mjs"), logits, labels, `${rows}`, `${classes}`]),
    oneProcess("eval --no-ranking", [...evaluate, "--no-ranking"]),
    { name: "eval --no-ranking, two shards at once, merge", steps: inShards("--no-ranking") },
    oneProcess("eval", evaluate),
    { name: "eval, two shards at once, merge", steps: inShards() },
    oneProcess("eval --no-ranking --threshold best", [...evaluate, "--no-ranking", "--threshold", "best"]),
    oneProcess("predict --out .npz", [cli, "predict", "--logits", logits, "--out", `${logits}.npz`]),
  ];
}

/** One run of a candidate. */
interface Run {
  seconds: number;
  /** Time of the processor, which other programs do not lengthen. */
  cpuSeconds: number;
  /** The peak of the resident memory, of the greatest process. */
  mebibytes: number;
}

async function usageOf(args: Args): Promise<NodeJS.ResourceUsage> {
  const child = spawn(process.execPath, ["--import", REPORT_USAGE, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const errors = await text(child.stderr);
  if ((await closed) !== 0) throw new Error(errors);
  return JSON.parse(errors.trim().split("\n").at(-1) ?? "") as NodeJS.ResourceUsage;
}

async function run({ steps }: Candidate): Promise<Run> {
  const usages: NodeJS.ResourceUsage[] = [];
  const begin = performance.now();
  for (const step of steps) usages.push(...(await Promise.all(step.map(usageOf))));
  const seconds = (performance.now() - begin) / 1000;
  return {
    seconds,
    cpuSeconds: usages.reduce((sum, usage) => sum + usage.userCPUTime + usage.systemCPUTime, 0) / 1e6,
    mebibytes: Math.max(...usages.map(({ maxRSS }) => maxRSS)) / 1024,
  };
}

/** The columns of a command's runs beside those of the first one. */
function columnsOf(runs: readonly Run[], first: readonly Run[]): string[] {
  const median = (of: readonly Run[], name: keyof Run) =>
    quantile(
      of.map((run) => run[name]),
      0.5,
    );
  return [
    ...(["seconds", "cpuSeconds"] as const).flatMap((name) => [
      digits(median(runs, name)),
      `${digits(median(runs, name) / median(first, name))} ×`,
    ]),
    digits(Math.max(...runs.map(({ mebibytes }) => mebibytes))),
  ];
}

async function bench(options: Options): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "zlpr-bench-"));
  try {
    const [logits, labels] = [join(folder, "logits.npy"), join(folder, "labels.npy")];
    writeFiles(logits, labels, options);
    const all = candidates(logits, labels, options);
    for (const candidate of all) await run(candidate);
    const runs = all.map(() => [] as Run[]);
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, candidate] of all.entries()) runs[i]?.push(await run(candidate));
    }
    return table([
      ["command", "s", "of the first", "CPU s", "of the first", "MiB resident"],
      ...all.map(({ name }, i) => [name, ...columnsOf(runs[i] ?? [], runs[0] ?? [])]),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = new Command("npm run bench:cli --")
  .description("Times the command line on files beside a script that only reads them and computes the loss.")
  .option("--rows <count>", "rows of the files", wholeNumber, 1_000_000)
  .option("--classes <count>", "classes of the files", wholeNumber, 100)
  .option("--rounds <count>", "runs of each command", wholeNumber, 7)
  .parse()
  .opts<Options>();
const changed = changedSinceBuild();
if (changed) console.error(`${changed} has changed since the package was built: npm run build`);
const { cpu, node, loadAverage } = readEnvironment();
console.log(
  `${options.rows} × ${options.classes}, medians of ${options.rounds}; Node ${node}, ${cpu}, load ${loadAverage}\n`,
);
console.log(await bench(options));
