import { readSync } from "node:fs";
import { describe } from "../../engine/checks.js";
import { refuse } from "../errors.js";
import { openFile, readNext } from "../files.js";
import type { LabelBlock, LabelSource } from "./source.js";

const BUFFER_BYTES = 2 ** 16;

const STANDARD_INPUT = 0;

const EXPECTED = 'an array of class indices, or an object with "labels"';

/** A line of JSON a row: an array of its positive classes, or an object with such an array as `labels`. */
export class JsonLineLabels implements LabelSource {
  readonly path: string;
  readonly kind = "sparse";
  readonly isRepeatable: boolean;
  readonly #descriptor: number;
  readonly #rows: number;
  readonly #classes: number;
  #lines: Iterator<string>;
  #row = 0;

  /** Of standard input if the path is "-". */
  constructor(path: string, rows: number, classes: number) {
    const isInput = path === "-";
    this.path = isInput ? "standard input" : path;
    this.isRepeatable = !isInput;
    this.#descriptor = isInput ? STANDARD_INPUT : openFile(path).descriptor;
    this.#rows = rows;
    this.#classes = classes;
    this.#lines = this.#open();
  }

  #open(): Iterator<string> {
    return linesOf(
      this.isRepeatable ? fromStart(this.#descriptor) : (into) => readNext(this.#descriptor, into),
    );
  }

  read(row: number, rows: number): LabelBlock {
    if (row < this.#row) {
      this.#lines = this.#open();
      this.#row = 0;
    }
    while (this.#row < row) this.#next();
    const offsets = new Int32Array(rows + 1);
    const indices: number[] = [];
    for (let i = 1; i <= rows; i++) {
      for (const index of this.#parse(this.#next())) indices.push(index);
      offsets[i] = indices.length;
    }
    return { kind: "sparse", values: { offsets, indices: Int32Array.from(indices) } };
  }

  #next(): string {
    const next = this.#lines.next();
    if (next.done) refuse(this.path, `a line for each of the ${this.#rows} rows of logits`, `${this.#row}`);
    this.#row++;
    return next.value;
  }

  end(): void {
    // Lines without a row may follow, as editors leave them.
    let next = this.#lines.next();
    while (!next.done && next.value.trim() === "") next = this.#lines.next();
    if (next.done) return;
    refuse(this.path, `a line for each of the ${this.#rows} rows of logits`, "more lines");
  }

  #parse(line: string): number[] {
    const value = this.#json(line);
    const labels = Array.isArray(value) ? value : (value as { labels?: unknown } | null)?.labels;
    if (!Array.isArray(labels)) this.#refuse(EXPECTED, shortened(line));
    for (const index of labels) {
      if (Number.isInteger(index) && index >= 0 && index < this.#classes) continue;
      this.#refuse(`class indices from 0 to ${this.#classes - 1}`, shortened(describe(index)));
    }
    return labels;
  }

  #json(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      this.#refuse(EXPECTED, line.trim() === "" ? "an empty line" : shortened(line));
    }
  }

  #refuse(expected: string, received: string): never {
    refuse(`${this.path}, line ${this.#row}`, expected, received);
  }
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function fromStart(descriptor: number): (into: Uint8Array) => number {
  let position = 0;
  return (into) => {
    const count = readSync(descriptor, into, 0, into.length, position);
    position += count;
    return count;
  };
}

/** The lines of a text that is read bit by bit. */
function* linesOf(read: (into: Uint8Array) => number): Generator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(BUFFER_BYTES);
  // What there is of a line that goes on: put together once, as a line may be as long as the text.
  let parts: string[] = [];
  for (let count = read(buffer); count > 0; count = read(buffer)) {
    const lines = decoder.decode(buffer.subarray(0, count), { stream: true }).split("\n");
    const last = lines.pop() as string;
    if (lines.length > 0) {
      parts.push(lines[0] as string);
      yield parts.join("");
      yield* lines.slice(1);
      parts = [];
    }
    parts.push(last);
  }
  parts.push(decoder.decode());
  const rest = parts.join("");
  if (rest !== "") yield rest;
}
