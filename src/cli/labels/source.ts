import type { SparseLabels } from "../../sparse.js";

/** Labels of some rows, in the form in which they are stored. */
export type LabelBlock =
  | { kind: "multi-hot"; values: Uint8Array }
  | { kind: "soft"; values: Float32Array }
  | { kind: "sparse"; values: SparseLabels }
  | { kind: "index"; values: Int32Array };

/** Where labels are read from, row after row. */
export interface LabelSource {
  readonly path: string;
  readonly kind: LabelBlock["kind"];
  /** Whether they can be read more than once. */
  readonly isRepeatable: boolean;
  /**
   * Reads rows, later ones than the last or from the beginning. Dense labels go into the array, which is float32 for
   * soft ones; it has exactly so much room.
   */
  read(row: number, rows: number, into: Uint8Array | Float32Array): LabelBlock;
  /** Checks that there are no more. */
  end(): void;
}
