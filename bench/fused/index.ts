import * as references from "../../build/reference.ts";
import type { LabelKind } from "../../src/engine/loss.ts";
import type * as registry from "../../src/losses/index.ts";
import type { Loss } from "../../src/types.ts";
import type { Shape } from "../data.ts";
import type { Baseline } from "./baseline.ts";
import { fusedAsymmetric } from "./fusedAsymmetric.ts";
import { fusedCombinatorialSoftmax } from "./fusedCombinatorialSoftmax.ts";
import { fusedFocal } from "./fusedFocal.ts";
import { fusedSigmoidCrossEntropy } from "./fusedSigmoidCrossEntropy.ts";
import { fusedSoftmaxCrossEntropy } from "./fusedSoftmaxCrossEntropy.ts";
import { fusedSoftZlpr } from "./fusedSoftZlpr.ts";
import { fusedSums } from "./fusedSums.ts";
import { fusedWeightedSigmoidCrossEntropy } from "./fusedWeightedSigmoidCrossEntropy.ts";
import { referenceBaseline } from "./referenceBaseline.ts";
import { usualZlpr } from "./usualZlpr.ts";

const SHAPES: readonly Shape[] = [
  { rows: 16384, classes: 4 },
  { rows: 4096, classes: 16 },
  { rows: 1024, classes: 64 },
  { rows: 256, classes: 1000 },
  { rows: 16, classes: 65536 },
];

/** The work for a class grows with k: a fixed one beside those drawn, and for long rows no more than that. */
const SHAPES_OF_SUBSETS: readonly Shape[] = [
  ...SHAPES.slice(0, -1),
  { rows: 64, classes: 1000, k: 10 },
  { rows: 16, classes: 65536, k: 10 },
];

/** The name of a loss. */
export type LossName = keyof typeof registry;

/** Any of the losses; its own options and kinds of labels are not checked by the compiler. */
export type AnyLoss = Loss<object, unknown>;

/** What a loss is measured against, and with. */
interface Entry {
  baseline: { [Kind in LabelKind]: Baseline<Kind> }[LabelKind] | Baseline<LabelKind>;
  /** The same as it is usually written, to show what the tricks of the baseline are worth. */
  usual?: Baseline<LabelKind>;
  /** Its own options, where they are not the defaults. */
  options?: object;
  /** Where they are not those of every loss. */
  shapes?: readonly Shape[];
}

/** What is measured: a loss, with the labels that its baseline takes. */
export interface Subject extends Entry {
  loss: LossName;
  shapes: readonly Shape[];
}

/** What the losses are measured against, once or with several kinds of labels or options. */
const ENTRIES: Partial<Record<LossName, readonly Entry[]>> = {
  asymmetric: [{ baseline: fusedAsymmetric }],
  combinatorialSoftmax: [{ baseline: fusedCombinatorialSoftmax, shapes: SHAPES_OF_SUBSETS }],
  focal: [{ baseline: fusedFocal }],
  lsep: [{ baseline: fusedSums({ a: 0, b: 0, ab: 1 }) }],
  sigmoidCrossEntropy: [
    { baseline: fusedSigmoidCrossEntropy },
    { baseline: fusedWeightedSigmoidCrossEntropy(3), options: { positiveWeights: 3 } },
  ],
  softmaxCrossEntropy: [{ baseline: fusedSoftmaxCrossEntropy }],
  zlpr: [
    {
      baseline: fusedSums({ a: 1, b: 1, ab: 1 }),
      usual: usualZlpr as Baseline<LabelKind>,
    },
    { baseline: fusedSoftZlpr({ isDivergence: false }) },
  ],
  zlprDivergence: [{ baseline: fusedSoftZlpr({ isDivergence: true }) }],
  zlprJoint: [{ baseline: fusedSums({ a: 1, b: 1, ab: 0 }) }],
};

export const names = Object.keys(references) as LossName[];

/** All that a loss is measured with. */
export function subjectsOf(loss: LossName): Subject[] {
  const entries = ENTRIES[loss] ?? [{ baseline: referenceBaseline(loss) }];
  return entries.map((entry) => ({ loss, shapes: SHAPES, ...entry }));
}

/** What tells a subject from the others, but for its shape. */
export function titleOf({ loss, baseline, options = {} }: Subject): string {
  const given = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const against = ENTRIES[loss] ? [] : ["against its reference"];
  return [loss, ...given, `${baseline.labels} labels`, ...against].join(", ");
}
