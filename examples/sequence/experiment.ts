/** Trains the same model with zlpr and with its baseline, from several seeds, and measures both. */
import type { Losses } from "zlpr";
import { type Quality, qualityAt, type Scored, scoreAll, tunedThreshold } from "./evaluate.ts";
import type { Scorer, Task } from "./task.ts";
import { type LossName, train } from "./train.ts";

export const LOSS_NAMES: LossName[] = ["zlpr", "sigmoidCrossEntropy"];

/** The learning rates that `tune` compares, the same for both losses. */
const GRID = [0.01, 0.02, 0.03, 0.05, 0.1];

export interface Setting {
  learningRates: Record<LossName, number>;
  epochs: number;
  seeds: number;
}

/** Of the test sentences; means over the seeds. */
export interface Comparison {
  loss: LossName;
  learningRate: number;
  /** At threshold 0. */
  atZero: Quality;
  /** Lowest and highest F1 at threshold 0 of a seed. */
  range: [lowest: number, highest: number];
  /** At the threshold with the highest F1 on the validation sentences. */
  tuned: { threshold: number; f1: number };
  lossSeconds: number;
  /** The model of the last seed. */
  scorer: Scorer;
}

export function compare(losses: Losses, loss: LossName, task: Task, setting: Setting): Comparison {
  const learningRate = setting.learningRates[loss];
  const runs = Array.from({ length: setting.seeds }, (_, i) => {
    const { scorer, lossTime } = train(losses, task, {
      loss,
      learningRate,
      epochs: setting.epochs,
      seed: i + 1,
    });
    const threshold = tunedThreshold(scored(scorer, task, "validation"));
    const test = scored(scorer, task, "test");
    const tuned = qualityAt(threshold, test).f1;
    return { scorer, lossTime, threshold, tuned, atZero: qualityAt(0, test) };
  });
  const f1s = runs.map(({ atZero }) => atZero.f1);
  return {
    loss,
    learningRate,
    atZero: {
      f1: mean(f1s),
      precision: mean(runs.map(({ atZero }) => atZero.precision)),
      recall: mean(runs.map(({ atZero }) => atZero.recall)),
    },
    range: [Math.min(...f1s), Math.max(...f1s)],
    tuned: {
      threshold: mean(runs.map(({ threshold }) => threshold)),
      f1: mean(runs.map(({ tuned }) => tuned)),
    },
    lossSeconds: mean(runs.map(({ lossTime }) => lossTime)) / 1000,
    scorer: (runs.at(-1) as (typeof runs)[number]).scorer,
  };
}

/** The choice of a learning rate: the highest F1 at threshold 0 wins, on the validation sentences. */
export function tune(
  losses: Losses,
  loss: LossName,
  task: Task,
  epochs: number,
): { loss: LossName; learningRate: number; f1: number }[] {
  return GRID.map((learningRate) => {
    const { scorer } = train(losses, task, { loss, learningRate, epochs, seed: 1 });
    return { loss, learningRate, f1: qualityAt(0, scored(scorer, task, "validation")).f1 };
  });
}

function scored(scorer: Scorer, task: Task, split: "validation" | "test"): Scored {
  return scoreAll(scorer, task.layout, task[split]);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
