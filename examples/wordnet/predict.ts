/** Predicted ancestors of a definition. */
import type { Corpus } from "./corpus.ts";
import type { Example } from "./data.ts";
import { encode } from "./features.ts";
import type { LinearModel } from "./model.ts";

export interface Prediction {
  definition: string;
  /** How many of its words the model has weights for. */
  knownWords: number;
  /** The labels with a score above 0, the highest score first. */
  predicted: string[];
}

/** The prediction for an example whose labels are known. */
export interface CheckedPrediction extends Prediction {
  words: string[];
  /** The right labels, the most frequent one first. */
  ancestors: string[];
}

export function predict(definition: string, model: LinearModel, { dataset, vocabulary }: Corpus): Prediction {
  const features = encode([definition], vocabulary);
  const scores = new Float32Array(model.classes);
  model.score(features, Int32Array.of(0), scores);
  const predicted = [...scores.keys()].filter((c) => scores[c] > 0).sort((a, b) => scores[b] - scores[a]);
  return {
    definition,
    knownWords: features.indices.length,
    predicted: predicted.map((c) => dataset.labels[c]),
  };
}

/** Predictions for a few examples of the test split, evenly spread over it. */
export function predictTestExamples(count: number, model: LinearModel, corpus: Corpus): CheckedPrediction[] {
  const { test, labels } = corpus.dataset;
  const examples = Array.from(
    { length: count },
    (_, i): Example => test[Math.floor(((i + 0.5) * test.length) / count)],
  );
  return examples.map((example) => ({
    ...predict(example.definition, model, corpus),
    words: example.words,
    ancestors: example.labels.map((c) => labels[c]),
  }));
}
