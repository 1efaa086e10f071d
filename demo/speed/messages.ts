/* What the page and the worker that measures tell each other. */
import type { Variant } from "zlpr";
import type { Shape } from "../../bench/data.ts";

/** From the page: measure, with TensorFlow.js or without. */
export interface Order {
  withTensorFlow: boolean;
}

export type CandidateName = "zlpr" | "fused" | "tensorflow";

/** One way to compute, at one shape. */
export interface Timing {
  shape: Shape;
  candidate: CandidateName;
  /** Median of the samples. */
  nsPerCall: number;
}

/** From the worker. */
export type Report =
  | { kind: "variant"; variant: Variant }
  | { kind: "progress"; text: string }
  | { kind: "timing"; timing: Timing }
  | { kind: "done" }
  | { kind: "failed"; reason: string };
