import type { LabelKind } from "../src/engine/loss.ts";
import type { Variant } from "../src/index.ts";
import { BASELINE, COPIES, PASSES, type Pass, VARIANTS, zeroCopy } from "./candidates.ts";
import type { Tolerance } from "./check.ts";
import { type Data, type Shape, shapeName } from "./data.ts";
import type { Environment } from "./environment.ts";
import { type Effort, type Measurement, quantile, spreadOf } from "./measure.ts";
import { digits, table } from "./table.ts";

/** The numbers of one candidate on one shape. */
export interface Timing<P extends string = Pass> {
  candidate: string;
  pass: P;
  nsPerLogit: number;
  nsPerCall: number;
  /** How many times as fast as the baseline in the same pass; nothing where the baseline has none, or no loss is computed. */
  timesBaseline: number | undefined;
  /** Half the distance between the quartiles, by the median. */
  spread: number;
  repetitions: number;
  /** Nanoseconds a call, one number a round. */
  samples: number[];
}

export interface ShapeReport<P extends string = Pass> extends Shape {
  /** Of logits, labels and gradient. */
  bytes: number;
  positives: number;
  emptyRows: number;
  timings: Timing<P>[];
}

export interface LossReport {
  /** The three that follow in words. */
  title: string;
  loss: string;
  options: object | undefined;
  labels: LabelKind;
  tolerance: Tolerance;
  shapes: ShapeReport[];
  /** One row of few classes: what a call costs, rather than a logit. */
  latency: ShapeReport;
}

export interface Settings extends Effort {
  seed: number;
  /** A source file that is newer than the package that was timed. */
  changed: string | undefined;
}

export interface Report {
  environment: Environment;
  settings: Settings;
  skipped: { variant: string; reason: string }[];
  losses: LossReport[];
}

/** Makes the numbers of one shape from its samples. */
export function reportShape<P extends string>(
  data: Data,
  measurements: Iterable<[{ name: string; pass: P }, Measurement]>,
): ShapeReport<P> {
  const { rows, classes, k, logits, labels, positives, emptyRows } = data;
  const all = [...measurements];
  const timings = all.map(([{ name, pass }, { samples, repetitions }]) => {
    const baseline = all.find(([other]) => other.name === BASELINE && other.pass === pass)?.[1];
    const median = quantile(samples, 0.5);
    return {
      candidate: name,
      pass,
      nsPerLogit: median / (rows * classes),
      nsPerCall: median,
      timesBaseline: name === COPIES || !baseline ? undefined : quantile(baseline.samples, 0.5) / median,
      spread: spreadOf(samples),
      repetitions,
      samples: samples.map((ns) => Number(ns.toPrecision(6))),
    };
  });
  const bytes = 2 * logits.byteLength + labels.byteLength;
  return { rows, classes, k, bytes, positives, emptyRows, timings };
}

function ratio(timing: Timing<string> | undefined): string {
  return timing?.timesBaseline === undefined ? "" : `${digits(timing.timesBaseline)}×`;
}

export function cell(timing: Timing<string> | undefined, ns: "nsPerLogit" | "nsPerCall"): string {
  if (!timing) return "";
  const times = timing.timesBaseline === undefined ? "" : `${ratio(timing)} `;
  return `${times}(${digits(timing[ns])} ns ±${(100 * timing.spread).toFixed(0)} %)`;
}

function find(shape: ShapeReport, pass: Pass, candidate: string): Timing | undefined {
  return shape.timings.find((timing) => timing.pass === pass && timing.candidate === candidate);
}

function candidatesOf(shape: ShapeReport, pass?: Pass): string[] {
  const timings = shape.timings.filter((timing) => pass === undefined || timing.pass === pass);
  return [...new Set(timings.map(({ candidate }) => candidate))];
}

function passTable(shapes: readonly ShapeReport[], pass: Pass): string {
  const [first] = shapes;
  if (!first) return "";
  return table([
    [pass, ...shapes.map(shapeName)],
    ...candidatesOf(first, pass).map((candidate) => [
      candidate,
      ...shapes.map((shape) => cell(find(shape, pass, candidate), "nsPerLogit")),
    ]),
  ]);
}

function latencyTable(shape: ShapeReport): string {
  return table([
    [`a call of ${shapeName(shape)}`, ...PASSES],
    ...candidatesOf(shape).map((candidate) => [
      candidate,
      ...PASSES.map((pass) => cell(find(shape, pass, candidate), "nsPerCall")),
    ]),
  ]);
}

/** All shapes, once for each kind of labels. */
function shapesTable(losses: readonly LossReport[]): string {
  const lines = losses.flatMap(({ labels, shapes, latency }) =>
    [...shapes, latency].map((shape) => ({ labels, shape, key: `${labels} ${shapeName(shape)}` })),
  );
  const first = lines.filter(({ key }, i) => lines.findIndex((other) => other.key === key) === i);
  return table([
    ["rows×classes", "labels", "positives a row", "rows without", "logits, labels, gradient"],
    ...first.map(({ labels, shape }) => [
      shapeName(shape),
      labels,
      digits(shape.positives / shape.rows),
      String(shape.emptyRows),
      `${(shape.bytes / 2 ** 20).toFixed(2)} MiB`,
    ]),
  ]);
}

/** One line a loss, of rows of 1000 classes where there are any: who is behind is to be seen at a glance. */
function summaryTable(losses: readonly LossReport[], variants: readonly Variant[]): string {
  const lines = losses.flatMap(({ title, shapes }) => {
    const usual = shapes.filter(({ classes }) => classes === 1000);
    return (usual.length > 0 ? usual : shapes).map((shape) => [
      title,
      shapeName(shape),
      ...variants.map((variant) => ratio(find(shape, "loss and gradient", zeroCopy(variant)))),
    ]);
  });
  return table([["loss and gradient", "rows×classes", ...variants], ...lines]);
}

/** Where, when and how a report was made. */
export function environmentLines(e: Environment, s: Settings): string[] {
  return [
    `Node ${e.node} (V8 ${e.v8})${e.flags.length > 0 ? `, ${e.flags.join(" ")}` : ""}`,
    `${e.cpu}, ${e.cores} cores, load ${e.loadAverage.toFixed(2)}, ${e.platform} ${e.arch}`,
    `${e.date}, commit ${e.commit ?? "unknown"}`,
    `seed ${s.seed}, ${s.rounds} rounds`,
    ...(s.changed ? [`${s.changed} has changed since the package was built`] : []),
  ];
}

function environmentList({ environment, settings, skipped }: Report): string {
  const lines = [
    ...environmentLines(environment, settings),
    ...skipped.map(({ variant, reason }) => `\`${variant}\` was left out: ${reason}`),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

/** The report as Markdown. */
export function markdown({ environment, settings, skipped, losses }: Report): string {
  const left = skipped.map(({ variant }) => variant);
  const variants = VARIANTS.filter((variant) => !left.includes(variant));
  const sections = losses.flatMap(({ title, tolerance, shapes, latency }) => [
    `## ${title}`,
    `Relative tolerance: ${tolerance.loss.toExponential(1)} of the loss, ${tolerance.grad.toExponential(1)} of the \
gradient.`,
    ...PASSES.map((pass) => passTable(shapes, pass)),
    latencyTable(latency),
  ]);
  return `${[
    `# Node ${environment.node}`,
    environmentList({ environment, settings, skipped, losses }),
    "Zero copy, in multiples of the speed of the fused JavaScript loop:",
    summaryTable(losses, variants),
    `In the tables below: how many times as fast as the fused JavaScript loop, and in brackets the time a logit (in the \
tables of 1×20 the time a call). Medians; ± is half the distance between the quartiles. One thread. Scores are normal \
with deviation 1. Each candidate was warmed up on the very shape and checked against the float64 reference, to within \
the bounds of the loss and one ULP. Samples of all candidates take turns; each begins with a call that is not timed, so \
the arrays are in the caches as far as they fit.`,
    `*fused JS*: the loop of plain JavaScript that all ratios are of. *usual JS*: the same as it is usually written. *js*: the \
variant of this package without WebAssembly, in float64. *Zero copy*: the arrays of a batch; class indices are handed over as they are. *Copying*: ordinary arrays, also for the gradient. *Fresh \
results*: ordinary arrays, and a new one for each gradient. *The copies alone*: \`set\` of the whole arrays into others \
and of the gradient back.`,
    `A third number of a shape is that of the positive classes in each row. Of soft labels, *positives a row* is the sum.`,
    shapesTable(losses),
    ...sections,
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}
