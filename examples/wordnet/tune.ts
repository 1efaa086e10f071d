/** The choice of the learning rates: the same grid and the same measure for both losses, on the validation split. */
import { createLosses } from "zlpr";
import { LOSS_NAMES, type Setting, trainModel } from "./experiment.ts";
import type { LossName } from "./train.ts";

const GRID = [0.5, 1, 2, 4];

export interface Trial {
  loss: LossName;
  learningRate: number;
  /** Micro F1 on the validation split at threshold 0: the highest wins. */
  microF1: number;
  /** Micro F1 on the validation split at the best threshold. */
  tunedMicroF1: number;
  threshold: number;
}

export function tune(setting: Setting): Trial[] {
  const losses = createLosses();
  return LOSS_NAMES.flatMap((loss) =>
    GRID.map((learningRate) => {
      const { model } = trainModel(losses, loss, learningRate, setting);
      const threshold = setting.validation.bestThreshold(model);
      const { micro: microF1 } = setting.validation.f1(model, 0);
      const { micro: tunedMicroF1 } = setting.validation.f1(model, threshold);
      return { loss, learningRate, microF1, tunedMicroF1, threshold };
    }),
  );
}
