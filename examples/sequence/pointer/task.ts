/**
 * 0-1 labels for a sequence: which words of a WordNet definition name what it defines? Those that name an ancestor (a
 * hypernym) of the noun: "a reception or party at which tea is served" has two, others one or none.
 */
import { type Example, loadWordNet } from "../../wordnet/data.ts";
import { FeatureIndex, tokenize } from "../features.ts";
import { positionLayout } from "../layout.ts";
import type { Task } from "../task.ts";
import { PointerScorer } from "./scorer.ts";

/** Longer definitions, of which there are few, are left out. */
const LENGTH = 32;

export interface PointerTask extends Task {
  /** [k]: test definitions with k positive words. */
  testCounts: number[];
}

export function createPointerTask(sizes: { train: number; test: number }): PointerTask {
  const dataset = loadWordNet(1);
  const read = (examples: Example[], count: number): { tokens: string[]; positives: number[][] }[] => {
    const short = examples
      .map(({ definition, labels }) => ({ tokens: tokenize(definition), labels }))
      .filter(({ tokens }) => tokens.length > 0 && tokens.length <= LENGTH);
    // Evenly spread over the file, which is ordered by subject.
    const every = Math.max(1, Math.floor(short.length / count));
    return short
      .filter((_, i) => i % every === 0)
      .slice(0, count)
      .map(({ tokens, labels }) => {
        const ancestors = new Set(labels.map((label) => dataset.labels[label]));
        return {
          tokens,
          positives: [[...tokens.keys()].filter((at) => ancestors.has(tokens[at].toLowerCase()))],
        };
      });
  };
  const train = read(dataset.train, sizes.train);
  const index = new FeatureIndex(train.map(({ tokens }) => tokens));
  const encode = (examples: ReturnType<typeof read>) =>
    examples.map((example) => ({ ...example, features: index.encode(example.tokens) }));
  const test = encode(read(dataset.test, sizes.test));
  return {
    layout: positionLayout(LENGTH),
    train: encode(train),
    validation: encode(read(dataset.validation, sizes.test)),
    test,
    createScorer: (random) => new PointerScorer(index.size, LENGTH, random),
    describe: ({ tokens }, _, index) => tokens[index],
    testCounts: countPositives(test),
  };
}

function countPositives(sentences: { positives: number[][] }[]): number[] {
  const counts: number[] = [];
  for (const { positives } of sentences) {
    const count = positives[0].length;
    counts[count] = (counts[count] ?? 0) + 1;
  }
  return Array.from(counts, (count) => count ?? 0);
}
