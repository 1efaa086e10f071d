import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { LossFunction, TfjsLosses } from "../src/tfjs.ts";
import { COPIES, makeCopies } from "./candidates.ts";
import { makeData, randomNumbers, type Shape, shapeName } from "./data.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { changedSinceBuild } from "./library.ts";
import { main } from "./main.ts";
import { type Effort, measure, quantile, spreadOf, type Timed, warmUp } from "./measure.ts";
import { benchCommand, type CommonOptions, effortOf } from "./options.ts";
import { checkGradient, checkMean, exactOf } from "./peers/accuracy.ts";
import { type TensorFlow as Composing, composedRowLosses } from "./peers/composed.ts";
import type { Bounds, PeerData } from "./peers/peer.ts";
import { COMPOSED_BOUNDS } from "./peers/tfjs.ts";
import { environmentLines, type Settings } from "./report.ts";
import { writeResults } from "./results.ts";
import { digits, table } from "./table.ts";

/* `zlpr/tfjs` beside the loss as operations of TensorFlow.js, on the backends that have no GPU. */

const BACKENDS = ["cpu", "wasm"] as const;
const SHAPE: Shape = { rows: 128, classes: 1000 };
/** Of the layer before the loss. */
const INPUTS = 384;
/** So low that the scores stay moderate over thousands of steps. */
const RATE = 1e-3;
/** A training step on `cpu` takes a quarter of a second and more. */
const ROUNDS = 11;

const COMPOSED = "composed, as the article has it";
const WITHOUT = "no loss: a constant gradient";

const PASSES = ["loss and gradient", "loss alone", "training step"] as const;
type Pass = (typeof PASSES)[number];

interface Timing {
  backend: string;
  pass: Pass;
  name: string;
  ms: number;
  /** How many times as fast as the composed loss; nothing of what computes no loss. */
  timesComposed: number | undefined;
  spread: number;
}

interface Report {
  environment: Environment;
  settings: Settings;
  shape: Shape;
  version: string;
  timings: Timing[];
}

interface Candidate {
  name: string;
  loss: LossFunction;
  bounds: Bounds;
}

/** As users get it: the built package. */
async function loadLosses(): Promise<TfjsLosses> {
  const built = new URL("../dist/tfjs.mjs", import.meta.url);
  const { tfjsLosses } = (await import(built.href)) as typeof import("../src/tfjs.ts");
  return tfjsLosses(tf);
}

function candidatesOf(losses: TfjsLosses): Candidate[] {
  return [
    {
      name: COMPOSED,
      bounds: COMPOSED_BOUNDS,
      loss: (yTrue, yPred) =>
        tf.mean(
          composedRowLosses(
            tf as unknown as Composing,
            yPred as never,
            yTrue as never,
          ) as unknown as tf.Tensor,
        ),
    },
    {
      name: 'tfjsLosses(tf).zlpr({ via: "composed" })',
      bounds: { loss: 16, grad: 64 },
      loss: losses.zlpr({ via: "composed" }),
    },
    { name: "tfjsLosses(tf).zlpr()", bounds: { loss: 2, grad: 4 }, loss: losses.zlpr() },
  ];
}

function first(tensor: tf.Tensor): number {
  const [value = NaN] = tensor.dataSync();
  tensor.dispose();
  return value;
}

function check(candidate: Candidate, data: PeerData, yTrue: tf.Tensor, yPred: tf.Tensor): void {
  const exact = exactOf(data);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => candidate.loss(yTrue, x))(yPred);
  const name = `${candidate.name}, ${tf.getBackend()}`;
  checkGradient(name, candidate.bounds, data, grad.dataSync() as Float32Array, exact);
  checkMean(name, candidate.bounds, data, first(value), exact);
  checkMean(name, candidate.bounds, data, first(candidate.loss(yTrue, yPred)), exact);
  grad.dispose();
}

/** The loss of the scores of a dense layer, its gradients and a step. */
function trainingStep({ name, loss }: Candidate, yTrue: tf.Tensor, seed: number): Timed {
  const inputs = tf.randomNormal([SHAPE.rows, INPUTS], 0, 1, "float32", seed) as tf.Tensor2D;
  const kernel = tf.variable(
    tf.randomNormal([INPUTS, SHAPE.classes], 0, INPUTS ** -0.5, "float32", seed) as tf.Tensor2D,
  );
  const bias = tf.variable(tf.zeros([SHAPE.classes]));
  const optimizer = tf.train.sgd(RATE);
  const forward = () => loss(yTrue, tf.add(tf.matMul(inputs, kernel), bias)) as tf.Scalar;
  return { name, run: () => first(optimizer.minimize(forward, true, [kernel, bias]) as tf.Scalar) };
}

function lossAndGradient({ name, loss }: Candidate, yTrue: tf.Tensor, yPred: tf.Tensor): Timed {
  const compute = tf.valueAndGrad((x: tf.Tensor) => loss(yTrue, x));
  return {
    name,
    run() {
      const { value, grad } = compute(yPred);
      grad.dispose();
      return first(value);
    },
  };
}

async function time(
  backend: string,
  pass: Pass,
  all: readonly Timed[],
  effort: Effort,
  seed: number,
): Promise<Timing[]> {
  console.error(`${backend}: ${pass}`);
  const fastest = new Map<Timed, number>();
  for (const timed of all) fastest.set(timed, await warmUp(timed, effort));
  const measurements = [...(await measure(fastest, effort, randomNumbers(seed)))];
  const composed = measurements.find(([{ name }]) => name === COMPOSED)?.[1].samples ?? [];
  return measurements.map(([{ name }, { samples }]) => ({
    backend,
    pass,
    name,
    ms: quantile(samples, 0.5) / 1e6,
    timesComposed:
      name === COPIES || name === WITHOUT ? undefined : quantile(composed, 0.5) / quantile(samples, 0.5),
    spread: spreadOf(samples),
  }));
}

async function benchBackend(
  backend: string,
  losses: TfjsLosses,
  effort: Effort,
  seed: number,
): Promise<Timing[]> {
  await tf.setBackend(backend);
  await tf.ready();
  const data = makeData(SHAPE, "multi-hot", seed) as PeerData;
  const shape: [number, number] = [SHAPE.rows, SHAPE.classes];
  const yPred = tf.tensor2d(data.logits, shape);
  const yTrue = tf.tensor2d(Float32Array.from(data.labels), shape);
  const candidates = candidatesOf(losses);
  for (const candidate of candidates) check(candidate, data, yTrue, yPred);
  const constant = tf.mul(yPred, 1 / SHAPE.rows);
  const without: Candidate = {
    name: WITHOUT,
    bounds: COMPOSED_BOUNDS,
    loss: (_, yPred) =>
      tf.customGrad(() => ({ value: tf.scalar(0), gradFunc: () => tf.clone(constant) }))(yPred),
  };
  const passes: [Pass, Timed[]][] = [
    [
      "loss and gradient",
      [
        ...candidates.map((candidate) => lossAndGradient(candidate, yTrue, yPred)),
        ...makeCopies(data).filter(({ pass }) => pass === "loss and gradient"),
      ],
    ],
    ["loss alone", candidates.map(({ name, loss }) => ({ name, run: () => first(loss(yTrue, yPred)) }))],
    ["training step", [...candidates, without].map((candidate) => trainingStep(candidate, yTrue, seed))],
  ];
  const timings: Timing[] = [];
  for (const [pass, all] of passes) timings.push(...(await time(backend, pass, all, effort, seed)));
  return timings;
}

function markdown({ environment, settings, shape, version, timings }: Report): string {
  const cell = (timing: Timing | undefined) => {
    if (!timing) return "";
    const { ms, spread, timesComposed } = timing;
    const times = timesComposed === undefined ? "" : `${digits(timesComposed)}× `;
    return `${times}(${digits(ms)} ms ±${(100 * spread).toFixed(0)} %)`;
  };
  const tables = PASSES.map((pass) => {
    const some = timings.filter((timing) => timing.pass === pass);
    const names = [...new Set(some.map(({ name }) => name))];
    return table([
      [pass, ...BACKENDS],
      ...names.map((name) => [
        name,
        ...BACKENDS.map((backend) =>
          cell(some.find((timing) => timing.name === name && timing.backend === backend)),
        ),
      ]),
    ]);
  });
  const lines = [...environmentLines(environment, settings), `TensorFlow.js ${version}, one thread`];
  return `${[
    `# zlpr in TensorFlow.js, ${shapeName(shape)}`,
    lines.map((line) => `- ${line}`).join("\n"),
    `How many times as fast as the loss composed of operations, and in brackets the time; medians, ± is half the distance between the \
quartiles. *Training step*: a dense layer of ${INPUTS} inputs forward, the loss, the gradients of the layer and a step of SGD. *The copies alone*: of \
scores and labels into the memory of the kernels, and of the gradient out of it.`,
    ...tables,
  ].join("\n\n")}\n`;
}

async function bench(options: CommonOptions): Promise<Report> {
  const { seed } = options;
  const effort = effortOf(options);
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  setThreadsCount(1);
  const changed = changedSinceBuild();
  if (changed) console.error(`${changed} has changed since the package was built: npm run build`);
  const environment = readEnvironment();
  const losses = await loadLosses();
  const timings: Timing[] = [];
  for (const backend of BACKENDS) timings.push(...(await benchBackend(backend, losses, effort, seed)));
  return {
    environment,
    settings: { seed, ...effort, changed },
    shape: SHAPE,
    version: tf.version_core,
    timings,
  };
}

const options = benchCommand(
  "bench:tfjs",
  "Times zlpr/tfjs beside the loss composed of operations of TensorFlow.js.",
  "results/tfjs",
  ROUNDS,
)
  .parse()
  .opts<CommonOptions>();
await main(import.meta.url, options, async () => {
  const report = await bench(options);
  console.log(options.json ? JSON.stringify(report, null, 1) : markdown(report));
  writeResults(options.out, report, markdown(report));
});
