/** Something to learn: sentences, and what scores their classes. */
import type { Sentence } from "./batch.ts";
import type { Embedding } from "./embedding.ts";
import type { Layout } from "./layout.ts";

export interface Task {
  layout: Layout;
  train: Sentence[];
  validation: Sentence[];
  test: Sentence[];
  createScorer(random: () => number): Scorer;
  /** A class of a row as a reader wants to see it. */
  describe(sentence: Sentence, row: number, index: number): string;
}

/** A model, with its gradient by hand. */
export interface Scorer {
  /** All that is trained. */
  readonly tables: readonly Embedding[];
  /** Writes a score for each class of the sentences into `logits`, [sentences × rows, classes]; -∞ for what is not there. */
  score(sentences: Sentence[], logits: Float32Array): void;
  /** One step of Adagrad for the sentences scored last; `grad` is the gradient of the loss with respect to the logits. */
  step(sentences: Sentence[], grad: Float32Array, rate: number): void;
}
