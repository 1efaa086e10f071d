import { definitionOf } from "../../src/engine/definitions.ts";
import * as registry from "../../src/losses/index.ts";
import { toSparse } from "../support/labels.ts";
import { type LossName, optionsOf, suitedLabels } from "../support/losses.ts";
import type { Inputs } from "./inputs.ts";

/* The ways in which a loss can be called on inputs: forms of labels, options of its own, and those that all losses have. */

/** What labels can be. */
export type LabelForm = "multi-hot" | "sparse" | "soft" | "index";

/** The forms of labels that a loss takes. */
export function formsOf(name: LossName): LabelForm[] {
  const kinds = definitionOf(registry[name]).labels;
  return kinds.flatMap((kind) => (kind === "multi-hot" ? ["multi-hot", "sparse"] : [kind]) as LabelForm[]);
}

/** How a loss is called, besides its own options. */
export interface Setting {
  options(inputs: Inputs): object;
  /** Whether a class counts. */
  keeps?(inputs: Inputs, index: number): boolean;
}

export const SETTINGS: Record<string, Setting> = {
  mean: { options: () => ({}) },
  "sum, weights": { options: ({ rowWeights }) => ({ reduction: "sum", rowWeights }) },
  none: { options: () => ({ reduction: "none" }) },
  "no gradient": { options: () => ({ reduction: "none", gradient: false }) },
  "mean, one mask": {
    options: ({ mask, classes }) => ({ mask: mask.subarray(0, classes) }),
    keeps: ({ mask, classes }, i) => mask[i % classes] === 1,
  },
  "none, mask a row, weights": {
    options: ({ mask, rowWeights }) => ({ mask, rowWeights, reduction: "none" }),
    keeps: ({ mask }, i) => mask[i] === 1,
  },
};

/** Own options that depend on the shape, or that are extreme. */
const MORE_OPTIONS: Partial<Record<LossName, Record<string, (inputs: Inputs) => object>>> = {
  zlpr: { "threshold a row": ({ thresholds }) => ({ threshold: thresholds }) },
  zlprJoint: { "threshold a row": ({ thresholds }) => ({ threshold: thresholds }) },
  combinatorialSoftmax: {
    "maxLabels 60": ({ classes }) => ({ maxLabels: Math.min(60, classes) }),
    "maxLabels 60, threshold a row": ({ classes, thresholds }) => ({
      maxLabels: Math.min(60, classes),
      threshold: thresholds,
    }),
  },
  sigmoidCrossEntropy: {
    "positiveWeights a class": ({ classWeights }) => ({ positiveWeights: classWeights }),
  },
  focal: { "gamma 7.25, alpha 0": () => ({ gamma: 7.25, alpha: 0 }) },
  asymmetric: { "margin 0.999": () => ({ gammaPositive: 0, gammaNegative: 4.5, margin: 0.999 }) },
};

/** The values of its own options with which a loss is called, by their titles. */
export function ownOptionsOf(name: LossName): [title: string, options: (inputs: Inputs) => object][] {
  const fixed = optionsOf(name).map((options): [string, () => object] => [
    Object.entries(options)
      .map(([option, value]) => `${option} ${value}`)
      .join(", ") || "defaults",
    () => options,
  ]);
  return [...fixed, ...Object.entries(MORE_OPTIONS[name] ?? {})];
}

/** The labels of a form that a loss is defined for. */
export function labelsFor(name: LossName, form: LabelForm, inputs: Inputs, { keeps }: Setting): unknown {
  const { classes, rows, soft, hot } = inputs;
  if (form === "soft") return soft;
  const counts = (i: number) => keeps?.(inputs, i) ?? true;
  const suited = suitedLabels(name, hot, classes, counts);
  if (form === "multi-hot") return suited;
  if (form === "sparse") return toSparse(suited, classes);
  // Rows whose classes are all left out have no positive one: they are ignored.
  return Int32Array.from({ length: rows }, (_, row) =>
    suited
      .subarray(row * classes, (row + 1) * classes)
      .findIndex((label, i) => label === 1 && counts(row * classes + i)),
  );
}
