/** Sentences as a loss takes them: sparse labels, and a mask for what is not there. */
import type { SparseLabels } from "zlpr";
import type { Layout } from "./layout.ts";

export interface Sentence {
  tokens: string[];
  /** The features of each token. */
  features: Int32Array[];
  /** The positive classes of each of its rows. */
  positives: number[][];
}

/** The positive classes of all rows, one list after the other. */
export function sparseLabels(sentences: Sentence[]): SparseLabels {
  const rows = sentences.flatMap(({ positives }) => positives);
  const offsets = new Int32Array(rows.length + 1);
  for (let row = 0; row < rows.length; row++) offsets[row + 1] = offsets[row] + rows[row].length;
  return { offsets, indices: Int32Array.from(rows.flat()) };
}

/** Makes masks. Those of all sentences of one number of tokens are the same, and made once. */
export class Masks {
  readonly #layout: Layout;
  readonly #byTokens = new Map<number, Uint8Array>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** [sentences × rows, classes], 0 for the classes that a sentence does not have. */
  of(sentences: Sentence[]): Uint8Array {
    const { rows, classes } = this.#layout;
    const mask = new Uint8Array(sentences.length * rows * classes);
    for (let s = 0; s < sentences.length; s++) {
      const row = this.#row(sentences[s].tokens.length);
      for (let r = 0; r < rows; r++) mask.set(row, (s * rows + r) * classes);
    }
    return mask;
  }

  #row(tokens: number): Uint8Array {
    let row = this.#byTokens.get(tokens);
    if (!row) {
      const { classes, has } = this.#layout;
      row = Uint8Array.from({ length: classes }, (_, index) => Number(has(index, tokens)));
      this.#byTokens.set(tokens, row);
    }
    return row;
  }
}
