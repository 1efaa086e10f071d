/* Hashes of results. */

/** The one NaN that stands for all: WebAssembly leaves open which of them an operation gives, and so does JavaScript. */
const NAN_32 = 0x7fc00000;
const NAN_64 = 0x7ff8000000000000n;

/** As many digits tell any two results apart; all 64 of them would make the file four times as long. */
const DIGITS = 16;

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

function canonical(numbers: Numbers): Uint8Array {
  const copy = numbers.slice();
  if (copy instanceof Float32Array) {
    const bits = new Uint32Array(copy.buffer);
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) bits[i] = NAN_32;
  } else if (copy instanceof Float64Array) {
    const bits = new BigUint64Array(copy.buffer);
    for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) bits[i] = NAN_64;
  }
  return new Uint8Array(copy.buffer);
}

/** The bits of results, one behind the other. */
export class Digest {
  readonly #pieces: Uint8Array[] = [];

  add(value: number | Numbers | undefined): void {
    if (value === undefined) return;
    this.#pieces.push(canonical(typeof value === "number" ? Float64Array.of(value) : value));
  }

  /** The first digits of their SHA-256. */
  async hash(): Promise<string> {
    const bytes = new Uint8Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .slice(0, DIGITS);
  }
}
