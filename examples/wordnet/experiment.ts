/** Trains the same model with several losses, with two kernels each, and measures them all. */
import { createLosses, type Losses } from "zlpr";
import type { Corpus } from "./corpus.ts";
import { Evaluator } from "./evaluate.ts";
import type { Entry } from "./losses.ts";
import type { LinearModel } from "./model.ts";
import type { Progress } from "./progress.ts";
import { type Quality, qualityOf } from "./quality.ts";
import type { Rates } from "./rates.ts";
import { type Training, train } from "./train.ts";

const CHECKPOINTS_PER_EPOCH = 6;

export interface Setting {
  corpus: Corpus;
  validation: Evaluator;
  test: Evaluator;
  epochs: number;
  progress: Progress;
}

export interface Run extends Quality {
  title: string;
  learningRate: number;
}

/** Where the time of a training went. */
export interface Timing {
  title: string;
  kernel: Losses["variant"];
  lossSeconds: number;
  totalSeconds: number;
  /** On the test split at threshold 0: another kernel is to give the same model. */
  microF1: number;
}

/** F1 on the validation split: at threshold 0, or where it is best if the loss has no threshold. */
export interface CurvePoint {
  title: string;
  hasThreshold: boolean;
  epoch: number;
  microF1: number;
  macroF1: number;
}

export interface Comparison {
  /** The model that the first loss trained. */
  model: LinearModel;
  runs: Run[];
  timings: Timing[];
  curve: CurvePoint[];
}

export function createSetting(corpus: Corpus, epochs: number, progress: Progress): Setting {
  const validation = new Evaluator(corpus.validation, corpus.classes);
  const test = new Evaluator(corpus.test, corpus.classes);
  return { corpus, validation, test, epochs, progress };
}

export function compare(entries: Entry[], rates: Rates, seed: number, setting: Setting): Comparison {
  const fastest = createLosses();
  const plain = createLosses({ variant: "js" });
  const { validation, test } = setting;
  const curve: CurvePoint[] = [];

  const results = entries.map((entry) => {
    const learningRate = rates[entry.title];
    const training = trainModel(fastest, entry, learningRate, seed, setting, (point) => curve.push(point));
    const { model } = training;
    const run = { title: entry.title, learningRate, ...qualityOf(model, validation, test) };
    return { model, run, timing: timingOf(fastest, entry, training, run.microF1.atZero) };
  });
  const plainTimings = entries.map((entry) => {
    const training = trainModel(plain, entry, rates[entry.title], seed, setting);
    return timingOf(plain, entry, training, test.evaluate(training.model, 0).microF1);
  });
  return {
    model: results[0].model,
    runs: results.map(({ run }) => run),
    timings: results.flatMap(({ timing }, i) => [timing, plainTimings[i]]),
    curve,
  };
}

/** One training, its progress shown. `onPoint` gets the validation F1 several times an epoch, the clock stopped. */
export function trainModel(
  losses: Losses,
  entry: Entry,
  learningRate: number,
  seed: number,
  { corpus, validation, epochs, progress }: Setting,
  onPoint?: (point: CurvePoint) => void,
): Training {
  const { title, hasThreshold } = entry;
  const heading = `${title}, ${losses.variant} kernel, learning rate ${learningRate}, seed ${seed}`;
  const training = train(losses, corpus.train, {
    entry,
    learningRate,
    epochs,
    seed,
    words: corpus.words,
    classes: corpus.classes,
    checkpointsPerEpoch: CHECKPOINTS_PER_EPOCH,
    onCheckpoint({ model, epoch, trainLoss }) {
      let state = `epoch ${epoch.toFixed(1)} of ${epochs}, training loss ${trainLoss.toFixed(3)}`;
      if (onPoint) {
        const threshold = hasThreshold ? 0 : validation.bestThreshold(model, "microF1").threshold;
        const { microF1, macroF1 } = validation.evaluate(model, threshold);
        onPoint({ title, hasThreshold, epoch, microF1, macroF1 });
        state += `, validation micro F1 ${microF1.toFixed(3)}`;
      }
      progress.update(`${heading}: ${state}`);
    },
  });
  progress.done(`${heading}: trained in ${(training.totalTime / 1000).toFixed(1)} s`);
  return training;
}

function timingOf(
  losses: Losses,
  { title }: Entry,
  { lossTime, totalTime }: Training,
  microF1: number,
): Timing {
  return {
    title,
    kernel: losses.variant,
    lossSeconds: lossTime / 1000,
    totalSeconds: totalTime / 1000,
    microF1,
  };
}
