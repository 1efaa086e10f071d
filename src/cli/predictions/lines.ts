import type { Predictions } from "../../predict/predictions.js";
import type { Sink } from "../outputFile.js";
import type { PredictionWriter } from "./writer.js";

/** A line of JSON a row: an array of its classes. */
export class JsonLineWriter implements PredictionWriter {
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  add({ offsets, indices }: Predictions): void {
    let lines = "";
    for (let row = 0; row + 1 < offsets.length; row++) {
      lines += `[${indices.subarray(offsets[row], offsets[row + 1]).join(",")}]\n`;
    }
    this.#sink(Buffer.from(lines));
  }

  end(): void {}
}
