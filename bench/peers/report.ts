import { BASELINE } from "../candidates.ts";
import { shapeName } from "../data.ts";
import type { Environment } from "../environment.ts";
import { cell, environmentLines, type Settings, type Timing } from "../report.ts";
import { digits, table } from "../table.ts";
import type { Errors } from "./accuracy.ts";
import type { PeerPass, PeerShapeReport, Skipped } from "./measureShape.ts";
import type { TrainingStep } from "./trainingStep.ts";

export interface PeersReport {
  environment: Environment;
  settings: Settings;
  /** What was measured, with its version. */
  versions: string[];
  skipped: Skipped[];
  shapes: PeerShapeReport[];
  /** Nothing where TensorFlow.js is left out. */
  trainingStep: TrainingStep | undefined;
}

export function timingOf(
  shape: PeerShapeReport,
  method: string,
  pass: PeerPass,
): Timing<PeerPass> | undefined {
  return shape.timings.find((timing) => timing.candidate === method && timing.pass === pass);
}

function methodNames(shapes: readonly PeerShapeReport[]): string[] {
  return [...new Set(shapes.flatMap(({ methods }) => methods.map(({ method }) => method)))];
}

function nanoseconds(timing: Timing<PeerPass> | undefined): string {
  return timing ? digits(timing.nsPerLogit) : "";
}

function errors({ max, mean }: Errors): string {
  return `${digits(max)} / ${digits(mean)}`;
}

/** Shapes side by side. */
function summaryTable(shapes: readonly PeerShapeReport[], pass: PeerPass): string {
  return table([
    [pass, ...shapes.map(shapeName)],
    ...methodNames(shapes)
      .filter((method) => shapes.some((shape) => timingOf(shape, method, pass)))
      .map((method) => [method, ...shapes.map((shape) => cell(timingOf(shape, method, pass), "nsPerLogit"))]),
  ]);
}

/** The rest of what is known of each method on a shape. */
function shapeTable(shape: PeerShapeReport): string {
  return table([
    [
      shapeName(shape),
      "loss and gradient",
      "loss alone",
      "copy in",
      "copy out",
      "loss, ULP",
      "gradient, ULP",
      "bounds",
    ],
    ...shape.methods.map(({ method, accuracy, bounds }) => [
      method,
      ...(["loss and gradient", "loss alone", "copy in", "copy out"] as const).map((pass) =>
        nanoseconds(timingOf(shape, method, pass)),
      ),
      errors(accuracy.loss),
      errors(accuracy.grad),
      `${bounds.loss} / ${bounds.grad}`,
    ]),
  ]);
}

/** Loss and gradient of zlpr in multiples of the exponentials alone, of each program that has measured these. */
function limitTable(shapes: readonly PeerShapeReport[]): string {
  const pass = "exponentials alone";
  const limits = methodNames(shapes).filter((method) =>
    shapes.some((shape) => timingOf(shape, method, pass)),
  );
  if (limits.length === 0) return "";
  const kernels = [
    ...new Set(
      shapes.flatMap(({ methods }) =>
        methods.filter(({ peer }) => peer === "zlpr").map(({ method }) => method),
      ),
    ),
  ];
  const rows = limits.flatMap((limit) => [
    [`${limit}: e^s alone`, ...shapes.map((shape) => `${nanoseconds(timingOf(shape, limit, pass))} ns`)],
    ...kernels.map((kernel) => [
      `… ${kernel}`,
      ...shapes.map((shape) => {
        const time = timingOf(shape, kernel, "loss and gradient")?.nsPerLogit ?? NaN;
        return `${digits(time / (timingOf(shape, limit, pass)?.nsPerLogit ?? NaN))} times that`;
      }),
    ]),
  ]);
  return `## Exponentials alone

No loss can be had for less than one exponential a logit, computed and stored. How much more than that loss and gradient take:

${table([["", ...shapes.map(shapeName)], ...rows])}`;
}

function trainingTable(step: TrainingStep): string {
  return `## Training step

A dense layer of ${step.inputs} inputs and ${step.classes} classes in TensorFlow.js, backend \`${step.backend}\`, a batch of \
${step.batch}: forward, loss, gradients, descent. *Own gradient*: \`tf.customGrad\`, with the copies that it needs. What the loss takes of \
a step is its time beyond that of a step whose gradient is constant.

${table([
  ["a step with", "time", "times composed", "of it the loss"],
  ...step.timings.map(({ name, msPerStep, timesComposed, shareOfLoss, spread }) => [
    name,
    `${digits(msPerStep)} ms ±${(100 * spread).toFixed(0)} %`,
    `${digits(timesComposed)}×`,
    `${(100 * shareOfLoss).toFixed(0)} %`,
  ]),
])}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

/** The report as Markdown. */
export function markdown(report: PeersReport): string {
  const { environment, settings, versions, shapes, trainingStep } = report;
  const skipped = [...report.skipped, ...shapes.flatMap((shape) => shape.skipped)];
  return `${[
    `# zlpr beside other libraries, Node ${environment.node}`,
    list([...environmentLines(environment, settings), ...versions]),
    skipped.length > 0 ? `Left out:\n\n${list(skipped.map(({ name, reason }) => `${name}: ${reason}`))}` : "",
    `The loss \`zlpr\`, mean over the rows, float32 scores of deviation 1, multi-hot labels; one thread each. How many times as fast as \
${BASELINE}, the loop of plain JavaScript, and in brackets the time a logit; medians, ± is half the distance between the quartiles.`,
    ...(["loss and gradient", "loss alone"] as const).map((pass) => summaryTable(shapes, pass)),
    `## By shape

Nanoseconds a logit, the copies apart; the errors against the float64 reference, the greatest and the mean, of row losses and of the \
elements of the gradient, and the bounds within which a method has to be to be timed. ULP: units in the last place of float32.`,
    ...shapes.map(shapeTable),
    limitTable(shapes),
    trainingStep ? trainingTable(trainingStep) : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}
