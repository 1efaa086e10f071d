import type { SparseLabels } from "../sparse.js";
import type { Variant } from "../types.js";
import type { LossDefinition } from "./loss.js";
import type { Call } from "./validate.js";

/** Arrays for one batch, where the kernels reach them without a copy. */
export interface Batch<Labels extends Uint8Array | Float32Array = Uint8Array> {
  /** How many rows it has room for. */
  readonly rows: number;
  /** The length of a row. */
  readonly classes: number;
  /** [rows, classes]. A valid view at every reading, also after the memory has grown. */
  readonly logits: Float32Array;
  /** [rows, classes], multi-hot or, in float32, soft; all 0 at first. */
  readonly labels: Labels;
  /** [rows, classes], to hand over as `out.grad`. */
  readonly grad: Float32Array;
  /**
   * Gives the memory back; the batch cannot be used any more, and its arrays are refused until another batch lies there. A
   * second time does nothing.
   */
  free(): void;
  /** The same, at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void;
}

/** Where the results of a call go. */
export interface Results {
  loss: Float32Array | undefined;
  grad: Float32Array | undefined;
  thresholdGrad: Float32Array | undefined;
}

/**
 * Scores and labels whose shapes are right; the bytes of dense labels are still to be checked. They lie outside the memory
 * of the engine, which may grow.
 */
export interface LabelledScores {
  logits: Float32Array;
  labels: Uint8Array | SparseLabels;
  rows: number;
  classes: number;
}

/** How many classes are right (predicted and positive), predicted, and positive. */
export interface DecisionCounts {
  /** [rows, 3] */
  ofRows: Uint32Array;
  /** [3, classes] */
  ofClasses: Uint32Array;
}

/** Something that computes losses: the Wasm kernels or plain JavaScript. */
export interface Engine<Definition extends LossDefinition<object>> {
  readonly variant: Variant;
  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array>;
  /**
   * Fills `results`, and returns Σ weight·loss. Throws before anything is written. A view in `results` that has lost
   * its memory to growth is replaced.
   */
  run(definition: Definition, call: Call<object>, results: Results): number;
  /** Counts the decisions to predict each class whose score exceeds the threshold. Throws for a label that is not 0 or 1. */
  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts;
}

/** Something that computes losses without keeping the caller waiting for long. */
export interface LaterEngine<Definition extends LossDefinition<object>> {
  /** As `run`, at once or later: what was given is read before it returns, but for the arrays of a batch. */
  runLater(definition: Definition, call: Call<object>, results: Results): number | Promise<number>;
}
