/* The training data as the models take it. */
import { tfIdf, type Vocabulary } from "../../examples/wordnet/features.ts";
import { indexRows, sparseRows } from "../../examples/wordnet/sparse.ts";
import type { Split } from "../../examples/wordnet/split.ts";
import { type CorpusText, decodeRows, type Row } from "../data/format.ts";

export interface Corpus {
  text: CorpusText;
  vocabulary: Vocabulary;
  train: Split;
  validation: Split;
}

export function corpusOf(text: CorpusText, numbers: Uint16Array): Corpus {
  const rows = decodeRows(numbers);
  return {
    text,
    vocabulary: { index: new Map(text.vocabulary.map((word, index) => [word, index])), idf: text.idf },
    train: splitOf(rows.slice(0, text.train), text.idf),
    validation: splitOf(rows.slice(text.train), text.idf),
  };
}

function splitOf(rows: Row[], idf: number[]): Split {
  return {
    size: rows.length,
    features: sparseRows(rows.map(({ words }) => tfIdf(words, idf))),
    labels: indexRows(rows.map(({ labels }) => labels)),
  };
}
