import { constants, deflateRawSync } from "node:zlib";
import { Zip, ZipPassThrough } from "fflate";
import type { Predictions } from "../../predict/predictions.js";
import { refuse } from "../errors.js";
import { formatHeader } from "../npyHeader.js";
import type { Sink } from "../outputFile.js";
import type { PredictionWriter } from "./writer.js";

/** The most predictions whose indices stay below the 4 GiB of a plain zip file. */
const MOST = 2 ** 30 - 64;

/** A matrix of 0 and 1 by its positive classes (CSR), as `scipy.sparse.load_npz` reads it. Indices are kept until the end. */
export class CsrWriter implements PredictionWriter {
  readonly #sink: Sink;
  readonly #classes: number;
  readonly #offsets: Int32Array[] = [Int32Array.of(0)];
  readonly #indices: Int32Array[] = [];
  #rows = 0;
  #predictions = 0;

  constructor(sink: Sink, classes: number) {
    this.#sink = sink;
    this.#classes = classes;
  }

  add({ offsets, indices }: Predictions): void {
    const before = this.#predictions;
    this.#predictions += indices.length;
    if (this.#predictions > MOST) {
      refuse("--out", `at most ${MOST} predictions in a .npz file; write .ndjson`, "more");
    }
    this.#offsets.push(offsets.subarray(1).map((offset) => before + offset));
    this.#indices.push(indices);
    this.#rows += offsets.length - 1;
  }

  end(): void {
    const predictions = this.#predictions;
    const zip = new Zip((error, bytes) => {
      if (error) throw error;
      this.#sink(bytes);
    });
    addArray(zip, "indices", "<i4", [predictions], this.#indices);
    addArray(zip, "indptr", "<i4", [this.#rows + 1], this.#offsets);
    addArray(zip, "format", "|S3", [], [Buffer.from("csr")]);
    addArray(zip, "shape", "<i8", [2], [BigInt64Array.of(BigInt(this.#rows), BigInt(this.#classes))]);
    addArray(zip, "data", "|u1", [predictions], ones(predictions));
    zip.end();
  }
}

/** A file in a zip, compressed by zlib. Pieces that end at a whole byte (a sync flush) follow one another as one stream. */
class DeflatedFile extends ZipPassThrough {
  override compression = 8;

  protected override process(bytes: Uint8Array, isLast: boolean): void {
    const finishFlush = isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    this.ondata(null, deflateRawSync(bytes, { level: 1, finishFlush }), isLast);
  }
}

function addArray(
  zip: Zip,
  name: string,
  dtype: string,
  shape: number[],
  parts: Iterable<ArrayBufferView>,
): void {
  const file = new DeflatedFile(`${name}.npy`);
  zip.add(file);
  file.push(formatHeader(dtype, shape));
  for (const { buffer, byteOffset, byteLength } of parts) {
    file.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
  file.push(new Uint8Array(0), true);
}

function* ones(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= 2 ** 16) yield new Uint8Array(Math.min(left, 2 ** 16)).fill(1);
}
