/** Embeddings of WordNet's definitions and their labels, as the files that the page fetches. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evenlySpread } from "../wordnet/corpus.ts";
import { type Example, loadWordNet } from "../wordnet/data.ts";
import { buildVocabulary, encode, type Vocabulary } from "../wordnet/features.ts";
import { seededRandom } from "../wordnet/random.ts";
import { indexRows } from "../wordnet/sparse.ts";

/** A label needs this many examples. */
const MIN_EXAMPLES = 1000;
const DIMENSIONS = 384;
/** Coordinates are stored as Int8, the greatest as this. */
const GREATEST = 127;

/** How many examples to train with and to validate with. */
export interface Sizes {
  train: number;
  validation: number;
}

/** Writes embeddings.bin, an Int8Array [train + validation, dimensions], and embeddings.json, which says what is in it. */
export function writeEmbeddings(folder: string, sizes: Sizes): void {
  const dataset = loadWordNet(MIN_EXAMPLES);
  const train = evenlySpread(dataset.train, sizes.train);
  const validation = evenlySpread(dataset.validation, sizes.validation);
  const vocabulary = buildVocabulary(train.map(({ definition }) => definition));
  const rows = embed([...train, ...validation], vocabulary);
  const labelsOf = (examples: Example[]) => {
    const { offsets, indices } = indexRows(examples.map(({ labels }) => labels));
    return { rows: examples.length, offsets: [...offsets], indices: [...indices] };
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "embeddings.bin"), rows);
  writeFileSync(
    join(folder, "embeddings.json"),
    JSON.stringify({
      dimensions: DIMENSIONS,
      labels: dataset.labels,
      train: labelsOf(train),
      validation: labelsOf(validation),
    }),
  );
}

/**
 * Stands for the encoder of a language model, which an example should not need to download: the tf-idf sum of a vector a
 * word, of random signs. Words are nearly orthogonal, so that a linear head can tell them apart.
 */
function embed(examples: Example[], vocabulary: Vocabulary): Int8Array {
  const { offsets, indices, values } = encode(
    examples.map(({ definition }) => definition),
    vocabulary,
  );
  const signs = vocabulary.idf.map((_, word) => randomSigns(word));
  const sums = new Float32Array(examples.length * DIMENSIONS);
  for (let row = 0; row < examples.length; row++) {
    for (let k = offsets[row]; k < offsets[row + 1]; k++) {
      const vector = signs[indices[k]];
      for (let d = 0; d < DIMENSIONS; d++) sums[row * DIMENSIONS + d] += values[k] * vector[d];
    }
  }
  const greatest = sums.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int8Array.from(sums, (value) => Math.round((value / greatest) * GREATEST));
}

function randomSigns(seed: number): Int8Array {
  const random = seededRandom(seed);
  return Int8Array.from({ length: DIMENSIONS }, () => (random() < 0.5 ? -1 : 1));
}
