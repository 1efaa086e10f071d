import { createLosses, type Losses } from "../createLosses.js";
import type { Batch } from "../engine/engine.js";
import type { Variant } from "../types.js";
import { saidOf } from "./errors.js";
import type { LabelBlock, LabelSource } from "./labels/source.js";
import type { LogitsFile } from "./logits.js";

/**
 * Some rows of scores and labels, until the next ones are read. Their arrays lie in the memory of the losses: any call of
 * one may make it grow, so they have to be read anew after it.
 */
export interface Chunk {
  /** The first of the rows. */
  readonly row: number;
  readonly rows: number;
  readonly logits: Float32Array;
  readonly labels: LabelBlock;
  /** The row of the files that one of these rows is. */
  rowOf(row: number): number;
}

/** Scores and labels of the same rows. */
export class Dataset {
  readonly logits: LogitsFile;
  readonly labels: LabelSource;
  /** In whose memory the rows are. */
  readonly losses: Losses;
  readonly #ignoreIndex: number | undefined;
  readonly #batch: Batch<Uint8Array | Float32Array>;

  /** Rows with `ignoreIndex` as their class index are left out. Without a variant, it is the best. */
  constructor(
    logits: LogitsFile,
    labels: LabelSource,
    ignoreIndex: number | undefined,
    variant: Variant | undefined,
  ) {
    this.logits = logits;
    this.labels = labels;
    this.losses = saidOf("--variant", () => createLosses({ variant }));
    this.#ignoreIndex = ignoreIndex;
    const { chunkRows, classes } = logits;
    const { losses } = this;
    // Where the kernels of the losses read them: nothing is copied.
    this.#batch =
      labels.kind === "soft"
        ? losses.allocate(chunkRows, classes, { labels: "soft" })
        : losses.allocate(chunkRows, classes);
  }

  /** Reads these rows, or all, a chunk at a time. */
  *chunks({ from, to } = { from: 0, to: this.logits.rows }): Generator<Chunk> {
    const { rows, classes, chunkRows } = this.logits;
    for (let row = from; row < to; row += chunkRows) {
      const read = Math.min(chunkRows, to - row);
      this.logits.readInto(this.#batch.logits.subarray(0, read * classes), row);
      const labels = this.labels.read(row, read, this.#batch.labels.subarray(0, read * classes));
      const chunk = this.#chunk(row, read, labels);
      if (chunk.rows > 0) yield chunk;
    }
    if (from < to && to === rows) this.labels.end();
  }

  #chunk(row: number, read: number, block: LabelBlock): Chunk {
    const { classes } = this.logits;
    const batch = this.#batch;
    const kept = block.kind === "index" ? this.#withoutIgnored(block.values) : undefined;
    const rows = kept?.indices.length ?? read;
    const isDense = block.kind === "multi-hot" || block.kind === "soft";
    const others: LabelBlock = kept ? { kind: "index", values: kept.indices } : block;
    return {
      row,
      rows,
      rowOf: (i) => row + (kept?.places[i] ?? i),
      get logits() {
        return batch.logits.subarray(0, rows * classes);
      },
      get labels() {
        if (!isDense) return others;
        return { kind: block.kind, values: batch.labels.subarray(0, rows * classes) } as LabelBlock;
      },
    };
  }

  /** Moves the rows that count to the front, those of the logits too, and returns their class indices and where they were. */
  #withoutIgnored(indices: Int32Array): { indices: Int32Array; places: Int32Array } {
    const { classes } = this.logits;
    const { logits } = this.#batch;
    const places = new Int32Array(indices.length);
    let kept = 0;
    for (let i = 0; i < indices.length; i++) {
      if (indices[i] === this.#ignoreIndex) continue;
      if (kept < i) logits.copyWithin(kept * classes, i * classes, (i + 1) * classes);
      places[kept] = i;
      indices[kept++] = indices[i] as number;
    }
    return { indices: indices.subarray(0, kept), places };
  }
}
