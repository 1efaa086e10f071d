/** What a model knows of a token: itself, its neighbours, and how the words look. */

/** Words, numbers, and every other sign by itself. */
export function tokenize(text: string): string[] {
  return text.match(/[\p{L}]+(?:[-'.][\p{L}]+)*|\p{N}+|[^\s\p{L}\p{N}]/gu) ?? [];
}

/** Neighbours that a token is described by, on either side. */
const REACH = 2;

function namesOf(tokens: string[], at: number): string[] {
  const names: string[] = [];
  for (let offset = -REACH; offset <= REACH; offset++) {
    const token = tokens[at + offset] ?? "";
    names.push(`${offset} ${token.toLowerCase()}`);
    if (Math.abs(offset) <= 1) names.push(`${offset} -${token.slice(-3)}`, `${offset} ${shape(token)}`);
  }
  return names;
}

function shape(token: string): string {
  return token === ""
    ? "none"
    : /^\p{Lu}/u.test(token)
      ? "Capital"
      : /^\p{L}/u.test(token)
        ? "letter"
        : "sign";
}

/** Numbers the features that occur in the training sentences. Others, which have no weight, are passed over. */
export class FeatureIndex {
  readonly #numbers = new Map<string, number>();

  constructor(sentences: Iterable<string[]>) {
    for (const tokens of sentences) {
      for (let at = 0; at < tokens.length; at++) {
        for (const name of namesOf(tokens, at)) {
          if (!this.#numbers.has(name)) this.#numbers.set(name, this.#numbers.size);
        }
      }
    }
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** The features of each token. */
  encode(tokens: string[]): Int32Array[] {
    return tokens.map((_, at) =>
      Int32Array.from(
        namesOf(tokens, at)
          .map((name) => this.#numbers.get(name))
          .filter((number) => number !== undefined),
      ),
    );
  }
}
