import { createLosses, type Losses } from "../createLosses.js";
import type { LossName, lossOf } from "./lossOptions.js";
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

/** How long each loss is timed, at least, in samples of which the median counts. */
const SAMPLE_MS = 15;
const SAMPLES = 5;

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
      const ns = nsPerCall(best, loss, rows, classes);
      timings.push({
        loss,
        rows,
        classes,
        nsPerLogit: ns / (rows * classes),
        rowsPerSecond: (rows * 1e9) / ns,
        timesAsFastAsJs: nsPerCall(js, loss, rows, classes) / ns,
      });
    }
  }
  progress.clear();
  const { version, platform, arch } = process;
  return { command: "bench", variant: best.variant, node: version, platform: `${platform} ${arch}`, timings };
}

function nsPerCall(losses: Losses, name: LossName, rows: number, classes: number): number {
  const batch = losses.allocate(rows, classes);
  fill(batch.logits, batch.labels);
  const loss = losses[name] as ReturnType<typeof lossOf>;
  const call = () => loss(batch.logits, batch.labels, { classes, out: { grad: batch.grad } });
  let calls = 1;
  // Until the calls of a sample take long enough; that warms up as well.
  while (msOf(call, calls) < SAMPLE_MS) calls *= 2;
  const samples = Array.from({ length: SAMPLES }, () => msOf(call, calls)).sort((a, b) => a - b);
  batch.free();
  return ((samples[SAMPLES >> 1] as number) / calls) * 1e6;
}

function msOf(call: () => unknown, calls: number): number {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) call();
  return performance.now() - begin;
}

/** Scores of a network early in its training, from -3 to 3. */
function fill(logits: Float32Array, labels: Uint8Array): void {
  for (let i = 0; i < logits.length; i++) {
    logits[i] = Math.random() + Math.random() + Math.random() * 4 - 3;
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
