import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** One thing that is timed: what Node is started with. */
interface Candidate {
  name: string;
  args: string[];
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
  const files = ["--logits", logits, "--labels", labels];
  return [
    {
      name: "read, forward",
      args: [pathOf("readAndForward.mjs"), logits, labels, `${rows}`, `${classes}`],
    },
    { name: "eval --no-ranking", args: [cli, "eval", ...files, "--no-ranking"] },
    { name: "eval", args: [cli, "eval", ...files] },
    {
      name: "eval --no-ranking --threshold best",
      args: [cli, "eval", ...files, "--no-ranking", "--threshold", "best"],
    },
    { name: "predict --out .npz", args: [cli, "predict", "--logits", logits, "--out", `${logits}.npz`] },
  ];
}

/** One run of a candidate. */
interface Run {
  seconds: number;
  /** Time of the processor, which other programs do not lengthen. */
  cpuSeconds: number;
  /** The peak of the resident memory. */
  mebibytes: number;
}

function run({ name, args }: Candidate): Run {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--import", REPORT_USAGE, ...args], {
    encoding: "utf8",
  });
  const seconds = (performance.now() - begin) / 1000;
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const usage = JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as NodeJS.ResourceUsage;
  return {
    seconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    mebibytes: usage.maxRSS / 1024,
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

function bench(options: Options): string {
  const folder = mkdtempSync(join(tmpdir(), "zlpr-bench-"));
  try {
    const [logits, labels] = [join(folder, "logits.npy"), join(folder, "labels.npy")];
    writeFiles(logits, labels, options);
    const all = candidates(logits, labels, options);
    for (const candidate of all) run(candidate);
    const runs = all.map(() => [] as Run[]);
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, candidate] of all.entries()) runs[i]?.push(run(candidate));
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
console.log(bench(options));
