import type { Predictions } from "../../predict/predictions.js";
import { writeAll } from "../files.js";
import type { PredictionWriter } from "./writer.js";

/** A line of JSON a row: an array of its classes. */
export class JsonLineWriter implements PredictionWriter {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  add({ offsets, indices }: Predictions): void {
    let lines = "";
    for (let row = 0; row + 1 < offsets.length; row++) {
      lines += `[${indices.subarray(offsets[row], offsets[row + 1]).join(",")}]\n`;
    }
    writeAll(this.#descriptor, Buffer.from(lines));
  }

  end(): void {}
}
