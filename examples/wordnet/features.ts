/** Definitions as bags of words, weighted by tf-idf. */
import { type SparseRows, sparseRows } from "./sparse.ts";

const MIN_COUNT = 3;
/** Words of every tenth definition and more ("of", "the") tell little and would take a quarter of the training time. */
const MAX_SHARE = 0.1;

export interface Vocabulary {
  index: Map<string, number>;
  /** Inverse document frequency of every word: the rarer, the more it tells. */
  idf: number[];
}

export function buildVocabulary(definitions: string[]): Vocabulary {
  const frequency = new Map<string, number>();
  for (const definition of definitions) {
    for (const word of new Set(tokenize(definition))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const vocabulary: Vocabulary = { index: new Map(), idf: [] };
  for (const [word, count] of frequency) {
    if (count < MIN_COUNT || count > MAX_SHARE * definitions.length) continue;
    vocabulary.index.set(word, vocabulary.idf.length);
    vocabulary.idf.push(Math.log(definitions.length / count));
  }
  return vocabulary;
}

/** tf-idf rows of Euclidean length 1, so that a long definition weighs no more than a short one. */
export function encode(definitions: string[], vocabulary: Vocabulary): SparseRows {
  return sparseRows(
    definitions.map((definition) => tfIdf(knownWords(definition, vocabulary), vocabulary.idf)),
  );
}

/** The words of a definition that the vocabulary has, in their order. */
export function knownWords(definition: string, { index }: Vocabulary): number[] {
  return tokenize(definition).flatMap((token) => index.get(token) ?? []);
}

/** The weight of every word. */
export function tfIdf(words: Iterable<number>, idf: number[]): Map<number, number> {
  const row = new Map<number, number>();
  for (const word of words) row.set(word, (row.get(word) ?? 0) + idf[word]);
  const norm = Math.hypot(...row.values());
  for (const [word, weight] of row) row.set(word, weight / norm);
  return row;
}

function tokenize(definition: string): string[] {
  return definition.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
