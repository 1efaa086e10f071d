import { definitionOf } from "../../../src/engine/definitions.ts";
import { allNames, type LossName, optionsOf, referenceOf } from "../../../test/support/losses.ts";
import { uniform } from "../../../test/support/random.ts";

/** The options of a loss, as a function of the number of classes: some are arrays. */
export type OptionsFor = (classes: number) => Record<string, number | Float32Array>;

/** What a loss is called with beside scores and labels: one of the places where the search goes. */
export interface Setting {
  loss: LossName;
  labels: "multi-hot" | "soft";
  /** What tells it from the other settings of the loss. */
  title: string;
  options: OptionsFor;
  /** Whether each row has a weight, of any size. */
  isWeighted: boolean;
}

/** A number a class, from numbers that are taken in turn. */
function ofClasses(numbers: readonly number[]): (classes: number) => Float32Array {
  return (classes) => Float32Array.from({ length: classes }, (_, i) => numbers[i % numbers.length]!);
}

const weights = ofClasses([0.3, 1, 7.7, 0, 1e-20, 1e20]);

/** Beside those that all tests share: where float32 or float64 ends. */
const MORE: Partial<Record<LossName, [title: string, OptionsFor][]>> = {
  zlpr: [
    ["threshold 0.1", () => ({ threshold: 0.1 })],
    ["threshold 39", () => ({ threshold: 39 })],
  ],
  zlprJoint: [["threshold -39", () => ({ threshold: -39 })]],
  sigmoidCrossEntropy: [
    ["positiveWeights of classes", (classes) => ({ positiveWeights: weights(classes) })],
    ["positiveWeights 1e30", () => ({ positiveWeights: 1e30 })],
    ["labelSmoothing 1e-9", () => ({ labelSmoothing: 1e-9 })],
  ],
  combinatorialSoftmax: [
    ["maxLabels 1", () => ({ maxLabels: 1 })],
    ["maxLabels half", (classes) => ({ maxLabels: Math.max(1, classes >> 1) })],
    ["maxLabels all, threshold 1.5", (classes) => ({ maxLabels: classes, threshold: 1.5 })],
    ["maxLabels 3, threshold -50", (classes) => ({ maxLabels: Math.min(3, classes), threshold: -50 })],
  ],
  lsep: [
    ["scale 0.01", () => ({ scale: 0.01 })],
    ["scale 1, margin -20", () => ({ margin: -20 })],
  ],
  focal: [
    ["gamma 4", () => ({ gamma: 4 })],
    ["gamma 5, alpha 0.001", () => ({ gamma: 5, alpha: 0.001 })],
    ["gamma 8", () => ({ gamma: 8 })],
    ["gamma 40", () => ({ gamma: 40 })],
    ["alpha 1e-45", () => ({ alpha: 1e-45 })],
  ],
  asymmetric: [
    ["margin 1e-6", () => ({ margin: 1e-6 })],
    ["margin 0.5", () => ({ margin: 0.5 })],
    ["margin 0.998", () => ({ margin: 0.998 })],
    ["gammaNegative 1", () => ({ gammaNegative: 1 })],
    ["gammaNegative 2, margin 0", () => ({ gammaNegative: 2, margin: 0 })],
    ["gammaPositive 4, gammaNegative 8", () => ({ gammaPositive: 4, gammaNegative: 8 })],
    ["gammaNegative 0.5, margin 0.01", () => ({ gammaNegative: 0.5, margin: 0.01 })],
  ],
};

/** The options of the settings with row weights, where these are not the default ones alone. */
const WEIGHTED: Partial<Record<LossName, Record<string, OptionsFor>>> = {
  sigmoidCrossEntropy: {
    "row weights": () => ({}),
    "row weights, positiveWeights of classes": (classes) => ({ positiveWeights: weights(classes) }),
  },
  focal: {
    "row weights": () => ({}),
    "row weights, gamma 1, alpha 0.25": () => ({ gamma: 1, alpha: 0.25 }),
  },
};

/** Whether a loss takes these labels. */
function taken(loss: LossName, labels: Setting["labels"]): boolean {
  return definitionOf(referenceOf(loss)).labels.includes(labels);
}

/** Options as drawn, for losses whose exponents and margins are numbers of the user's choice. */
function drawn(loss: LossName, seed: number): Record<string, number> | undefined {
  const random = uniform(seed);
  // Eighths have few digits.
  const eighth = (most: number) => Math.round(random() * most * 8) / 8;
  // As often as others, exponents that have a fast path: there it is the constants made of the margin that round well or badly.
  const gamma = (most: number) => (random() < 0.5 ? Math.floor(random() * 5) : eighth(most));
  const margin = () => 10 ** (-7 + random() * (7 + Math.log10(0.999)));
  if (loss === "focal") return { gamma: gamma(6), alpha: Math.round(random() * 100) / 100 };
  if (loss === "asymmetric") return { gammaPositive: gamma(4), gammaNegative: gamma(6), margin: margin() };
  if (loss === "lsep") return { scale: 0.5 + eighth(8), margin: eighth(4) - 2 };
  return undefined;
}

const DRAWS = 4;

function settingsOf(loss: LossName, labels: Setting["labels"]): Setting[] {
  const fixed = optionsOf(loss).map((options): [string, OptionsFor] => [
    titleOf(options as Record<string, number>),
    () => options as Record<string, number>,
  ]);
  const draws = Array.from({ length: DRAWS }, (_, seed) => drawn(loss, seed + 1)).flatMap(
    (options): [string, OptionsFor][] => (options ? [[titleOf(options), () => options]] : []),
  );
  const all = [...fixed, ...(MORE[loss] ?? []), ...draws];
  const settings = all.map(
    ([title, options]): Setting => ({ loss, labels, title, options, isWeighted: false }),
  );
  const weighted = Object.entries(WEIGHTED[loss] ?? { "row weights": () => ({}) }).map(
    ([title, options]): Setting => ({ loss, labels, title, options, isWeighted: true }),
  );
  return [...settings, ...weighted];
}

function titleOf(options: Record<string, number>): string {
  const text = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return text.length > 0 ? text.join(", ") : "default options";
}

/** All of them, of all losses or some. */
export function settingsFor(losses: readonly LossName[] = allNames): Setting[] {
  return losses.flatMap((loss) =>
    (["multi-hot", "soft"] as const).flatMap((labels) =>
      taken(loss, labels) ? settingsOf(loss, labels) : [],
    ),
  );
}
