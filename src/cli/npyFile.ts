import { refuse } from "./errors.js";
import { type OpenFile, openFile, readAt } from "./files.js";
import { headerEnd, NPY, type NpyHeader, PREAMBLE, parseHeader } from "./npyHeader.js";
import { decode, type Numbers } from "./numbers.js";

/** The most bytes that a header may have: it is text of a few words. */
const LONGEST_HEADER = 2 ** 16;

/** An array in a .npy file, of which rows are read when they are needed. */
export class NpyFile {
  readonly path: string;
  readonly header: NpyHeader;
  readonly #file: OpenFile;
  /** Numbers a row. */
  readonly #width: number;
  #staging = Buffer.from(new ArrayBuffer(0));

  constructor(path: string) {
    this.path = path;
    this.#file = openFile(path);
    this.header = readHeader(this.#file);
    const { shape, dtype, start } = this.header;
    this.#width = shape.slice(1).reduce((product, n) => product * n, 1);
    const numbers = (shape[0] ?? 1) * this.#width;
    const needed = start + numbers * dtype.size;
    if (this.#file.bytes < needed) {
      refuse(path, `${needed} bytes for shape ${shapeName(shape)} of ${dtype.name}`, `${this.#file.bytes}`);
    }
  }

  get rows(): number {
    return this.header.shape[0] ?? 1;
  }

  /** Reads rows as they are stored: the array has to be of the file's own type. */
  readInto(into: Float32Array | Uint8Array, row: number): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    readAt(this.#file, bytes, this.header.start + row * this.#width * this.header.dtype.size);
  }

  /** Reads rows of any type. They last until the next call. */
  read(row: number, rows: number): Numbers {
    const { dtype, start } = this.header;
    const bytes = rows * this.#width * dtype.size;
    if (this.#staging.length < bytes) this.#staging = Buffer.from(new ArrayBuffer(bytes));
    const staging = this.#staging.subarray(0, bytes);
    readAt(this.#file, staging, start + row * this.#width * dtype.size);
    return decode(staging, dtype);
  }
}

function readHeader(file: OpenFile): NpyHeader {
  const preamble = new Uint8Array(Math.min(PREAMBLE, file.bytes));
  if (file.bytes === 0) refuse(file.path, NPY, "an empty one");
  readAt(file, preamble, 0);
  const end = headerEnd(preamble, file.path);
  if (end > Math.min(file.bytes, LONGEST_HEADER)) {
    refuse(file.path, `a header of ${end} bytes`, `${file.bytes} bytes`);
  }
  const bytes = new Uint8Array(end);
  readAt(file, bytes, 0);
  return parseHeader(bytes, file.path);
}

/** A shape as Python writes it. */
export function shapeName(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
