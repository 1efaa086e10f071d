/** A seeded generator of uniform numbers in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from uniform ones, by Box and Muller. */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Logits and multi-hot labels for tests; every lane holds a different value. */
export interface Example {
  rows: number;
  classes: number;
  logits: Float32Array;
  labels: Uint8Array;
}

/** Normal scores of the given spread. A third of the rows has no positives, some have positives only. */
export function example(rows: number, classes: number, spread: number, seed: number): Example {
  const random = uniform(seed);
  const score = normal(random);
  const logits = Float32Array.from({ length: rows * classes }, () => score() * spread);
  const labels = new Uint8Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const kind = random();
    const density = kind < 0.3 ? 0 : kind < 0.4 ? 1 : kind < 0.7 ? 0.05 : 0.4;
    for (let i = row * classes; i < (row + 1) * classes; i++) labels[i] = Number(random() < density);
  }
  return { rows, classes, logits, labels };
}
