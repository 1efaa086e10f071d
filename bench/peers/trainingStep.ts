import type { Losses } from "../../src/index.ts";
import { makeData, randomNumbers } from "../data.ts";
import { fusedSums } from "../fused/fusedSums.ts";
import { loadLibrary } from "../library.ts";
import { type Effort, measure, quantile, spreadOf, type Timed, warmUp } from "../measure.ts";
import { checkGradient, checkMean, exactOf } from "./accuracy.ts";
import { composedRowLosses, type Tensor, type TensorFlow } from "./composed.ts";
import type { PeerData } from "./peer.ts";
import { COMPOSED_BOUNDS, loadTensorFlow, useBackend } from "./tfjs.ts";

const [BATCH, INPUTS, CLASSES] = [128, 384, 1000];
const BACKEND = "wasm";
/** So low that the scores stay moderate over thousands of steps. */
const RATE = 1e-3;

const COMPOSED = "composed loss";
const WITHOUT = "no loss: a constant gradient";

export interface StepTiming {
  name: string;
  msPerStep: number;
  /** How many times as fast as the step with the composed loss. */
  timesComposed: number;
  /** The time beyond that of a step without a loss, as a part of the whole. */
  shareOfLoss: number;
  spread: number;
}

/** A whole step of training: a dense layer forward, the loss, the gradients of the layer and their descent. */
export interface TrainingStep {
  batch: number;
  inputs: number;
  classes: number;
  backend: string;
  timings: StepTiming[];
}

type LossOfLogits = (logits: Tensor) => Tensor;

/** A loss with a gradient made outside of TensorFlow.js, which takes a tensor's values and returns the loss of all rows. */
function customLoss(
  tf: TensorFlow,
  lossAndGradient: (logits: Float32Array) => { loss: number; grad: Float32Array },
): LossOfLogits {
  return tf.customGrad((logits, save) => {
    const { loss, grad } = lossAndGradient(logits.dataSync());
    // What is not saved is disposed of before the gradient is asked for, and what is saved, after it: hence the clone
    // below, which shares the data.
    save([tf.tensor2d(grad, [BATCH, CLASSES])]);
    return {
      value: tf.scalar(loss),
      gradFunc(dy, [gradient]) {
        const [scale = 1] = dy.dataSync();
        // The mean is all that is minimized. To multiply by 1 would cost more than the kernel.
        return scale === 1 ? tf.clone(gradient as Tensor) : tf.mul(gradient as Tensor, scale);
      },
    };
  });
}

function lossesOf(
  tf: TensorFlow,
  instance: Losses,
  { logits, labels }: PeerData,
): Record<string, LossOfLogits> {
  const labelTensor = tf.tensor2d(Float32Array.from(labels), [BATCH, CLASSES]);
  const loop = fusedSums({ a: 1, b: 1, ab: 1 });
  const grad = new Float32Array(BATCH * CLASSES);
  const batch = instance.allocate(BATCH, CLASSES);
  const constant = tf.tensor2d(logits, [BATCH, CLASSES]);
  return {
    [COMPOSED]: (x) => tf.mean(composedRowLosses(tf, x, labelTensor)),
    "own gradient, fused JS": customLoss(tf, (x) => ({
      loss: loop.lossAndGradient(x, labels, grad, CLASSES),
      grad,
    })),
    "own gradient, zlpr": customLoss(tf, (x) => {
      batch.logits.set(x);
      batch.labels.set(labels);
      const { loss } = instance.zlpr(batch.logits, batch.labels, {
        classes: CLASSES,
        out: { grad: batch.grad },
      });
      return { loss, grad: batch.grad };
    }),
    [WITHOUT]: tf.customGrad(() => ({ value: tf.scalar(0), gradFunc: () => tf.mul(constant, 1 / BATCH) })),
  };
}

/** Each loss gives its gradient of the same logits. */
function check(tf: TensorFlow, losses: Record<string, LossOfLogits>, data: PeerData): void {
  const exact = exactOf(data);
  for (const [name, loss] of Object.entries(losses)) {
    if (name === WITHOUT) continue;
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d(data.logits, [BATCH, CLASSES]));
    const place = `training step, ${name}`;
    checkMean(place, COMPOSED_BOUNDS, data, value.dataSync()[0] ?? NaN, exact);
    checkGradient(place, COMPOSED_BOUNDS, data, grad.dataSync(), exact);
  }
}

function makeSteps(tf: TensorFlow, losses: Record<string, LossOfLogits>, seed: number): Timed[] {
  const inputs = tf.randomNormal([BATCH, INPUTS], 0, 1, "float32", seed);
  const kernel = tf.variable(tf.randomNormal([INPUTS, CLASSES], 0, INPUTS ** -0.5, "float32", seed));
  const bias = tf.variable(tf.zeros([CLASSES]));
  const optimizer = tf.train.sgd(RATE);
  return Object.entries(losses).map(([name, loss]) => ({
    name,
    run() {
      const forward = () => loss(tf.add(tf.matMul(inputs, kernel), bias));
      const cost = optimizer.minimize(forward, true, [kernel, bias]);
      const [value = NaN] = cost.dataSync();
      cost.dispose();
      return value;
    },
  }));
}

/** Times the step with every loss, in turn. */
export async function measureTrainingStep(effort: Effort, seed: number): Promise<TrainingStep> {
  const { tf } = await loadTensorFlow();
  const { createLosses } = await loadLibrary();
  useBackend(tf, BACKEND);
  const data = makeData({ rows: BATCH, classes: CLASSES }, "multi-hot", seed) as PeerData;
  const losses = lossesOf(tf, createLosses(), data);
  check(tf, losses, data);
  const fastest = new Map<Timed, number>();
  for (const step of makeSteps(tf, losses, seed)) fastest.set(step, await warmUp(step, effort));
  const measurements = await measure(fastest, effort, randomNumbers(seed));
  const medians = new Map([...measurements].map(([{ name }, { samples }]) => [name, quantile(samples, 0.5)]));
  const timings = [...measurements].map(([{ name }, { samples }]): StepTiming => {
    const median = quantile(samples, 0.5);
    return {
      name,
      msPerStep: median / 1e6,
      timesComposed: (medians.get(COMPOSED) ?? NaN) / median,
      shareOfLoss: 1 - (medians.get(WITHOUT) ?? NaN) / median,
      spread: spreadOf(samples),
    };
  });
  return { batch: BATCH, inputs: INPUTS, classes: CLASSES, backend: BACKEND, timings };
}
