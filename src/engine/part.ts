/** Copies some rows to a place on the stage, or from it. */
type Copy = (place: number, start: number, rows: number) => void;

function nothing(): void {}

/**
 * An array of a call as the kernels see it. It lies in the memory already, or its rows have a place on the stage, some at
 * a time, where `write` puts them and from where `read` takes them.
 */
export class Part {
  /** Bytes a row. */
  readonly rowBytes: number;
  /** Where the array lies, if it does not have to be copied. */
  readonly pointer: number | undefined;
  readonly #write: Copy;
  readonly #read: Copy;
  #place = 0;

  constructor(rowBytes: number, pointer: number | undefined, write: Copy = nothing, read: Copy = nothing) {
    this.rowBytes = rowBytes;
    this.pointer = pointer;
    this.#write = write;
    this.#read = read;
  }

  /** Bytes that a row takes on the stage. */
  get stagedBytes(): number {
    return this.pointer === undefined ? this.rowBytes : 0;
  }

  /** Takes a place for `rows` rows at `place` of the stage, and returns where the next one may begin. */
  settle(place: number, rows: number): number {
    this.#place = place;
    return place + Math.ceil((this.stagedBytes * rows) / 16) * 16;
  }

  /** The pointer for the rows from `start`. */
  at(start: number): number {
    return this.pointer === undefined ? this.#place : this.pointer + start * this.rowBytes;
  }

  copyIn(start: number, rows: number): number {
    if (this.pointer === undefined) this.#write(this.#place, start, rows);
    return this.at(start);
  }

  copyOut(start: number, rows: number): void {
    if (this.pointer === undefined) this.#read(this.#place, start, rows);
  }
}
