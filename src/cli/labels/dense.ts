import { refuse } from "../errors.js";
import { type NpyFile, shapeName } from "../npyFile.js";
import type { Numbers } from "../numbers.js";
import type { LabelBlock, LabelSource } from "./source.js";

/** A number a class [rows, classes] in a .npy file: whole ones are multi-hot labels, the others soft. */
export class DenseLabels implements LabelSource {
  readonly path: string;
  readonly kind: "multi-hot" | "soft";
  readonly isRepeatable = true;
  readonly #file: NpyFile;
  readonly #classes: number;

  constructor(file: NpyFile, rows: number, classes: number) {
    const { shape, dtype } = file.header;
    if (shape[0] !== rows || shape[1] !== classes) {
      refuse(file.path, `shape ${shapeName([rows, classes])}, as the logits have`, shapeName(shape));
    }
    this.path = file.path;
    this.kind = dtype.kind === "float" ? "soft" : "multi-hot";
    this.#file = file;
    this.#classes = classes;
  }

  read(row: number, rows: number, into: Uint8Array | Float32Array): LabelBlock {
    const { size, kind, isSwapped } = this.#file.header.dtype;
    const isDirect = size === into.BYTES_PER_ELEMENT && kind !== "int" && !isSwapped;
    if (isDirect) this.#file.readInto(into, row);
    else if (this.kind === "soft") into.set(this.#file.read(row, rows));
    else this.#narrow(this.#file.read(row, rows), into, row);
    return { kind: this.kind, values: into } as LabelBlock;
  }

  /** Makes bytes of wider numbers, among which 256 would become 0. */
  #narrow(from: Numbers, into: Uint8Array | Float32Array, firstRow: number): void {
    for (let i = 0; i < from.length; i++) {
      const value = from[i] as number;
      if (value !== 0 && value !== 1) {
        const row = firstRow + Math.floor(i / this.#classes);
        refuse(this.path, "0 or 1", `${value} (row ${row}, index ${i % this.#classes})`);
      }
      into[i] = value;
    }
  }

  end(): void {}
}
