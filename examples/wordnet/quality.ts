/** How good the predictions of a trained model are, at the threshold 0 and at tuned ones. */
import type { Evaluator } from "./evaluate.ts";
import type { LinearModel } from "./model.ts";

/** A measure on the test split. */
export interface Tuned {
  atZero: number;
  /** At the threshold where this very measure is best on the validation split. */
  tuned: number;
  threshold: number;
}

export interface Quality {
  microF1: Tuned;
  macroF1: Tuned;
  /** Label ranking average precision: no threshold enters into it. */
  lrap: number;
}

export function qualityOf(model: LinearModel, validation: Evaluator, test: Evaluator): Quality {
  const atZero = test.evaluate(model, 0);
  const tune = (metric: "microF1" | "macroF1"): Tuned => {
    const { threshold } = validation.bestThreshold(model, metric);
    return { atZero: atZero[metric], tuned: test.evaluate(model, threshold)[metric], threshold };
  };
  return { microF1: tune("microF1"), macroF1: tune("macroF1"), lrap: atZero.averagePrecision };
}
