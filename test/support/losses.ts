import * as references from "../../build/reference.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import { rowOptions } from "../../src/engine/rows.ts";
import { validatorOf } from "../../src/engine/validate.ts";
import type { Losses } from "../../src/index.ts";
import * as registry from "../../src/losses/index.ts";
import type { Loss } from "../../src/types.ts";
import { type Example, example } from "./random.ts";

/** The name of a loss. */
export type LossName = keyof typeof registry;

/** Those that stand for all where mutants are tested: scripts/mutation.ts. Browsers and scripts have no such setting. */
const chosen = globalThis.process?.env.MUTATION_LOSSES?.split(" ").filter(Boolean) ?? [];

/** Every loss of the registry, or those that stand for the others where mutants are tested. */
export const allNames = (Object.keys(registry) as LossName[]).filter(
  (name) => chosen.length === 0 || chosen.includes(name),
);

/** Those that take multi-hot labels. */
export const names = allNames.filter((name) => definitionOf(registry[name]).labels.includes("multi-hot"));

/** Those that take soft labels. */
export const softNames = allNames.filter((name) => definitionOf(registry[name]).labels.includes("soft"));

/** Any loss; its own options and kinds of labels are not checked by the compiler. */
export type AnyLoss = Loss<object, unknown, { thresholdGrad?: Float32Array }>;

/** A loss of an instance by its name. */
export function lossOf(losses: Losses, name: LossName): AnyLoss {
  return losses[name] as AnyLoss;
}

/** The reference of a loss. */
export function referenceOf(name: LossName): AnyLoss {
  return references[name] as AnyLoss;
}

/** How far the results of a loss may be from the exact ones, in ULP: what its reference states. */
export function boundsOf(name: LossName): { loss: number; grad: number } {
  return definitionOf(references[name]).bounds;
}

/** Values of its own options with which a loss is tested, besides the default ones. */
const OPTIONS: Partial<Record<LossName, object[]>> = {
  zlpr: [{ threshold: 1.5 }, { threshold: -50 }],
  zlprJoint: [{ threshold: 1.5 }, { threshold: -50 }],
  sigmoidCrossEntropy: [
    { positiveWeights: 3.5 },
    { labelSmoothing: 0.1 },
    { positiveWeights: 0.3, labelSmoothing: 1 },
  ],
  focal: [{ gamma: 0 }, { gamma: 1 }, { gamma: 3, alpha: 0.25 }, { gamma: 1.5 }, { gamma: 0.3, alpha: 1 }],
  asymmetric: [
    { margin: 0 },
    { gammaPositive: 0, gammaNegative: 0, margin: 0 },
    { gammaPositive: 2.5, gammaNegative: 1.3, margin: 0.2 },
    { gammaNegative: 0, margin: 0.5 },
  ],
  softmaxCrossEntropy: [{ labelSmoothing: 0.1 }, { labelSmoothing: 1e-9 }, { labelSmoothing: 1 }],
  lsep: [{ margin: 0.5 }, { scale: 2.5, margin: -0.25 }, { scale: 64, margin: 1 }],
};

/** The options with which a loss is tested; the first are the default ones. */
export function optionsOf(name: LossName): object[] {
  return [{}, ...(OPTIONS[name] ?? [])];
}

/** How many positive classes a row may have: exactly one, or so few that the time of the loss, which grows with them, is short. */
const POSITIVES: Partial<Record<LossName, { least: number; most: number }>> = {
  softmaxCrossEntropy: { least: 1, most: 1 },
  combinatorialSoftmax: { least: 0, most: 60 },
};

/** Labels that a loss is defined for, made of others: positives too many are dropped, and one is added where one has to be. */
export function suitedLabels(
  name: LossName,
  labels: Uint8Array,
  classes: number,
  keeps: (index: number) => boolean = () => true,
): Uint8Array {
  const positives = POSITIVES[name];
  if (!positives) return labels;
  const suited = labels.slice();
  for (let from = 0; from < labels.length; from += classes) {
    let count = 0;
    for (let i = from; i < from + classes; i++) {
      if (!keeps(i)) continue;
      if (count === positives.most) suited[i] = 0;
      count += suited[i]!;
    }
    for (let i = from + classes - 1; i >= from && count < positives.least; i--) {
      if (keeps(i)) {
        suited[i] = 1;
        count++;
      }
    }
  }
  return suited;
}

/** An example whose labels suit a loss, also where a mask leaves some classes out. */
export function exampleFor(
  name: LossName,
  rows: number,
  classes: number,
  spread: number,
  seed: number,
  keeps?: (index: number) => boolean,
): Example {
  const given = example(rows, classes, spread, seed);
  return { ...given, labels: suitedLabels(name, given.labels, classes, keeps) };
}

/** The longest rows that a loss is tested with. The memory of `combinatorialSoftmax` grows with the number of positives too. */
export function longestRow(name: LossName): number {
  return name === "combinatorialSoftmax" ? 1_000_003 : 10_000_019;
}

/** The loss of a row and its gradient, in float64. */
export interface RowResult {
  loss: number;
  grad: number[];
}

/** The exact loss of each row and gradient of each class, in float64, by the definition of the loss. */
export function expected(
  name: LossName,
  { rows, classes, logits, labels }: Omit<Example, "labels"> & { labels: Uint8Array | Float32Array },
  options: object = {},
): RowResult[] {
  const definition = definitionOf(references[name]);
  const call = validatorOf(definition)(logits, labels, { classes, reduction: "sum", ...options });
  return Array.from({ length: rows }, (_, row) => {
    const [from, to] = [row * classes, (row + 1) * classes];
    const grad = new Float64Array(classes);
    const scores = Float64Array.from(logits.subarray(from, to));
    const targets = Float64Array.from(labels.subarray(from, to));
    const loss = definition.row(scores, targets, rowOptions(call, row, new Float64Array(classes)), grad);
    if (scores.some(Number.isNaN)) return { loss: NaN, grad: Array.from(grad, () => NaN) };
    return { loss, grad: Array.from(grad) };
  });
}
