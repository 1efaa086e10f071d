/* The two files of the training data, as the script writes them and the page reads them. */

export const TEXT_FILE = "wordnet.json";
export const ROWS_FILE = "wordnet.bin";

/** What is text: names, words, and a few definitions to try the models on. */
export interface CorpusText {
  /** The most frequent one first. */
  labels: string[];
  vocabulary: string[];
  /** Inverse document frequency of every word. */
  idf: number[];
  /** Numbers of examples. */
  train: number;
  validation: number;
  samples: Sample[];
}

/** A definition that no model is trained on. */
export interface Sample {
  noun: string;
  definition: string;
  /** Indices of its labels. */
  labels: number[];
}

/** An example as indices into the vocabulary and the labels. */
export interface Row {
  words: number[];
  labels: number[];
}

/** 16 bits a number: of every row the number of its words, its words, the number of its labels, its labels. */
export function encodeRows(rows: Row[]): Uint16Array {
  return Uint16Array.from(
    rows.flatMap(({ words, labels }) => [words.length, ...words, labels.length, ...labels]),
  );
}

export function decodeRows(numbers: Uint16Array): Row[] {
  const rows: Row[] = [];
  let at = 0;
  const list = (): number[] => {
    const end = at + 1 + numbers[at];
    const items = Array.from(numbers.subarray(at + 1, end));
    at = end;
    return items;
  };
  while (at < numbers.length) rows.push({ words: list(), labels: list() });
  return rows;
}
