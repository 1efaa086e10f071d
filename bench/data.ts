/** A batch of this many rows of this many classes. */
export interface Shape {
  rows: number;
  classes: number;
}

/** What every candidate is given, in ordinary arrays. */
export interface Data extends Shape {
  logits: Float32Array;
  labels: Uint8Array;
  /** Rows without any positive class: they do occur, and no candidate may mind. */
  emptyRows: number;
  positives: number;
}

export function shapeName({ rows, classes }: Shape): string {
  return `${rows}×${classes}`;
}

/** Mulberry32: uniform numbers in [0, 1), the same for the same seed on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal deviates by Box and Muller. */
function normalNumbers(random: () => number): () => number {
  // 1 - random() is never 0, whose logarithm would be infinite.
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * The share of the classes that are positive. Few classes are tags of a picture or a text, one or two of them at a
 * time; many are a vocabulary: 0.7 % is the density of the WordNet example.
 */
function density(classes: number): number {
  return classes <= 64 ? Math.min(1, 1.5 / classes) : 0.007;
}

/** Scores of deviation 1, as a network gives before and early in training, and labels drawn at random. */
export function makeData(shape: Shape, seed: number): Data {
  const { rows, classes } = shape;
  // Every shape has numbers of its own, whichever other shapes are measured beside it.
  const random = randomNumbers(seed ^ Math.imul(rows, 0x9e3779b1) ^ Math.imul(classes, 0x85ebca6b));
  const normal = normalNumbers(random);
  const share = density(classes);
  const length = rows * classes;
  const logits = Float32Array.from({ length }, normal);
  const labels = Uint8Array.from({ length }, () => (random() < share ? 1 : 0));

  let emptyRows = 0;
  for (let start = 0; start < length; start += classes) {
    if (!labels.subarray(start, start + classes).includes(1)) emptyRows++;
  }
  const positives = labels.reduce((sum, label) => sum + label, 0);
  return { rows, classes, logits, labels, emptyRows, positives };
}
