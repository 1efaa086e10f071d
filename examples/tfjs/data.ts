/** WordNet definitions as tensors: bags of the most frequent words, and multi-hot ancestors. */
import * as tf from "@tensorflow/tfjs";
import { evenlySpread } from "../wordnet/corpus.ts";
import { type Example, loadWordNet } from "../wordnet/data.ts";
import { buildVocabulary, encode, type Vocabulary } from "../wordnet/features.ts";
import { seededRandom, shuffle } from "../wordnet/random.ts";

export interface Sizes {
  /** Definitions to train with, those for validation included; a quarter as many are to test. */
  examples: number;
  /** Words of the vocabulary. */
  words: number;
  /** A label needs so many examples in all of WordNet. */
  minExamples: number;
}

interface Split {
  examples: Example[];
  /** [examples, words] */
  inputs: tf.Tensor2D;
  /** [examples, classes], 0 and 1. */
  labels: tf.Tensor2D;
}

export interface Data {
  /** The name of each class. */
  names: string[];
  words: number;
  train: Split;
  test: Split;
}

export function loadData({ examples, words, minExamples }: Sizes): Data {
  const { labels: names, train, test } = loadWordNet(minExamples);
  // WordNet is ordered by subject, and the examples to validate with are the last ones.
  const some = inRandomOrder(evenlySpread(train, examples), 1);
  const vocabulary = mostFrequent(buildVocabulary(some.map(({ definition }) => definition)), words);
  return {
    names,
    words: vocabulary.idf.length,
    train: toSplit(some, vocabulary, names.length),
    test: toSplit(inRandomOrder(evenlySpread(test, Math.ceil(examples / 4)), 2), vocabulary, names.length),
  };
}

function inRandomOrder<T>(items: T[], seed: number): T[] {
  const order = Int32Array.from(items.keys());
  shuffle(order, seededRandom(seed));
  return Array.from(order, (i) => items[i]);
}

/** The words that most definitions have: those of the lowest inverse document frequency. */
function mostFrequent({ index, idf }: Vocabulary, count: number): Vocabulary {
  const kept = [...index].sort(([, a], [, b]) => idf[a] - idf[b]).slice(0, count);
  return { index: new Map(kept.map(([word], i) => [word, i])), idf: kept.map(([, word]) => idf[word]) };
}

function toSplit(examples: Example[], vocabulary: Vocabulary, classes: number): Split {
  const rows = examples.length;
  const words = vocabulary.idf.length;
  const { offsets, indices, values } = encode(
    examples.map(({ definition }) => definition),
    vocabulary,
  );
  const inputs = new Float32Array(rows * words);
  const labels = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    for (let k = offsets[row]; k < offsets[row + 1]; k++) inputs[row * words + indices[k]] = values[k];
    for (const label of examples[row].labels) labels[row * classes + label] = 1;
  }
  return {
    examples,
    inputs: tf.tensor2d(inputs, [rows, words]),
    labels: tf.tensor2d(labels, [rows, classes]),
  };
}
