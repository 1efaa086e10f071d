/** Predicted ancestors of a definition. */
import { topK } from "zlpr";
import { type Corpus, evenlySpread } from "./corpus.ts";
import { encode } from "./features.ts";
import type { LinearModel } from "./model.ts";

export interface Prediction {
  definition: string;
  /** How many of its words the model has weights for. */
  knownWords: number;
  /** The labels with a score above the threshold, the highest score first. */
  predicted: string[];
}

/** The prediction for an example whose labels are known. */
export interface CheckedPrediction extends Prediction {
  words: string[];
  /** The right labels, the most frequent one first. */
  ancestors: string[];
}

export function predict(
  definition: string,
  model: LinearModel,
  threshold: number,
  { dataset, vocabulary }: Corpus,
): Prediction {
  const { classes } = model;
  const features = encode([definition], vocabulary);
  const scores = new Float32Array(classes);
  model.score(features, Int32Array.of(0), scores);
  const { indices } = topK(scores, { classes, k: classes, threshold });
  return {
    definition,
    knownWords: features.indices.length,
    predicted: Array.from(indices, (c) => dataset.labels[c]),
  };
}

/** Predictions for a few examples of the test split, evenly spread over it. */
export function predictTestExamples(
  count: number,
  model: LinearModel,
  threshold: number,
  corpus: Corpus,
): CheckedPrediction[] {
  const { test, labels } = corpus.dataset;
  return evenlySpread(test, count).map((example) => ({
    ...predict(example.definition, model, threshold, corpus),
    words: example.words,
    ancestors: example.labels.map((c) => labels[c]),
  }));
}
