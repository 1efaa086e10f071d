/** Writes the training data of the playground, a part of WordNet, to build/demo-data. */
import { mkdirSync, writeFileSync } from "node:fs";
import { evenlySpread } from "../../examples/wordnet/corpus.ts";
import { type Example, loadWordNet } from "../../examples/wordnet/data.ts";
import { buildVocabulary, knownWords, type Vocabulary } from "../../examples/wordnet/features.ts";
import { type CorpusText, encodeRows, ROWS_FILE, type Sample, TEXT_FILE } from "./format.ts";

const TRAIN = 10_000;
const VALIDATION = 2_000;
const LABELS = 160;
const SAMPLES = 40;
/** With fewer labels there is little to see. */
const LEAST_LABELS_OF_SAMPLE = 4;

const FOLDER = new URL("../../build/demo-data/", import.meta.url);

/** The most frequent labels come first: the others are cut off. */
function withFrequentLabels(examples: Example[]): Example[] {
  return examples.map((example) => ({ ...example, labels: example.labels.filter((c) => c < LABELS) }));
}

function samplesOf(examples: Example[], vocabulary: Vocabulary): Sample[] {
  const telling = examples.filter(
    ({ definition, labels }) =>
      labels.length >= LEAST_LABELS_OF_SAMPLE &&
      definition.length < 80 &&
      knownWords(definition, vocabulary).length >= 5,
  );
  return evenlySpread(telling, SAMPLES).map(({ words: [noun], definition, labels }) => ({
    noun,
    definition,
    labels,
  }));
}

const wordNet = loadWordNet(100);
const train = withFrequentLabels(evenlySpread(wordNet.train, TRAIN));
const validation = withFrequentLabels(evenlySpread(wordNet.validation, VALIDATION));
const vocabulary = buildVocabulary(train.map(({ definition }) => definition));

const text: CorpusText = {
  labels: wordNet.labels.slice(0, LABELS),
  vocabulary: [...vocabulary.index.keys()],
  idf: vocabulary.idf.map((weight) => Number(weight.toFixed(4))),
  train: train.length,
  validation: validation.length,
  samples: samplesOf(withFrequentLabels(wordNet.test), vocabulary),
};
const rows = [...train, ...validation].map(({ definition, labels }) => ({
  words: knownWords(definition, vocabulary),
  labels,
}));

mkdirSync(FOLDER, { recursive: true });
writeFileSync(new URL(TEXT_FILE, FOLDER), JSON.stringify(text));
writeFileSync(new URL(ROWS_FILE, FOLDER), encodeRows(rows));
