import { uniform } from "../support/random.ts";

/*
 * Inputs that have the same bits on every engine: integers from a seeded generator, added, and scaled by powers of 2. No
 * logarithm, cosine or exponential of the engine is in them, since these differ between engines in the last place.
 */

/** Scores and labels of all kinds for one shape. */
export interface Inputs {
  rows: number;
  classes: number;
  logits: Float32Array;
  /** Multi-hot: a third of the rows has no positives, some have positives only. */
  hot: Uint8Array;
  soft: Float32Array;
  /** [rows, classes], about one of four left out, and of some rows all. */
  mask: Uint8Array;
  /** [rows], one of four 0. */
  rowWeights: Float32Array;
  /** [rows] */
  thresholds: Float32Array;
  /** [classes], some of them 0. */
  classWeights: Float32Array;
}

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Where the kernels change their ways, and what they have to get right besides; no NaN, which hides all others of its row. */
const SPECIALS = [
  ...[0, 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, 2 ** -24, 39.99, 40, 65, 80, 87.33654, 88.72284],
  ...[103.97208, 110.5, 1e12, 3e38, LARGEST, Infinity],
].flatMap((x) => [x, -x]);

const SPECIAL_LABELS = [-0, 2 ** -149, 2 ** -126, 1 - 2 ** -24, 0.5];

/**
 * Scores in the shape of a bell, of deviation 0.58·spread. One row of four has special values among them, some a NaN, unless
 * these are left out: of many rows, some would make all sums NaN.
 */
export function inputsOf(
  rows: number,
  classes: number,
  spread: number,
  seed: number,
  hasSpecials = true,
): Inputs {
  const random = uniform(seed);
  const oneOf = (values: readonly number[]) => values[Math.floor(random() * values.length)] as number;
  const bell = () => random() + random() + random() + random() - 2;
  const length = rows * classes;
  const inputs: Inputs = {
    rows,
    classes,
    logits: new Float32Array(length),
    hot: new Uint8Array(length),
    soft: new Float32Array(length),
    mask: new Uint8Array(length),
    rowWeights: Float32Array.from({ length: rows }, (_, row) => (row % 4 === 3 ? 0 : 4 * random())),
    thresholds: Float32Array.from({ length: rows }, () => spread * bell()),
    classWeights: Float32Array.from({ length: classes }, (_, i) => (i % 5 === 4 ? 0 : 8 * random())),
  };
  for (let row = 0; row < rows; row++) {
    const kind = random();
    const density = kind < 0.3 ? 0 : kind < 0.4 ? 1 : kind < 0.7 ? 0.05 : 0.4;
    const kept = random() < 0.1 ? 0 : 0.75;
    const isSpecial = hasSpecials && random() < 0.25;
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      inputs.logits[i] = isSpecial && random() < 0.1 ? oneOf(SPECIALS) : spread * bell();
      inputs.hot[i] = Number(random() < density);
      const degree = random();
      inputs.soft[i] = degree < 0.2 ? 0 : degree < 0.3 ? 1 : degree < 0.35 ? oneOf(SPECIAL_LABELS) : random();
      inputs.mask[i] = Number(random() < kept);
    }
    if (isSpecial && random() < 0.2) inputs.logits[row * classes + Math.floor(random() * classes)] = NaN;
  }
  // The first row's is also a mask for all rows, and must leave something for the mean.
  inputs.mask[classes >> 1] = 1;
  return inputs;
}
