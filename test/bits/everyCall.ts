import { expect } from "vitest";
import type { LossResult } from "../../src/index.ts";
import type { AnyLoss, LossName } from "../support/losses.ts";
import { bits } from "../support/results.ts";
import { formsOf, labelsFor, ownOptionsOf, SETTINGS } from "./calls.ts";
import { inputsOf } from "./inputs.ts";
import type { LossCall } from "./rows.ts";

/** More rows than these have no special values. */
const FEW_ROWS = 50;

/** What a loss gives. */
export type Result = Partial<Omit<LossResult, "loss">> & {
  loss: number | Float32Array;
  thresholdGrad?: Float32Array;
};

/** Calls of a loss in every way that these settings have. */
export function* callsOf(
  name: LossName,
  rows: number,
  classes: number,
  settings = Object.entries(SETTINGS),
): Generator<[string, LossCall]> {
  // A loss of many rows would be NaN for that of a single one.
  const inputs = inputsOf(rows, classes, 16, rows + classes, rows <= FEW_ROWS);
  for (const form of formsOf(name)) {
    for (const [own, ownOptions] of ownOptionsOf(name)) {
      for (const [title, setting] of settings) {
        const labels = labelsFor(name, form, inputs, setting);
        const options = { classes, ...ownOptions(inputs), ...setting.options(inputs) };
        yield [
          `${form}, ${own}, ${title}, ${classes} classes`,
          { rows, classes, logits: inputs.logits, labels, options },
        ];
      }
    }
  }
}

export function called(loss: AnyLoss, { logits, labels, options }: LossCall, more: object = {}): Result {
  return loss(logits, labels, { ...options, ...more } as never);
}

/** The bits of the parts of a result. */
function bitsOf({ loss, grad, thresholdGrad }: Result): Uint32Array[] {
  const losses = typeof loss === "number" ? new Float32Array(Float64Array.of(loss).buffer) : loss;
  return [losses, grad, thresholdGrad].map((array) => bits(array ?? new Float32Array()));
}

/** The exponent of float32 and a digit more: which NaN it is, WebAssembly leaves open. */
const isNaNBits = (word: number) => (word & 0x7fffffff) > 0x7f800000;

/** Expects the same bits of all parts. */
export function expectSame(got: Result, right: Result, what: string): void {
  const others = bitsOf(right);
  bitsOf(got).forEach((words, part) => {
    const other = others[part] as Uint32Array;
    let at = words.length === other.length ? 0 : -1;
    // Word by word: to compare long arrays as a whole takes seconds.
    while (at >= 0 && at < words.length) {
      const [a, b] = [words[at] as number, other[at] as number];
      if (a !== b && !(isNaNBits(a) && isNaNBits(b))) break;
      at++;
    }
    expect(at, `${what}: where ${["loss", "grad", "thresholdGrad"][part]} differs`).toBe(words.length);
  });
}
