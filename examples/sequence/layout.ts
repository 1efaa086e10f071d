/** Where the scores of a sentence lie: its rows, each with a loss of its own, and the classes of a row. */
export interface Layout {
  /** Tokens that a sentence has room for. */
  length: number;
  /** Rows a sentence. */
  rows: number;
  /** Classes a row. */
  classes: number;
  /** Whether there is such a class in a sentence of so many tokens. */
  has(index: number, tokens: number): boolean;
}

/** A row a type; its classes are the spans from `start` to `end` inclusive, at start·length + end. */
export function spanLayout(types: number, length: number): Layout {
  return {
    length,
    rows: types,
    classes: length * length,
    has(index, tokens) {
      const [start, end] = [Math.floor(index / length), index % length];
      return start <= end && end < tokens;
    },
  };
}

/** One row; its classes are the positions. */
export function positionLayout(length: number): Layout {
  return { length, rows: 1, classes: length, has: (index, tokens) => index < tokens };
}
