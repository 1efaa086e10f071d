import { createLosses, type Losses } from "../createLosses.js";
import type { AnyLoss, LossName } from "./lossOptions.js";
import { columns, thousands } from "./output.js";
import { createProgress } from "./progress.js";

const LOSSES: readonly LossName[] = ["zlpr", "sigmoidCrossEntropy", "focal", "asymmetric"];

const SHAPES: readonly [rows: number, classes: number][] = [
  [1024, 20],
  [256, 1000],
  [16, 20000],
];

/** The share of positive classes. */
const DENSITY = 0.02;

/** How long a sample lasts at least, and how many are taken. The fastest counts, which other programs have disturbed least. */
const SAMPLE_MS = 10;
const SAMPLES = 7;

/** The time of loss and gradient of one loss on one shape. */
interface Timing {
  loss: LossName;
  rows: number;
  classes: number;
  nsPerLogit: number;
  rowsPerSecond: number;
  /** How many times as long the plain JavaScript variant takes. */
  timesAsFastAsJs: number;
}

export interface BenchReport {
  command: "bench";
  variant: string;
  node: string;
  platform: string;
  timings: Timing[];
}

/** Times loss and gradient, with the arrays of a batch. */
export function runBench(): BenchReport {
  const best = createLosses();
  const js = createLosses({ variant: "js" });
  const progress = createProgress();
  const timings: Timing[] = [];
  for (const [rows, classes] of SHAPES) {
    for (const loss of LOSSES) {
      progress.update(`${loss} ${rows}×${classes}`, timings.length / (SHAPES.length * LOSSES.length));
      const [ms, msOfJs] = msPerCall([best, js], loss, rows, classes) as [number, number];
      timings.push({
        loss,
        rows,
        classes,
        nsPerLogit: (ms * 1e6) / (rows * classes),
        rowsPerSecond: (rows * 1000) / ms,
        timesAsFastAsJs: msOfJs / ms,
      });
    }
  }
  progress.clear();
  const { version, platform, arch } = process;
  return { command: "bench", variant: best.variant, node: version, platform: `${platform} ${arch}`, timings };
}

/** The milliseconds of a call of each instance, whose samples are taken in turn. */
function msPerCall(instances: readonly Losses[], name: LossName, rows: number, classes: number): number[] {
  const timed = instances.map((losses) => {
    const batch = losses.allocate(rows, classes);
    fill(batch.logits, batch.labels);
    const loss = losses[name] as AnyLoss;
    const call = () => loss(batch.logits, batch.labels, { classes, out: { grad: batch.grad } });
    let calls = 1;
    // Until the calls of a sample take long enough; that warms up as well.
    while (msOf(call, calls) < SAMPLE_MS) calls *= 2;
    return { batch, call, calls, fastest: Infinity };
  });
  for (let i = 0; i < SAMPLES; i++) {
    for (const one of timed) one.fastest = Math.min(one.fastest, msOf(one.call, one.calls) / one.calls);
  }
  for (const { batch } of timed) batch.free();
  return timed.map(({ fastest }) => fastest);
}

function msOf(call: () => unknown, calls: number): number {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) call();
  return performance.now() - begin;
}

/** Scores of a network early in its training, from -3 to 3. */
function fill(logits: Float32Array, labels: Uint8Array): void {
  for (let i = 0; i < logits.length; i++) {
    logits[i] = 6 * Math.random() - 3;
    labels[i] = Number(Math.random() < DENSITY);
  }
}

export function benchTable({ variant, node, platform, timings }: BenchReport): string {
  const lines = timings.map(({ loss, rows, classes, nsPerLogit, rowsPerSecond, timesAsFastAsJs }) => [
    loss,
    `${rows} × ${classes}`,
    nsPerLogit.toFixed(2),
    thousands(Number(rowsPerSecond.toPrecision(3))),
    `${timesAsFastAsJs.toFixed(1)} ×`,
  ]);
  const header = ["loss and gradient", "rows × classes", "ns a logit", "rows a second", `"js" takes`];
  return `variant "${variant}", Node ${node}, ${platform}\n\n${columns([header, ...lines])}`;
}
