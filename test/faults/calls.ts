import { expect, it } from "vitest";
import type { LossErrorCode } from "../../src/index.ts";
import { snapshot } from "../support/arrays.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { type LossName, lossOf, referenceOf } from "../support/losses.ts";
import { forEachVariant } from "../support/variants.ts";

/* Calls that are refused: by every variant and the reference, with the same words, before anything is written. */

/** Two rows of three classes. */
export const logits = new Float32Array([1, -2, 3, 4, 0.5, -1]);

/** Labels that every loss with multi-hot ones takes. */
export const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);

/** What the error for a detached array says. */
export const LOST =
  "an array with a buffer, received one whose buffer was transferred, shrunk or left behind by growing memory";

/** A call that is refused, with what the error says. The arguments are made anew each time, since some lose their buffers. */
export type Refusal = [title: string, code: LossErrorCode, message: string, args: () => unknown[]];

/** Labels of the kind that a loss takes. */
export function labelsFor(name: LossName): Uint8Array | Float32Array {
  return name === "zlprDivergence" ? Float32Array.from(labels) : labels;
}

/** The same call with arrays for the results, if that leaves it as wrong as it is. */
function withOut(args: unknown[]): unknown[] | undefined {
  const [scores, marks, options] = args as [unknown, unknown, Record<string, unknown> | null | undefined];
  if (!(scores instanceof Float32Array) || typeof options !== "object" || options === null) return undefined;
  if ("out" in options || "gradient" in options || "reduction" in options) return undefined;
  const rows = scores.length / Number(options.classes);
  if (!(Number.isInteger(rows) && rows >= 0)) return undefined;
  const out = { grad: new Float32Array(scores.length).fill(5), loss: new Float32Array(rows).fill(6) };
  return [scores, marks, { ...options, reduction: "none", out }];
}

function check(loss: Unchecked, code: LossErrorCode, message: string, args: unknown[]): void {
  const before = snapshot(args);
  checkRefused(() => loss(...args), code, message);
  expect(snapshot(args)).toEqual(before);
}

/** Runs refusals of a loss. */
export function itRefuses(name: LossName, refusals: Refusal[]): void {
  const right = referenceOf(name)(logits, labelsFor(name), { classes: 3 });

  it.each(refusals)("%s (reference)", (_, code, message, args) => {
    check(referenceOf(name) as Unchecked, code, message, args());
  });

  forEachVariant((losses) => {
    it.each(refusals)("%s", (_, code, message, args) => {
      const loss = lossOf(losses, name);
      check(loss as Unchecked, code, message, args());
      const full = code === "EMPTY_REDUCTION" ? undefined : withOut(args());
      if (full) check(loss as Unchecked, code, message, full);
      expect(loss(logits, labelsFor(name), { classes: 3 }).loss).toBeCloseTo(right.loss, 6);
    });
  });
}
