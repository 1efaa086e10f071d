import type { registry } from "../../src/losses/registry.ts";
import type { RowResult } from "../../src/reference/loss.ts";
import { sigmoidCrossEntropyRow } from "../../src/reference/sigmoidCrossEntropy.ts";
import { zlprRow } from "../../src/reference/zlpr.ts";
import type { Example } from "./random.ts";

/** The reference formula of each loss for one row, with the default values of its own options. */
export const formulas: Record<keyof typeof registry, (scores: number[], isPositive: boolean[]) => RowResult> =
  {
    zlpr: (scores, isPositive) => zlprRow(scores, isPositive, { threshold: 0 }),
    sigmoidCrossEntropy: (scores, isPositive) => sigmoidCrossEntropyRow(scores, isPositive, {}),
  };

/** The exact loss of each row and gradient of each class, in float64. */
export function expected(
  name: keyof typeof registry,
  { rows, classes, logits, labels }: Example,
): RowResult[] {
  return Array.from({ length: rows }, (_, row) =>
    formulas[name](
      Array.from(logits.subarray(row * classes, (row + 1) * classes)),
      Array.from(labels.subarray(row * classes, (row + 1) * classes), (label) => label === 1),
    ),
  );
}
