/**
 * Scores of all spans of a sentence, for each type: of a span from i to j
 *
 *     s(i, j) = q_i · k_j + a_i + b_j + c_(j - i)
 *
 * where q_i and a_i, of the start, and k_j and b_j, of the end, are sums over the features of a token, and c is a bias for
 * the length of the span.
 */
import type { Sentence } from "../batch.ts";
import { Embedding } from "../embedding.ts";
import type { Scorer } from "../task.ts";

/** Numbers in q and k. */
const DIMENSIONS = 8;
/** Numbers a token and type: q and a, or k and b. */
const WIDTH = DIMENSIONS + 1;

export class SpanScorer implements Scorer {
  readonly #types: number;
  readonly #length: number;
  readonly #start: Embedding;
  readonly #end: Embedding;
  /** [length, types] */
  readonly #distance: Embedding;
  readonly tables: readonly Embedding[];
  /** Of the sentences scored last: q and a of each token, [sentences, length, types, WIDTH]. */
  #starts = new Float32Array();
  /** k and b, likewise. */
  #ends = new Float32Array();

  /**
   * `bias` is what all scores begin with. Few spans are entities: from 0, the first steps of a loss that adds up all of
   * them are too large.
   */
  constructor(features: number, types: number, length: number, bias: number, random: () => number) {
    this.#types = types;
    this.#length = length;
    // From 0 neither q nor k would ever move: the gradient of each is the other.
    const init = (column: number) => (column % WIDTH < DIMENSIONS ? 0.2 * (random() - 0.5) : 0);
    this.#start = new Embedding(features, types * WIDTH, init);
    this.#end = new Embedding(features, types * WIDTH, init);
    this.#distance = new Embedding(length, types, () => bias);
    this.tables = [this.#start, this.#end, this.#distance];
  }

  score(sentences: Sentence[], logits: Float32Array): void {
    const length = this.#length;
    const types = this.#types;
    const width = types * WIDTH;
    if (this.#starts.length < sentences.length * length * width) {
      this.#starts = new Float32Array(sentences.length * length * width);
      this.#ends = new Float32Array(sentences.length * length * width);
    }
    const starts = this.#starts;
    const ends = this.#ends;
    const distance = this.#distance.weights;
    logits.fill(-Infinity);
    sentences.forEach(({ features }, s) => {
      for (let i = 0; i < features.length; i++) {
        this.#start.sum(features[i], starts, (s * length + i) * width);
        this.#end.sum(features[i], ends, (s * length + i) * width);
      }
      for (let type = 0; type < types; type++) {
        for (let i = 0; i < features.length; i++) {
          const from = (s * length + i) * width + type * WIDTH;
          const base = ((s * types + type) * length + i) * length;
          for (let j = i; j < features.length; j++) {
            const to = (s * length + j) * width + type * WIDTH;
            let score = starts[from + DIMENSIONS] + ends[to + DIMENSIONS] + distance[(j - i) * types + type];
            for (let d = 0; d < DIMENSIONS; d++) score += starts[from + d] * ends[to + d];
            logits[base + j] = score;
          }
        }
      }
    });
  }

  step(sentences: Sentence[], grad: Float32Array, rate: number): void {
    const length = this.#length;
    const types = this.#types;
    const width = types * WIDTH;
    const starts = this.#starts;
    const ends = this.#ends;
    const startGrad = new Float32Array(length * width);
    const endGrad = new Float32Array(length * width);
    const distanceGrad = new Float32Array(length * types);
    sentences.forEach(({ features }, s) => {
      startGrad.fill(0);
      endGrad.fill(0);
      for (let type = 0; type < types; type++) {
        for (let i = 0; i < features.length; i++) {
          const startAt = i * width + type * WIDTH;
          const from = s * length * width + startAt;
          const base = ((s * types + type) * length + i) * length;
          for (let j = i; j < features.length; j++) {
            const endAt = j * width + type * WIDTH;
            const to = s * length * width + endAt;
            const g = grad[base + j];
            for (let d = 0; d < DIMENSIONS; d++) {
              startGrad[startAt + d] += g * ends[to + d];
              endGrad[endAt + d] += g * starts[from + d];
            }
            startGrad[startAt + DIMENSIONS] += g;
            endGrad[endAt + DIMENSIONS] += g;
            distanceGrad[(j - i) * types + type] += g;
          }
        }
      }
      for (let i = 0; i < features.length; i++) {
        this.#start.step(features[i], startGrad, i * width, rate);
        this.#end.step(features[i], endGrad, i * width, rate);
      }
    });
    for (let d = 0; d < length; d++) this.#distance.step(Int32Array.of(d), distanceGrad, d * types, rate);
  }
}
