/** Trains the same model with zlpr and with its baseline, with two kernels each, and measures all four. */
import { createLosses } from "zlpr";
import type { Corpus } from "./corpus.ts";
import { Evaluator } from "./evaluate.ts";
import type { F1 } from "./metrics.ts";
import type { LinearModel } from "./model.ts";
import type { Progress } from "./progress.ts";
import { type Losses, type LossName, type Training, train } from "./train.ts";

/** Chosen on the validation split for three epochs; `npm start -- --tune` repeats the choice (see tune.ts). */
const LEARNING_RATES: Record<LossName, number> = { zlpr: 2, sigmoidCrossEntropy: 2 };

export const LOSS_NAMES: LossName[] = ["zlpr", "sigmoidCrossEntropy"];

const CHECKPOINTS_PER_EPOCH = 6;

export interface Setting {
  corpus: Corpus;
  validation: Evaluator;
  test: Evaluator;
  epochs: number;
  seed: number;
  progress: Progress;
}

/** How good the predictions on the test split are. */
export interface Quality {
  loss: LossName;
  learningRate: number;
  atZero: F1;
  /** At the threshold with the best micro F1 on the validation split. */
  tuned: F1 & { threshold: number };
  /** Micro F1 at the tuned threshold, less that at 0. */
  gain: number;
}

/** Where the time of a training went. */
export interface Timing {
  loss: LossName;
  kernel: Losses["variant"];
  lossSeconds: number;
  totalSeconds: number;
  /** On the test split at threshold 0: another kernel is to give the same model. */
  microF1: number;
}

/** On the validation split at threshold 0. */
export interface CurvePoint extends F1 {
  loss: LossName;
  epoch: number;
}

export interface Comparison {
  /** The model that zlpr trained. */
  model: LinearModel;
  qualities: Quality[];
  timings: Timing[];
  curve: CurvePoint[];
}

export function createSetting(corpus: Corpus, epochs: number, seed: number, progress: Progress): Setting {
  const validation = new Evaluator(corpus.validation, corpus.classes);
  const test = new Evaluator(corpus.test, corpus.classes);
  return { corpus, validation, test, epochs, seed, progress };
}

export function compare(setting: Setting): Comparison {
  const fastest = createLosses();
  const plain = createLosses({ variant: "js" });

  const runs = LOSS_NAMES.map((loss) => ({ loss, ...trainAndMeasure(fastest, loss, setting) }));
  const plainTimings = LOSS_NAMES.map((loss) => {
    const training = trainModel(plain, loss, LEARNING_RATES[loss], setting);
    return timing(plain, loss, training, setting.test.f1(training.model, 0));
  });
  return {
    model: runs[0].model,
    qualities: runs.map(({ quality }) => quality),
    timings: runs.flatMap((run, i) => [run.timing, plainTimings[i]]),
    curve: runs.flatMap(({ curve }) => curve),
  };
}

/** One training, its progress shown. `onPoint` gets the validation F1 several times an epoch, the clock stopped. */
export function trainModel(
  losses: Losses,
  loss: LossName,
  learningRate: number,
  { corpus, validation, epochs, seed, progress }: Setting,
  onPoint?: (point: CurvePoint) => void,
): Training {
  const title = `${loss}, ${losses.variant} kernel, learning rate ${learningRate}`;
  const training = train(losses, corpus.train, {
    loss,
    learningRate,
    epochs,
    seed,
    words: corpus.words,
    classes: corpus.classes,
    checkpointsPerEpoch: CHECKPOINTS_PER_EPOCH,
    onCheckpoint({ model, epoch, trainLoss }) {
      let state = `epoch ${epoch.toFixed(1)} of ${epochs}, training loss ${trainLoss.toFixed(3)}`;
      if (onPoint) {
        const point = { loss, epoch, ...validation.f1(model, 0) };
        onPoint(point);
        state += `, validation micro F1 ${point.micro.toFixed(3)}`;
      }
      progress.update(`${title}: ${state}`);
    },
  });
  progress.done(`${title}: trained in ${(training.totalTime / 1000).toFixed(1)} s`);
  return training;
}

function trainAndMeasure(
  losses: Losses,
  loss: LossName,
  setting: Setting,
): { model: LinearModel; quality: Quality; timing: Timing; curve: CurvePoint[] } {
  const learningRate = LEARNING_RATES[loss];
  const curve: CurvePoint[] = [];
  const training = trainModel(losses, loss, learningRate, setting, (point) => curve.push(point));

  const { model } = training;
  const threshold = setting.validation.bestThreshold(model);
  const atZero = setting.test.f1(model, 0);
  const tuned = { threshold, ...setting.test.f1(model, threshold) };
  return {
    model,
    quality: { loss, learningRate, atZero, tuned, gain: tuned.micro - atZero.micro },
    timing: timing(losses, loss, training, atZero),
    curve,
  };
}

function timing(losses: Losses, loss: LossName, { lossTime, totalTime }: Training, { micro }: F1): Timing {
  return {
    loss,
    kernel: losses.variant,
    lossSeconds: lossTime / 1000,
    totalSeconds: totalTime / 1000,
    microF1: micro,
  };
}
