import { defaultEngine } from "../engine/default.js";
import type { Batch } from "../engine/engine.js";
import type { LabelBlock, LabelSource } from "./labels/source.js";
import type { LogitsFile } from "./logits.js";

/** Some rows of scores and labels. Valid until the next ones are read. */
export interface Chunk {
  /** The first of them. */
  row: number;
  logits: Float32Array;
  labels: LabelBlock;
}

/** Scores and labels of the same rows. */
export class Dataset {
  readonly logits: LogitsFile;
  readonly labels: LabelSource;
  readonly #ignoreIndex: number | undefined;
  readonly #batch: Batch<Uint8Array | Float32Array>;

  /** Rows with `ignoreIndex` as their class index are left out. */
  constructor(logits: LogitsFile, labels: LabelSource, ignoreIndex: number | undefined) {
    this.logits = logits;
    this.labels = labels;
    this.#ignoreIndex = ignoreIndex;
    const { chunkRows, classes } = logits;
    // Where the kernels read them: nothing is copied.
    this.#batch = defaultEngine().allocate(chunkRows, classes, labels.kind === "soft");
  }

  /** Reads all rows, a chunk at a time. */
  *chunks(): Generator<Chunk> {
    const { rows, classes, chunkRows } = this.logits;
    for (let row = 0; row < rows; row += chunkRows) {
      const length = Math.min(chunkRows, rows - row) * classes;
      const logits = this.#batch.logits.subarray(0, length);
      this.logits.readInto(logits, row);
      const labels = this.labels.read(row, length / classes, this.#batch.labels.subarray(0, length));
      const chunk = this.#withoutIgnored({ row, logits, labels });
      if (chunk.logits.length > 0) yield chunk;
    }
    this.labels.end();
  }

  #withoutIgnored(chunk: Chunk): Chunk {
    const { row, logits, labels } = chunk;
    if (labels.kind !== "index" || this.#ignoreIndex === undefined) return chunk;
    const { classes } = this.logits;
    const { values } = labels;
    let kept = 0;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === this.#ignoreIndex) continue;
      if (kept < i) logits.copyWithin(kept * classes, i * classes, (i + 1) * classes);
      values[kept++] = values[i] as number;
    }
    return {
      row,
      logits: logits.subarray(0, kept * classes),
      labels: { kind: "index", values: values.subarray(0, kept) },
    };
  }
}
