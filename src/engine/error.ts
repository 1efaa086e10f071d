/** Every way in which a call can fail. */
export type LossErrorCode =
  | "TYPE"
  | "RANGE"
  | "DETACHED"
  | "OUT_OF_MEMORY"
  | "DISPOSED"
  | "UNSUPPORTED"
  | "CSP_BLOCKED"
  | "BAD_BINARY"
  | "EMPTY_REDUCTION"
  | "WORKER_LOST";

/** What a LossError tells besides its message. */
export interface LossErrorDetails {
  /** The argument at fault, as the caller wrote it: `labels`, `options.classes`, … */
  argument: string;
  /** What would have been right. */
  expected: string;
  /** What came instead. */
  received: string;
  /** The row at fault, where there is one. */
  row?: number;
  /** The class (the index within the row) at fault, where there is one. */
  index?: number;
  /** The error that this one explains. */
  cause?: unknown;
}

/**
 * Thrown for input that cannot be worked on, and for hosts that cannot run what was asked for, always before anything
 * is written: `out` is untouched and the next call works. `WORKER_LOST` alone comes in the middle of the work: then arrays of
 * a batch may be written in part.
 *
 * @category Errors
 * @example
 * try {
 *   zlpr(new Float32Array(3), new Uint8Array([0, 2, 1]), { classes: 3 });
 * } catch (error) {
 *   error.message; // "labels: expected 0 or 1, received 2 (row 0, index 1)"
 * }
 */
export class LossError extends Error {
  /** Always `"LossError"`: tells it from other errors where there are two copies of this package. */
  override readonly name = "LossError";
  /** What kind of fault it is. */
  readonly code: LossErrorCode;
  /** The argument at fault, as the caller wrote it: `labels`, `options.classes`, … */
  readonly argument: string;
  /** What would have been right. */
  readonly expected: string;
  /** What came instead. */
  readonly received: string;
  /** The row at fault, where there is one. */
  readonly row?: number;
  /** The class (the index within the row) at fault, where there is one. */
  readonly index?: number;

  /** @internal */
  constructor(code: LossErrorCode, details: LossErrorDetails) {
    const { argument, expected, received, row, index, cause } = details;
    const places = [row === undefined ? "" : `row ${row}`, index === undefined ? "" : `index ${index}`];
    const place = places.filter(Boolean).join(", ");
    super(
      `${argument}: expected ${expected}, received ${received}${place && ` (${place})`}`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.argument = argument;
    this.expected = expected;
    this.received = received;
    if (row !== undefined) this.row = row;
    if (index !== undefined) this.index = index;
  }
}
