import type { Predictions } from "../../predict/predictions.js";

/** Writes predictions, some rows at a time. */
export interface PredictionWriter {
  add(predictions: Predictions): void;
  end(): void;
}
