import { refuse } from "./errors.js";
import { NpyFile, shapeName } from "./npyFile.js";

/** The bytes of logits that are worked on at a time: few enough to stay in the cache, enough for the disk. */
const CHUNK_BYTES = 2 ** 19;

/** Scores [rows, classes] in a .npy file. */
export class LogitsFile {
  readonly path: string;
  readonly rows: number;
  readonly classes: number;
  /** How many rows are read at a time. */
  readonly chunkRows: number;
  readonly #file: NpyFile;

  constructor(path: string) {
    this.path = path;
    this.#file = new NpyFile(path);
    const { shape, dtype } = this.#file.header;
    if (dtype.kind !== "float")
      refuse(path, "scores of float32, float64 or float16", `dtype "${dtype.name}"`);
    const [rows, classes, ...more] = shape;
    if (rows === undefined || classes === undefined || more.length > 0) {
      refuse(path, "a shape [rows, classes]", shapeName(shape));
    }
    if (rows === 0 || classes === 0) refuse(path, "at least one row and one class", shapeName(shape));
    this.rows = rows;
    this.classes = classes;
    this.chunkRows = Math.min(rows, Math.max(1, Math.floor(CHUNK_BYTES / (4 * classes))));
  }

  /** Reads as many rows as the array has room for, as float32. */
  readInto(into: Float32Array, row: number): void {
    const { size, isSwapped } = this.#file.header.dtype;
    if (size === 4 && !isSwapped) this.#file.readInto(into, row);
    else into.set(this.#file.read(row, into.length / this.classes));
  }
}
