/** Arrays in .npy files, as numpy and the command line read them, written and read some rows at a time. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** Writes the rows of an array one after the other. Their number has to be known before. */
export class NpyWriter {
  readonly #file: number;

  constructor(path: string, dtype: "<f4" | "|u1", [rows, columns]: [number, number]) {
    const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
    const bytes = Buffer.alloc(128, " ");
    bytes.write("\x93NUMPY\x01\x00", "latin1");
    bytes.writeUInt16LE(118, 8);
    bytes.write(header, 10);
    bytes.write("\n", 127);
    this.#file = openSync(path, "w");
    writeSync(this.#file, bytes);
  }

  add(rows: Float32Array | Uint8Array): void {
    writeSync(this.#file, new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads rows of what the writer has written, as many as there is room for. */
export class NpyReader {
  readonly #file: number;
  #position = 128;

  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  read(into: Float32Array | Uint8Array): void {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    this.#position += readSync(this.#file, bytes, 0, bytes.length, this.#position);
  }

  close(): void {
    closeSync(this.#file);
  }
}
