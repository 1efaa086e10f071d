/* The ways to compute loss and gradient of zlpr that are measured. */
import type { Losses } from "zlpr";
import type { Data } from "../../bench/data.ts";
import { fusedSums } from "../../bench/fused/fusedSums.ts";
import type { Timed } from "../../bench/measure.ts";
import type { CandidateName } from "./messages.ts";

export interface Candidate extends Timed {
  name: CandidateName;
  free(): void;
}

/** Multi-hot labels. */
export interface Task extends Data {
  labels: Uint8Array;
}

/** The library, with the arrays of a batch, as in a training loop. */
export function library(losses: Losses, { rows, classes, logits, labels }: Task): Candidate {
  const batch = losses.allocate(rows, classes);
  batch.logits.set(logits);
  batch.labels.set(labels);
  return {
    name: "zlpr",
    run: () => losses.zlpr(batch.logits, batch.labels, { classes, out: { grad: batch.grad } }).loss,
    free: () => batch.free(),
  };
}

/** One loop of plain JavaScript. */
export function fused({ classes, logits, labels }: Task): Candidate {
  const { lossAndGradient } = fusedSums({ a: 1, b: 1, ab: 1 });
  const grad = new Float32Array(logits.length);
  return {
    name: "fused",
    run: () => lossAndGradient(logits, labels, grad, classes),
    free: () => {},
  };
}
