/** How the losses of the rows become one. */
export type Reduction = "mean" | "sum" | "none";

/** Which build of the kernels runs. */
export type Variant = "relaxed" | "simd" | "js";

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
  gradient: false;
}

/** Options that keep the rows apart. */
export interface PerRow {
  reduction: "none";
}

/**
 * What a loss returns: `loss` is the reduced loss, or one a row. Results are fresh arrays, or those given as `out`; of
 * the latter, a view into a batch lasts until the memory grows: read it from the batch anew.
 */
export interface LossResult<Loss extends number | Float32Array = number> {
  loss: Loss;
  /** [rows, classes] */
  grad: Float32Array;
}

/**
 * A loss: logits [rows, classes] and multi-hot labels of the same shape in, loss and gradient out.
 * `Own` are the options that only this loss has.
 */
export interface Loss<Own> {
  (
    logits: Float32Array,
    labels: Uint8Array,
    options: Own & LossOptions & PerRow & ForwardOnly,
  ): Pick<LossResult<Float32Array>, "loss">;
  (
    logits: Float32Array,
    labels: Uint8Array,
    options: Own & LossOptions & PerRow & { gradient?: true },
  ): LossResult<Float32Array>;
  (
    logits: Float32Array,
    labels: Uint8Array,
    options: Own & LossOptions & ForwardOnly & { reduction?: "mean" | "sum" },
  ): Pick<LossResult, "loss">;
  (
    logits: Float32Array,
    labels: Uint8Array,
    options: Own & LossOptions & { reduction?: "mean" | "sum"; gradient?: true },
  ): LossResult;
  (
    logits: Float32Array,
    labels: Uint8Array,
    options: Own & LossOptions,
  ): { loss: number | Float32Array; grad?: Float32Array };
}
