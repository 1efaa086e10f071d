/** All losses against each other: each trained several times, with another order of the examples each time. */
import { deviation, mean } from "d3-array";
import { createLosses, type Losses } from "zlpr";
import { type Run, type Setting, trainModel } from "./experiment.ts";
import type { Entry } from "./losses.ts";
import { qualityOf } from "./quality.ts";
import type { Rates } from "./rates.ts";

export interface SeededRun extends Run {
  seed: number;
  kernel: Losses["variant"];
  lossSeconds: number;
  totalSeconds: number;
}

/** Over the seeds. */
export interface Spread {
  mean: number;
  /** Standard deviation of the sample; missing for a single seed. */
  deviation: number | undefined;
}

export interface Summary {
  title: string;
  hasThreshold: boolean;
  learningRate: number;
  microF1: Record<"atZero" | "tuned" | "threshold", Spread>;
  macroF1: Record<"atZero" | "tuned" | "threshold", Spread>;
  lrap: Spread;
  lossSeconds: Spread;
  totalSeconds: Spread;
}

/** One seed after the other, so that a machine that slows down does so for all losses. */
export function runAll(entries: Entry[], rates: Rates, seeds: number[], setting: Setting): SeededRun[] {
  const losses = createLosses();
  return seeds.flatMap((seed) =>
    entries.map((entry) => {
      const learningRate = rates[entry.title];
      const { model, lossTime, totalTime } = trainModel(losses, entry, learningRate, seed, setting);
      return {
        title: entry.title,
        learningRate,
        seed,
        kernel: losses.variant,
        ...qualityOf(model, setting.validation, setting.test),
        lossSeconds: lossTime / 1000,
        totalSeconds: totalTime / 1000,
      };
    }),
  );
}

/** The runs of each entry together, the highest tuned micro F1 first. */
export function summarize(entries: Entry[], runs: SeededRun[]): Summary[] {
  return entries
    .map(({ title, hasThreshold }) => {
      const own = runs.filter((run) => run.title === title);
      const spread = (value: (run: SeededRun) => number): Spread => {
        const values = own.map(value);
        return { mean: mean(values) ?? Number.NaN, deviation: deviation(values) };
      };
      const tuned = (metric: "microF1" | "macroF1"): Summary["microF1"] => ({
        atZero: spread((run) => run[metric].atZero),
        tuned: spread((run) => run[metric].tuned),
        threshold: spread((run) => run[metric].threshold),
      });
      return {
        title,
        hasThreshold,
        learningRate: own[0].learningRate,
        microF1: tuned("microF1"),
        macroF1: tuned("macroF1"),
        lrap: spread(({ lrap }) => lrap),
        lossSeconds: spread(({ lossSeconds }) => lossSeconds),
        totalSeconds: spread(({ totalSeconds }) => totalSeconds),
      };
    })
    .sort((a, b) => b.microF1.tuned.mean - a.microF1.tuned.mean);
}
