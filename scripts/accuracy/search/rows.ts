import type { LossName } from "../../../test/support/losses.ts";
import { suitedLabels } from "../../../test/support/losses.ts";
import { normal, uniform } from "../../../test/support/random.ts";
import { stepped } from "../../../test/support/ulp.ts";
import type { Setting } from "./setting.ts";

/** Rows that are tried together. */
export interface Rows {
  rows: number;
  classes: number;
  logits: Float32Array;
  labels: Uint8Array | Float32Array;
  /** A weight a row; all 1 where the setting has none. */
  weights: Float32Array;
}

/** Where a path of the kernels begins or ends, or float32 does, as magnitudes of scores. */
const LIMITS = [
  11, 17.33, 24.95, 40, 65, 80, 87.3365, 88.7228, 103.972, 104.3, 110.5, 26.7, 20, 16, 13.3,
].map(Math.fround);

/** Where the probability is the margin of `asymmetric`, log(m/(1 - m)); the threshold for settings without one. */
function edgeOf({ loss, options }: Setting, classes: number): number {
  if (loss !== "asymmetric") return 0;
  const { margin = 0.05 } = options(classes) as { margin?: number };
  return margin === 0 ? 0 : Math.fround(Math.log(margin / (1 - margin)));
}

interface Draw {
  random: () => number;
  /** A normal number. */
  score: () => number;
  /** Where a loss has an edge. */
  edge: number;
}

type Scores = (draw: Draw, classes: number, labels: ArrayLike<number>) => number[];

function spread(deviation: number): Scores {
  return ({ score }, classes) => Array.from({ length: classes }, () => score() * deviation);
}

/** Every class on its right side (1), or on the wrong one (-1), by about so much. */
function sided(sign: 1 | -1, deviation: number): Scores {
  return ({ score }, classes, labels) =>
    Array.from(
      { length: classes },
      (_, i) => Math.abs(score()) * deviation * ((labels[i] ?? 0) > 0.5 ? sign : -sign),
    );
}

/** All classes decided, but for a few, whose scores are between -5 and 3: the sums of few exponentials. */
const fewCount: Scores = ({ random }, classes, labels) =>
  Array.from({ length: classes }, (_, i) =>
    random() < Math.max(0.2, 2 / classes) ? 8 * random() - 5 : (labels[i] ?? 0) > 0.5 ? 38 : -38,
  );

const equal: Scores = ({ random }, classes) => new Array<number>(classes).fill(random() * 8 - 4);

const ascending: Scores = ({ random }, classes) => {
  const [from, step] = [random() * 20 - 10, random() * random() * 2];
  return Array.from({ length: classes }, (_, i) => from + i * step);
};

const oneLarge: Scores = ({ random, score }, classes) => {
  const at = Math.floor(random() * classes);
  const large = (random() * 120 + 5) * (random() < 0.5 ? 1 : -1);
  return Array.from({ length: classes }, (_, i) => (i === at ? large : score()));
};

const nearLimits: Scores = ({ random, score }, classes) =>
  Array.from({ length: classes }, () => {
    if (random() < 0.3) return score();
    const limit = LIMITS[Math.floor(random() * LIMITS.length)]!;
    return stepped(limit, Math.floor(random() * 5) - 2) * (random() < 0.5 ? 1 : -1);
  });

/** So many classes next to the edge, by up to some thousand units in the last place; the others below it. */
function nearEdge(density: number): Scores {
  return ({ random, score, edge }, classes) =>
    Array.from({ length: classes }, () => {
      if (random() >= density) return edge - 2 - Math.abs(score());
      return stepped(edge || 2 ** -20, Math.floor((random() - 0.5) * 2 ** (1 + 12 * random())));
    });
}

const tiny: Scores = ({ random, score }, classes) =>
  Array.from({ length: classes }, () => score() * 2 ** -Math.floor(random() * 150));

/** The scores at which the slope of soft labels is about 0, or for hard ones decided. */
const nearBest: Scores = ({ random, score }, classes, labels) =>
  Array.from({ length: classes }, (_, i) => {
    const t = Math.min(Math.max(labels[i] ?? 0, 1e-7), 1 - 1e-7);
    return 0.5 * Math.log(t / (1 - t)) + score() * 10 ** -Math.floor(random() * 7);
  });

/** What the searches start with. */
const STARTS: Record<string, Scores> = {
  "spread 1": spread(1),
  "spread 0.1": spread(0.1),
  "spread 10": spread(10),
  "spread 100": spread(100),
  "spread 1000": spread(1000),
  "right by 3": sided(1, 3),
  "right by 20": sided(1, 20),
  "right by 60": sided(1, 60),
  "wrong by 3": sided(-1, 3),
  "wrong by 30": sided(-1, 30),
  "few count": fewCount,
  equal,
  ascending,
  "one large": oneLarge,
  "near limits": nearLimits,
  "near the edge": nearEdge(1),
  "some near the edge": nearEdge(0.3),
  tiny,
  "near the best": nearBest,
};

/** The names of the starts, in their order. */
export const startNames = Object.keys(STARTS);

function hardLabel(random: () => number, density: number): number {
  return Number(random() < density);
}

function softLabel(random: () => number): number {
  const kind = random();
  if (kind < 0.2) return 0;
  if (kind < 0.3) return 1;
  if (kind < 0.4) return Math.abs(Number(kind < 0.35) - random() * 2 ** -Math.floor(random() * 24));
  return random();
}

/** The weight of a row: usual ones, and such as take a loss to the ends of float32. */
export function drawWeight(random: () => number): number {
  const kind = random();
  if (kind < 0.4) return Math.fround(1 + random());
  return Math.fround((1 + random()) * 2 ** Math.floor(random() * 250 - 125));
}

function scaledToOne(labels: Float32Array): void {
  const sum = labels.reduce((total, label) => total + label, 0);
  if (sum > 0)
    labels.forEach((label, i) => {
      labels[i] = label / sum;
    });
}

/** Labels of a row for a setting: few, many, no, or only positive ones. */
export function drawLabels(setting: Setting, classes: number, random: () => number): number[] {
  if (setting.labels === "soft") {
    const labels = Float32Array.from({ length: classes }, () => softLabel(random));
    if (setting.loss === "softmaxCrossEntropy") scaledToOne(labels);
    return Array.from(labels);
  }
  const density = [0, 0.05, 0.3, 0.3, 0.6, 1][Math.floor(random() * 6)]!;
  return Array.from({ length: classes }, () => hardLabel(random, density));
}

/** Hard labels with as many positive classes as the loss and its options allow. */
export function suited(setting: Setting, labels: number[]): number[] {
  if (setting.labels === "soft") return labels;
  const bytes = suitedLabels(setting.loss as LossName, Uint8Array.from(labels), labels.length);
  const { maxLabels = Infinity } = setting.options(labels.length) as { maxLabels?: number };
  let count = 0;
  return Array.from(bytes, (label) => Number(label === 1 && ++count <= maxLabels));
}

/** Rows that start in the given ways, one after the other. */
export function drawRows(setting: Setting, starts: readonly string[], classes: number, seed: number): Rows {
  const random = uniform(seed);
  const draw = { random, score: normal(random), edge: edgeOf(setting, classes) };
  const rows = starts.length;
  const logits = new Float32Array(rows * classes);
  const labels =
    setting.labels === "soft" ? new Float32Array(rows * classes) : new Uint8Array(rows * classes);
  const weights = Float32Array.from({ length: rows }, () => (setting.isWeighted ? drawWeight(random) : 1));
  starts.forEach((start, row) => {
    const own = suited(setting, drawLabels(setting, classes, random));
    labels.set(own, row * classes);
    logits.set(STARTS[start]!(draw, classes, own), row * classes);
  });
  return { rows, classes, logits, labels, weights };
}
