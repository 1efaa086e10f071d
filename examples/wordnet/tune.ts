/** The choice of the learning rates: the same grid and the same measure for all losses, on the validation split. */
import { createLosses } from "zlpr";
import { type Setting, trainModel } from "./experiment.ts";
import type { Entry } from "./losses.ts";
import type { Rates } from "./rates.ts";

const GRID = [0.25, 0.5, 1, 2, 4];

export interface Trial {
  title: string;
  learningRate: number;
  /** Micro F1 on the validation split at its best threshold, so that losses without one compete too: the highest wins. */
  bestMicroF1: number;
  threshold: number;
  microF1AtZero: number;
}

export function tune(entries: Entry[], seed: number, setting: Setting): Trial[] {
  const losses = createLosses();
  return entries.flatMap((entry) =>
    GRID.map((learningRate) => {
      const { model } = trainModel(losses, entry, learningRate, seed, setting);
      const { value, threshold } = setting.validation.bestThreshold(model, "microF1");
      const { microF1 } = setting.validation.evaluate(model, 0);
      return {
        title: entry.title,
        learningRate,
        bestMicroF1: value,
        threshold,
        microF1AtZero: microF1,
      };
    }),
  );
}

/** The best rate of each entry. */
export function chooseRates(trials: Trial[]): Rates {
  const best = new Map<string, Trial>();
  for (const trial of trials) {
    if (trial.bestMicroF1 > (best.get(trial.title)?.bestMicroF1 ?? -1)) best.set(trial.title, trial);
  }
  return Object.fromEntries([...best].map(([title, { learningRate }]) => [title, learningRate]));
}
