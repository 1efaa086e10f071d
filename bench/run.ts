import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { runUnder } from "../scripts/node.ts";
import type { Losses } from "../src/index.ts";
import { findVariants, makeCandidates, makeCopies } from "./candidates.ts";
import { checkCandidate, checkLoss, expectedOf, toleranceOf, WrongResult } from "./check.ts";
import { makeData, randomNumbers, type Shape, shapeName } from "./data.ts";
import { nodeFlags, nodeMajor, readEnvironment } from "./environment.ts";
import { type LossName, names, type Subject, subjectsOf, titleOf } from "./fused/index.ts";
import { changedSinceBuild } from "./library.ts";
import { type Effort, measure, warmUp } from "./measure.ts";
import { type LossReport, markdown, type Report, reportShape, type ShapeReport } from "./report.ts";

interface Options {
  quick: boolean;
  loss: LossName[];
  /** Empty: those of each loss. */
  shape: Shape[];
  rounds: number;
  seed: number;
  out: string;
  json: boolean;
  node?: number;
}

const LATENCY: Shape = { rows: 1, classes: 20 };

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

function positive(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("Expected at least 1.");
  return value;
}

function addShape(text: string, before: readonly Shape[]): Shape[] {
  const [rows, classes, k, ...more] = text.split(/[x×]/).map(positive);
  if (rows === undefined || classes === undefined || more.length > 0) {
    throw new InvalidArgumentError("Expected rows and classes, such as 256x1000 or 64x1000x10.");
  }
  if (k !== undefined && k > classes)
    throw new InvalidArgumentError("Expected no more positives than classes.");
  return [...before, k === undefined ? { rows, classes } : { rows, classes, k }];
}

function readOptions(): Options {
  const program = new Command("npm run bench --")
    .description("Times every loss against a fused loop of plain JavaScript.")
    .option("--quick", "a tenth of the rounds: a first impression", false)
    .addOption(new Option("--loss <name...>", "only this loss").choices(names).default(names, "all"))
    .addOption(
      new Option(
        "--shape <RxC[xK]>",
        "only this shape (may be repeated): rows x classes, and where multi-hot labels are to have exactly K positive " +
          "classes a row, x K, such as 64x1000x10",
      )
        .argParser(addShape)
        .default([], "those of each loss"),
    )
    .option("--rounds <count>", "samples of each candidate", positive, 41)
    .option("--seed <number>", "of the data and of the order of the candidates", wholeNumber, 1)
    .option("--out <folder>", "where to write the results", "results/bench")
    .option("--json", "print the results as JSON", false)
    .option("--node <major>", "run under this version of Node, installed into build/nodes", positive)
    .parse();
  return program.opts<Options>();
}

async function benchShape(
  subject: Subject,
  shape: Shape,
  instances: readonly Losses[],
  effort: Effort,
  seed: number,
): Promise<ShapeReport> {
  console.error(`${titleOf(subject)} ${shapeName(shape)}`);
  const data = makeData(shape, subject.baseline.labels, seed);
  const expected = expectedOf(subject, data);
  const { candidates, free } = makeCandidates(subject, data, instances);
  const all = [...candidates, ...makeCopies(data)];

  const fastestCall = new Map<(typeof all)[number], number>();
  for (const timed of all) fastestCall.set(timed, await warmUp(timed, effort));
  // After the warm-up: what is checked is the very machine code that is going to be timed.
  for (const candidate of candidates) checkCandidate(candidate, expected);
  const measurements = await measure(fastestCall, effort, randomNumbers(seed));
  for (const candidate of candidates) {
    checkLoss(candidate, measurements.get(candidate)?.meanResult ?? NaN, expected);
  }
  free();
  return reportShape(data, measurements);
}

async function bench(options: Options): Promise<Report> {
  const { seed } = options;
  const effort: Effort = options.quick
    ? { rounds: Math.ceil(options.rounds / 10), warmUpMs: 20, sampleMs: 1.2 }
    : { rounds: options.rounds, warmUpMs: 50, sampleMs: 1.5 };
  const { instances, skipped } = await findVariants();
  for (const { variant, reason } of skipped) console.error(`leaving out "${variant}": ${reason}`);
  const changed = changedSinceBuild();
  if (changed) console.error(`${changed} has changed since the package was built: npm run build`);
  async function benchSubject(subject: Subject): Promise<LossReport> {
    const shapes: ShapeReport[] = [];
    for (const shape of options.shape.length > 0 ? options.shape : subject.shapes) {
      shapes.push(await benchShape(subject, shape, instances, effort, seed));
    }
    return {
      title: titleOf(subject),
      loss: subject.loss,
      options: subject.options,
      labels: subject.baseline.labels,
      tolerance: toleranceOf(subject),
      shapes,
      latency: await benchShape(subject, LATENCY, instances, effort, seed),
    };
  }
  const environment = readEnvironment();
  const losses: LossReport[] = [];
  for (const subject of options.loss.flatMap(subjectsOf)) losses.push(await benchSubject(subject));
  return { environment, settings: { seed, ...effort, changed }, skipped, losses };
}

function write(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `node-${nodeMajor()}`);
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${file}.md`, markdown(report));
  console.error(`written to ${file}.json and ${file}.md`);
}

const options = readOptions();
if (options.node !== undefined && options.node !== nodeMajor()) {
  process.exitCode = runUnder(
    options.node,
    fileURLToPath(import.meta.url),
    process.argv.slice(2),
    nodeFlags(),
  );
} else {
  try {
    const report = await bench(options);
    console.log(options.json ? JSON.stringify(report, null, 1) : markdown(report));
    write(report, options.out);
  } catch (error) {
    if (!(error instanceof WrongResult)) throw error;
    console.error(`wrong result, nothing was written: ${error.message}`);
    process.exitCode = 1;
  }
}
