/**
 * Scores of all positions of a sentence, as a pointer network makes them: of position i
 *
 *     s(i) = q · k_i + a_i + c_i
 *
 * where k_i and a_i are sums over the features of the token, the query q is the mean of such sums over the whole sentence,
 * and c is a bias for the position.
 */
import type { Sentence } from "../batch.ts";
import { Embedding } from "../embedding.ts";
import type { Scorer } from "../task.ts";

/** Numbers in q and k. */
const DIMENSIONS = 8;
/** Numbers a token: k and a. */
const WIDTH = DIMENSIONS + 1;

export class PointerScorer implements Scorer {
  readonly #length: number;
  readonly #query: Embedding;
  readonly #key: Embedding;
  readonly #position: Embedding;
  readonly tables: readonly Embedding[];
  /** Of the sentences scored last: q of each, [sentences, DIMENSIONS]. */
  #queries = new Float32Array();
  /** k and a of each token, [sentences, length, WIDTH]. */
  #keys = new Float32Array();

  constructor(features: number, length: number, random: () => number) {
    this.#length = length;
    // From 0 neither q nor k would ever move: the gradient of each is the other.
    const init = (column: number) => (column < DIMENSIONS ? 0.2 * (random() - 0.5) : 0);
    this.#query = new Embedding(features, DIMENSIONS, init);
    this.#key = new Embedding(features, WIDTH, init);
    this.#position = new Embedding(length, 1);
    this.tables = [this.#query, this.#key, this.#position];
  }

  score(sentences: Sentence[], logits: Float32Array): void {
    const length = this.#length;
    if (this.#queries.length < sentences.length * DIMENSIONS) {
      this.#queries = new Float32Array(sentences.length * DIMENSIONS);
      this.#keys = new Float32Array(sentences.length * length * WIDTH);
    }
    const queries = this.#queries;
    const keys = this.#keys;
    const position = this.#position.weights;
    const ofToken = new Float32Array(DIMENSIONS);
    logits.fill(-Infinity);
    queries.fill(0);
    sentences.forEach(({ features }, s) => {
      const query = s * DIMENSIONS;
      for (let i = 0; i < features.length; i++) {
        this.#key.sum(features[i], keys, (s * length + i) * WIDTH);
        this.#query.sum(features[i], ofToken, 0);
        for (let d = 0; d < DIMENSIONS; d++) queries[query + d] += ofToken[d] / features.length;
      }
      for (let i = 0; i < features.length; i++) {
        const key = (s * length + i) * WIDTH;
        let score = keys[key + DIMENSIONS] + position[i];
        for (let d = 0; d < DIMENSIONS; d++) score += queries[query + d] * keys[key + d];
        logits[s * length + i] = score;
      }
    });
  }

  step(sentences: Sentence[], grad: Float32Array, rate: number): void {
    const length = this.#length;
    const queries = this.#queries;
    const keys = this.#keys;
    const keyGrad = new Float32Array(WIDTH);
    const positionGrad = new Float32Array(length);
    sentences.forEach(({ features }, s) => {
      const queryGrad = new Float32Array(DIMENSIONS);
      for (let i = 0; i < features.length; i++) {
        const g = grad[s * length + i];
        for (let d = 0; d < DIMENSIONS; d++) {
          queryGrad[d] += (g * keys[(s * length + i) * WIDTH + d]) / features.length;
          keyGrad[d] = g * queries[s * DIMENSIONS + d];
        }
        keyGrad[DIMENSIONS] = g;
        this.#key.step(features[i], keyGrad, 0, rate);
        positionGrad[i] += g;
      }
      for (const token of features) this.#query.step(token, queryGrad, 0, rate);
    });
    for (let i = 0; i < length; i++) this.#position.step(Int32Array.of(i), positionGrad, i, rate);
  }
}
