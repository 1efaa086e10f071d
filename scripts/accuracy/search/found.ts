import type { Variant } from "../../../src/index.ts";
import type { LossName } from "../../../test/support/losses.ts";
import { storable } from "../store.ts";
import type { Candidate } from "./climb.ts";
import type { Confirmed } from "./confirm.ts";
import type { Target } from "./errors.ts";
import type { Setting } from "./setting.ts";

/** The worst row that was found in a place, as it is kept: its numbers as the hexadecimal bits of float32. */
export interface Worst extends Confirmed {
  loss: LossName;
  labels: Setting["labels"];
  setting: string;
  variant: Variant;
  target: Target;
  /** How many rows were tried. */
  tried: number;
  classes: number;
  scores: string;
  /** A digit a class, or as the scores are. */
  targets: string;
  weight: number;
}

/** Float32 numbers as eight hexadecimal digits each. */
export function hexOf(numbers: Float32Array): string {
  const bits = new Uint32Array(numbers.slice().buffer);
  return Array.from(bits, (word) => word.toString(16).padStart(8, "0")).join("");
}

/** The numbers of such a text. */
export function numbersOf(hex: string): Float32Array {
  const words = hex.match(/.{8}/g) ?? [];
  return new Float32Array(Uint32Array.from(words, (word) => Number.parseInt(word, 16)).buffer);
}

export function worstOf(
  { loss, labels, title }: Setting,
  variant: Variant,
  target: Target,
  tried: number,
  { classes, logits, labels: targets, weight }: Candidate,
  confirmed: Confirmed,
): Worst {
  return {
    loss,
    labels,
    setting: title,
    variant,
    target,
    tried,
    classes,
    scores: hexOf(logits),
    targets: targets instanceof Float32Array ? hexOf(targets) : targets.join(""),
    weight,
    ...confirmed,
    error: storable(confirmed.error),
  };
}

/** The row of a stored one. */
export function candidateOf({ classes, scores, targets, labels, weight, error }: Worst): Candidate {
  return {
    classes,
    logits: numbersOf(scores),
    labels: labels === "soft" ? numbersOf(targets) : Uint8Array.from(targets, Number),
    weight,
    error,
  };
}
