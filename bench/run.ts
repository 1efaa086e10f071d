import { Option } from "commander";
import type { Losses } from "../src/index.ts";
import { findVariants, makeCandidates, makeCopies } from "./candidates.ts";
import { checkCandidate, checkLoss, expectedOf, toleranceOf } from "./check.ts";
import { makeData, randomNumbers, type Shape, shapeName } from "./data.ts";
import { readEnvironment } from "./environment.ts";
import { type LossName, names, type Subject, subjectsOf, titleOf } from "./fused/index.ts";
import { changedSinceBuild } from "./library.ts";
import { main } from "./main.ts";
import { type Effort, measure, warmUp } from "./measure.ts";
import { benchCommand, type CommonOptions, effortOf } from "./options.ts";
import { type LossReport, markdown, type Report, reportShape, type ShapeReport } from "./report.ts";
import { writeResults } from "./results.ts";

interface Options extends CommonOptions {
  loss: LossName[];
}

const LATENCY: Shape = { rows: 1, classes: 20 };

function readOptions(): Options {
  return benchCommand(
    "bench",
    "Times every loss against a fused loop of plain JavaScript.",
    "results/bench",
    41,
  )
    .addOption(new Option("--loss <name...>", "only this loss").choices(names).default(names, "all"))
    .parse()
    .opts<Options>();
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
  const effort = effortOf(options);
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

const options = readOptions();
await main(import.meta.url, options, async () => {
  const report = await bench(options);
  console.log(options.json ? JSON.stringify(report, null, 1) : markdown(report));
  writeResults(options.out, report, markdown(report));
});
