import { Option } from "commander";
import type { Batch, Losses, LossOptions, LossResult, Variant } from "../src/index.ts";
import type { ParallelLosses } from "../src/parallel.ts";
import { WrongResult } from "./check.ts";
import { makeData, randomNumbers, type Shape, shapeName } from "./data.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { changedSinceBuild, loadLibrary } from "./library.ts";
import { main } from "./main.ts";
import { type AsyncTimed, type Effort, measure, quantile, spreadOf, warmUp } from "./measure.ts";
import { benchCommand, type CommonOptions, effortOf } from "./options.ts";
import { environmentLines, type Settings } from "./report.ts";
import { writeResults } from "./results.ts";
import { digits, table } from "./table.ts";

/* `zlpr/parallel` beside one thread, on the arrays of batches. */

/** So many batches in turn, with scores of their own: what one of them leaves in the caches, the next has no use for. */
const BATCHES = 16;
const SHAPES: readonly Shape[] = [
  { rows: 1, classes: 20 },
  { rows: 32, classes: 20 },
  { rows: 64, classes: 100 },
  { rows: 16, classes: 1000 },
  { rows: 64, classes: 1000 },
  { rows: 256, classes: 1000 },
  { rows: 16, classes: 65536 },
];
const ROUNDS = 121;

const LOSSES = ["zlpr", "asymmetric", "sigmoidCrossEntropy"] as const;
type LossName = (typeof LOSSES)[number];

/** Any of them. */
type Call<Result> = (logits: Float32Array, labels: Uint8Array, options: LossOptions) => Result;

/** How the calls of several batches are made, and what each is called of one thread. */
const AT_ONCE = "sync";
const IN_TURN = "await each";
const TOGETHER = "await all";
const OF_ONE = "one thread, ";

interface Options extends CommonOptions {
  threads: number;
  loss: LossName[];
}

interface Timing {
  loss: LossName;
  shape: Shape;
  name: string;
  /** Microseconds a batch. */
  us: number;
  /** How many times as fast as the same loop over one thread. */
  times: number;
  spread: number;
}

interface Report {
  environment: Environment;
  settings: Settings;
  threads: number;
  variant: Variant;
  timings: Timing[];
}

/** As users get it: the built package. */
async function loadParallel(): Promise<typeof import("../src/parallel.ts")> {
  return import(new URL("../dist/parallel.mjs", import.meta.url).href);
}

type Allocate = (rows: number, classes: number) => Batch;

function batchesOf(allocate: Allocate, { rows, classes }: Shape, seed: number): Batch[] {
  return Array.from({ length: BATCHES }, (_, i) => {
    const data = makeData({ rows, classes }, "multi-hot", seed + i);
    const batch = allocate(rows, classes);
    batch.logits.set(data.logits);
    batch.labels.set(data.labels as Uint8Array);
    return batch;
  });
}

function sumOf(results: readonly LossResult[]): number {
  let sum = 0;
  for (const { loss } of results) sum += loss;
  return sum;
}

async function sumInTurn(
  batches: readonly Batch[],
  call: (batch: Batch) => LossResult | Promise<LossResult>,
): Promise<number> {
  let sum = 0;
  for (const batch of batches) sum += (await call(batch)).loss;
  return sum;
}

async function benchShape(
  loss: LossName,
  shape: Shape,
  parallel: ParallelLosses,
  effort: Effort,
  seed: number,
): Promise<Timing[]> {
  console.error(`${loss} ${shapeName(shape)}`);
  const { createLosses } = await loadLibrary();
  const one = createLosses({ variant: parallel.variant });
  const apart = batchesOf(one.allocate, shape, seed);
  const shared = batchesOf(parallel.allocate, shape, seed);
  const optionsOf = ({ classes, grad }: Batch) => ({ classes, out: { grad } });
  const now = (losses: Losses) => {
    const call = losses[loss] as Call<LossResult>;
    return (batch: Batch) => call(batch.logits, batch.labels, optionsOf(batch));
  };
  const nowByOne = now(one);
  const nowByAll = now(parallel.sync);
  const call = parallel[loss] as Call<Promise<LossResult>>;
  const later = (batch: Batch) => call(batch.logits, batch.labels, optionsOf(batch));
  // To await a result takes its time, be it there already or not: so the calls of one thread are awaited too.
  const candidates: AsyncTimed[] = [
    { name: OF_ONE + AT_ONCE, run: () => sumOf(apart.map(nowByOne)) },
    { name: AT_ONCE, run: () => sumOf(shared.map(nowByAll)) },
    { name: OF_ONE + IN_TURN, run: () => sumInTurn(apart, nowByOne) },
    { name: IN_TURN, run: () => sumInTurn(shared, later) },
    { name: OF_ONE + TOGETHER, run: async () => sumOf(await Promise.all(apart.map(nowByOne))) },
    { name: TOGETHER, run: async () => sumOf(await Promise.all(shared.map(later))) },
  ];
  const fastestCall = new Map<AsyncTimed, number>();
  for (const timed of candidates) fastestCall.set(timed, await warmUp(timed, effort));
  const measurements = [...(await measure(fastestCall, effort, randomNumbers(seed)))];
  const right = (measurements[0] as (typeof measurements)[0])[1];
  for (const [{ name }, { meanResult }] of measurements) {
    const isSame = Math.abs(meanResult / right.meanResult - 1) < 1e-12;
    if (!isSame) throw new WrongResult(`${loss} ${shapeName(shape)}, ${name}: ${meanResult}`);
  }
  apart.forEach((batch, i) => {
    const grad = (shared[i] as Batch).grad;
    const wrong = batch.grad.findIndex((value, at) => !Object.is(value, grad[at]));
    if (wrong >= 0) throw new WrongResult(`${loss} ${shapeName(shape)}: gradient ${wrong} of batch ${i}`);
  });
  for (const batch of [...apart, ...shared]) batch.free();
  const medians = new Map(measurements.map(([{ name }, { samples }]) => [name, quantile(samples, 0.5)]));
  return measurements.map(([{ name }, { samples }]) => {
    const median = medians.get(name) as number;
    return {
      loss,
      shape,
      name,
      us: median / BATCHES / 1000,
      times: (medians.get(OF_ONE + name) ?? median) / median,
      spread: spreadOf(samples),
    };
  });
}

function markdown({ environment, settings, threads, variant, timings }: Report): string {
  const tables = [...new Set(timings.map(({ loss }) => loss))].map((loss) => {
    const some = timings.filter((timing) => timing.loss === loss);
    const rows = [...new Set(some.map(({ shape }) => shape))].map((shape) => {
      const cells = some.filter((timing) => timing.shape === shape);
      return [
        shapeName(shape),
        ...cells.map(({ name, times, us, spread }) => {
          const time = `${digits(us)} µs ±${(100 * spread).toFixed(0)} %`;
          return name.startsWith(OF_ONE) ? time : `${times.toFixed(2)}× (${time})`;
        }),
      ];
    });
    const names = [...new Set(some.map(({ name }) => name))];
    return table([[loss, ...names], ...rows]);
  });
  const lines = [...environmentLines(environment, settings), `${threads} threads, variant ${variant}`];
  return `${[
    `# zlpr/parallel, ${threads} threads`,
    lines.map((line) => `- ${line}`).join("\n"),
    `Loss and gradient on the arrays of batches, ${BATCHES} batches in turn: how many times as fast as the same loop over one thread, and in \
brackets the time of a batch; medians, ± is half the distance between the quartiles. *${AT_ONCE}*: \`losses.sync\`. *${IN_TURN}*, \
*${TOGETHER}*: promises, one after the other or all at once; beside them, the results of one thread are awaited likewise.`,
    ...tables,
  ].join("\n\n")}\n`;
}

async function bench(options: Options): Promise<Report> {
  const { seed, threads } = options;
  const effort = effortOf(options);
  const changed = changedSinceBuild();
  if (changed) console.error(`${changed} has changed since the package was built: npm run build`);
  const environment = readEnvironment();
  const { createParallelLosses } = await loadParallel();
  const parallel = createParallelLosses({ threads });
  await parallel.ready;
  const timings: Timing[] = [];
  for (const loss of options.loss) {
    for (const shape of options.shape.length > 0 ? options.shape : SHAPES) {
      timings.push(...(await benchShape(loss, shape, parallel, effort, seed)));
    }
  }
  const { variant } = parallel;
  await parallel.terminate();
  return { environment, settings: { seed, ...effort, changed }, threads, variant, timings };
}

const options = benchCommand(
  "bench:parallel",
  "Times zlpr/parallel beside one thread.",
  "results/parallel",
  ROUNDS,
)
  .option("--threads <count>", "how many threads", Number, 2)
  .addOption(new Option("--loss <name...>", "only this loss").choices(LOSSES).default(["zlpr"]))
  .parse()
  .opts<Options>();
await main(import.meta.url, options, async () => {
  const report = await bench(options);
  console.log(options.json ? JSON.stringify(report, null, 1) : markdown(report));
  writeResults(options.out, report, markdown(report));
});
