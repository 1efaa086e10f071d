import type { SparseLabels } from "./sparse.js";

/** How the losses of the rows become one. */
export type Reduction = "mean" | "sum" | "none";

/** Which build of the kernels runs. */
export type Variant = "relaxed" | "simd" | "js";

/** Which classes are positive: a byte a class, 0 or 1, [rows, classes]; or the indices of the positive ones. */
export type MultiHot = Uint8Array | SparseLabels;

/** A degree from 0 to 1 to which each class is positive, [rows, classes]. */
export type Soft = Float32Array;

/** The index of the one positive class of each row, [rows]. */
export type ClassIndices = Int32Array;

/** The options of every loss. */
export interface LossOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /**
   * `"mean"` (default): Σ wᵣ·Lᵣ / Σ wᵣ; `"sum"`: Σ wᵣ·Lᵣ; `"none"`: wᵣ·Lᵣ of each row. The gradient is that of the
   * result (of the sum, for `"none"`).
   */
  reduction?: Reduction;
  /** A weight wᵣ ≥ 0 a row, default 1. A row of weight 0 counts for nothing, whatever its logits are. */
  rowWeights?: Float32Array;
  /**
   * [rows, classes], or [classes] for all rows: 0 leaves a class out of the loss, 1 keeps it. The gradient of one that is
   * left out is 0, whatever its logit is.
   */
  mask?: Uint8Array;
  /** `false`: the loss alone. */
  gradient?: boolean;
  /** Arrays to write the results into, instead of fresh ones. */
  out?: {
    /** [rows], with `reduction: "none"`. */
    loss?: Float32Array;
    /** [rows, classes]. May be the logits themselves. */
    grad?: Float32Array;
  };
}

/** Options that leave out the gradient. */
export interface ForwardOnly {
  /** No gradient. */
  gradient: false;
}

/** Options that keep the rows apart. */
export interface PerRow {
  /** A loss a row. */
  reduction: "none";
}

/** Options with a threshold for each row, whose gradient is wanted too. */
export interface RowThresholds {
  /** [rows], the score above which the classes of a row are predicted. */
  threshold: Float32Array;
}

/**
 * What a loss returns: `loss` is the reduced loss, or one a row. Results are fresh arrays, or those given as `out`; of
 * the latter, a view into a batch lasts until the memory grows: read it from the batch anew.
 */
export interface LossResult<Loss extends number | Float32Array = number> {
  /** The reduced loss, or [rows], the loss of each row times its weight. */
  loss: Loss;
  /** [rows, classes] */
  grad: Float32Array;
}

/** What a loss returns that was given a threshold a row. */
export interface ThresholdResult {
  /** [rows], the gradient with respect to the thresholds. */
  thresholdGrad: Float32Array;
}

/** The loss where its reduction is not known to the type checker. */
export interface OpenLoss {
  /** The reduced loss, or [rows]. */
  loss: number | Float32Array;
}

/** The option of losses with one threshold for all rows. */
export interface CommonThreshold {
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
}

/** The option where its form is not known to the type checker. */
export interface OpenThreshold {
  /** One for all rows, or [rows]. */
  threshold?: number | Float32Array;
}

declare const LATER: unique symbol;

/** When a loss gives its result: at once, or as a promise. */
export type When = "now" | "later";

/** A result, or a promise of one. */
export type Given<Result, At extends When> = At extends "later" ? Promise<Result> : Result;

/**
 * A loss: logits [rows, classes] and labels in, loss and gradient out. `Own` are the options that only this loss has,
 * `Extra` what they add to a result that has a gradient.
 */
export interface Loss<Own = object, Labels = MultiHot, Extra = unknown, At extends When = "now"> {
  /** @internal For the type checker alone: what `Later` makes of it. */
  readonly [LATER]?: Loss<Own, Labels, Extra, "later">;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions & PerRow & ForwardOnly,
  ): Given<Pick<LossResult<Float32Array>, "loss">, At>;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions & PerRow & { gradient?: true },
  ): Given<LossResult<Float32Array> & Extra, At>;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions & ForwardOnly & { reduction?: "mean" | "sum" },
  ): Given<Pick<LossResult, "loss">, At>;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions & { reduction?: "mean" | "sum"; gradient?: true },
  ): Given<LossResult & Extra, At>;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions & { reduction?: "mean" | "sum" },
  ): Given<Pick<LossResult, "loss"> & Partial<Pick<LossResult, "grad"> & Extra>, At>;
  (
    logits: Float32Array,
    labels: Labels,
    options: Own & LossOptions,
  ): Given<OpenLoss & Partial<Pick<LossResult, "grad"> & Extra>, At>;
}

/** The same, of a loss whose threshold may be a number or one for each row. */
export type LossWithThreshold<Own = object, Labels = MultiHot, At extends When = "now"> = Loss<
  Own & RowThresholds,
  Labels,
  ThresholdResult,
  At
> &
  Loss<Own & CommonThreshold, Labels, unknown, At> &
  Loss<Own & OpenThreshold, Labels, Partial<ThresholdResult>, At>;

/** A loss of the package, as one that gives promises. */
export type Later<L> = L extends {
  /** What the loss is then. */
  readonly [LATER]?: infer AsPromises;
}
  ? NonNullable<AsPromises>
  : never;
