/** The data set, its vocabulary and its three splits. */
import { type Dataset, loadWordNet } from "./data.ts";
import { buildVocabulary, type Vocabulary } from "./features.ts";
import { encodeSplit, type Split } from "./split.ts";

/** A label needs this many examples. */
const MIN_EXAMPLES = 50;

export interface Corpus {
  dataset: Dataset;
  vocabulary: Vocabulary;
  words: number;
  classes: number;
  /** The greatest number of labels that an example to train with has. */
  maxLabels: number;
  train: Split;
  validation: Split;
  test: Split;
}

/** `examples`: train with so many at most, evenly spread; the other splits and the labels stay as they are. */
export function loadCorpus(examples = Infinity): Corpus {
  const dataset = loadWordNet(MIN_EXAMPLES);
  const train = evenlySpread(dataset.train, examples);
  const vocabulary = buildVocabulary(train.map(({ definition }) => definition));
  return {
    dataset,
    vocabulary,
    words: vocabulary.idf.length,
    classes: dataset.labels.length,
    maxLabels: Math.max(...train.map(({ labels }) => labels.length)),
    train: encodeSplit(train, vocabulary),
    validation: encodeSplit(dataset.validation, vocabulary),
    test: encodeSplit(dataset.test, vocabulary),
  };
}

/** So many elements of an array, or all if it has fewer. */
export function evenlySpread<T>(array: T[], count: number): T[] {
  const length = Math.min(count, array.length);
  return Array.from({ length }, (_, i) => array[Math.floor(((i + 0.5) * array.length) / length)]);
}
