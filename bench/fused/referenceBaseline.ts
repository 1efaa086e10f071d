import * as references from "../../build/reference.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import type { LabelKind } from "../../src/engine/loss.ts";
import type { Baseline } from "./baseline.ts";
import type { AnyLoss, LossName } from "./index.ts";

/** What a loss is measured against until somebody has written its loop: its reference, which takes its time. */
export function referenceBaseline(name: LossName): Baseline<LabelKind> {
  const loss = references[name] as AnyLoss;
  const [labels = "multi-hot"] = definitionOf(references[name]).labels;
  return {
    labels,
    lossAndGradient: (logits, given, grad, classes) => loss(logits, given, { classes, out: { grad } }).loss,
    lossAlone: (logits, given, classes) => loss(logits, given, { classes, gradient: false }).loss,
  };
}
