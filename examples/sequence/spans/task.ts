/** Nested named entities: every span of a sentence is a class, once for each type. */
import { type Dataset, type Example, loadWordNet } from "../../wordnet/data.ts";
import { seededRandom } from "../../wordnet/random.ts";
import type { Sentence } from "../batch.ts";
import { FeatureIndex } from "../features.ts";
import { spanLayout } from "../layout.ts";
import type { Task } from "../task.ts";
import { SpanScorer } from "./scorer.ts";
import { findNouns, type Phrase, TYPES, Writer } from "./sentences.ts";

const LENGTH = 32;

/** The labels that nouns are found by have many more. */
const MIN_EXAMPLES = 200;

export interface SpanTask extends Task {
  /** Spans in the test sentences, and how many of them lie within another one. */
  testSpans: { all: number; nested: number };
}

/** Each split of the sentences is made of the nouns of a split of WordNet: to test with, names are new. */
export function createSpanTask(options: { train: number; test: number; bias: number }): SpanTask {
  const dataset = loadWordNet(MIN_EXAMPLES);
  const train = write(dataset, dataset.train, options.train, 1);
  const validation = write(dataset, dataset.validation, options.test, 2);
  const test = write(dataset, dataset.test, options.test, 3);
  const index = new FeatureIndex(train.map(({ tokens }) => tokens));
  const encode = (phrases: Phrase[]): Sentence[] =>
    phrases.map(({ tokens, entities }) => ({
      tokens,
      features: index.encode(tokens),
      positives: TYPES.map((type) => [
        ...new Set(
          entities.filter((entity) => entity.type === type).map(({ start, end }) => start * LENGTH + end),
        ),
      ]),
    }));
  return {
    layout: spanLayout(TYPES.length, LENGTH),
    train: encode(train),
    validation: encode(validation),
    test: encode(test),
    createScorer: (random) => new SpanScorer(index.size, TYPES.length, LENGTH, options.bias, random),
    describe: ({ tokens }, row, index) =>
      `${TYPES[row]}: ${tokens.slice(Math.floor(index / LENGTH), (index % LENGTH) + 1).join(" ")}`,
    testSpans: countSpans(test),
  };
}

function write(dataset: Dataset, examples: Example[], count: number, seed: number): Phrase[] {
  const writer = new Writer(findNouns(dataset, examples), seededRandom(seed));
  return Array.from({ length: count }, () => writer.sentence(LENGTH));
}

function countSpans(phrases: Phrase[]): { all: number; nested: number } {
  let [all, nested] = [0, 0];
  for (const { entities } of phrases) {
    all += entities.length;
    nested += entities.filter((inner) =>
      entities.some((outer) => outer !== inner && outer.start <= inner.start && inner.end <= outer.end),
    ).length;
  }
  return { all, nested };
}
