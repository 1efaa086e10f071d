import type { LabelKind } from "../../src/engine/loss.ts";
import type { LabelsOf } from "../labels.ts";

/**
 * A loss as somebody would write it who needs it fast and has nothing but JavaScript: the mean over the rows, and its
 * gradient. No checks of the arguments, and no care for scores so large that eˢ overflows, or losses so small that
 * log(1 + x) loses digits, which the library spends time on; the scores of the benchmark are moderate.
 *
 * The exponentials and logarithms are those of `Math`. An exponential written out in JavaScript, to float32's digits, makes
 * the loop of `zlpr` three times as fast at 256 × 1000; but that is a kernel, not the loop that one writes.
 */
export interface Baseline<Kind extends LabelKind> {
  /** The labels that it takes. */
  labels: Kind;
  /** Returns the loss, and writes the gradient to `grad`. */
  lossAndGradient(logits: Float32Array, labels: LabelsOf[Kind], grad: Float32Array, classes: number): number;
  /** Returns the loss. */
  lossAlone(logits: Float32Array, labels: LabelsOf[Kind], classes: number): number;
}
