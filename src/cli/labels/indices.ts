import { refuse } from "../errors.js";
import { type NpyFile, shapeName } from "../npyFile.js";
import type { LabelBlock, LabelSource } from "./source.js";

/** The index of the one positive class of each row, [rows] in a .npy file. */
export class ClassIndexLabels implements LabelSource {
  readonly path: string;
  readonly kind = "index";
  readonly isRepeatable = true;
  readonly #file: NpyFile;
  readonly #classes: number;
  readonly #ignoreIndex: number | undefined;

  /** `ignoreIndex`: what stands for rows that count for nothing, if there may be any. */
  constructor(file: NpyFile, rows: number, classes: number, ignoreIndex: number | undefined) {
    const { shape, dtype } = file.header;
    if (dtype.kind !== "int" && dtype.kind !== "uint") {
      refuse(file.path, "class indices of a type int or uint", `dtype "${dtype.name}"`);
    }
    if (shape[0] !== rows) {
      refuse(file.path, `shape ${shapeName([rows])}, a row for each of the logits`, shapeName(shape));
    }
    this.path = file.path;
    this.#file = file;
    this.#classes = classes;
    this.#ignoreIndex = ignoreIndex;
  }

  read(firstRow: number, rows: number): LabelBlock {
    const numbers = this.#file.read(firstRow, rows);
    for (let row = 0; row < rows; row++) {
      const index = numbers[row] as number;
      if ((index >= 0 && index < this.#classes) || index === this.#ignoreIndex) continue;
      refuse(this.path, `class indices from 0 to ${this.#classes - 1}`, `${index} (row ${firstRow + row})`);
    }
    return { kind: "index", values: Int32Array.from(numbers) };
  }

  end(): void {}
}
