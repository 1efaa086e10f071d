/* What the page and the worker that trains tell each other. */
import type { CorpusText } from "../data/format.ts";
import type { Racer } from "./racers.ts";

/** From the page. */
export type Command =
  | { kind: "load"; text: string; rows: string }
  | { kind: "run" }
  | { kind: "pause" }
  | { kind: "step" }
  | { kind: "reset" }
  | { kind: "rate"; rate: number }
  | { kind: "define"; definition: string };

/** From the worker. */
export type Report =
  | { kind: "loaded"; text: CorpusText; batchSize: number }
  | { kind: "failed"; reason: string }
  | { kind: "checkpoint"; checkpoint: Checkpoint }
  | { kind: "state"; isRunning: boolean; isOver: boolean }
  | { kind: "reset" }
  | { kind: "prediction"; prediction: Prediction };

export interface Figures {
  microF1: number;
  macroF1: number;
  /** Mean a row. */
  loss: number;
}

export interface Checkpoint {
  batches: number;
  epoch: number;
  figures: Record<Racer, Figures>;
}

export interface Prediction {
  definition: string;
  knownWords: number;
  /** By label. */
  scores: Record<Racer, Float32Array>;
}
