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
  train: Split;
  validation: Split;
  test: Split;
}

export function loadCorpus(): Corpus {
  const dataset = loadWordNet(MIN_EXAMPLES);
  const vocabulary = buildVocabulary(dataset.train.map(({ definition }) => definition));
  return {
    dataset,
    vocabulary,
    words: vocabulary.idf.length,
    classes: dataset.labels.length,
    train: encodeSplit(dataset.train, vocabulary),
    validation: encodeSplit(dataset.validation, vocabulary),
    test: encodeSplit(dataset.test, vocabulary),
  };
}
