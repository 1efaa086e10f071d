import { describe, expect, it } from "vitest";
import type { Losses } from "../../src/index.ts";
import { toSparse } from "../support/labels.ts";
import { exampleFor, type LossName, lossOf, names, optionsOf, softNames } from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { expectSameResult } from "../support/results.ts";
import { forEachVariant } from "../support/variants.ts";

/* Guard bytes before and behind every buffer that is passed in or lies in the memory of an instance. */

const GUARD = 64;

/** A pattern that is wrong as a label, NaN as a number, and other at every place. */
function pattern(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % 4 < 2 ? 2 + (i % 251) : 0xff;
}

type Numbers = Float32Array | Uint8Array;

/** An array within guard bytes, at a byte offset that is a multiple of its elements, but of nothing else. */
interface Guarded<T extends Numbers> {
  array: T;
  /** Expects that no guard byte has changed. */
  check(what: string): void;
}

function guard<T extends Numbers>(array: T, buffer: ArrayBuffer, from: number, length: number): Guarded<T> {
  const start = array.byteOffset;
  const end = start + array.byteLength;
  const around = () => [
    new Uint8Array(buffer, from, start - from),
    new Uint8Array(buffer, end, from + length - end),
  ];
  const before = around().map((bytes) => Buffer.from(bytes));
  return {
    array,
    check(what) {
      for (const [i, bytes] of around().entries()) {
        const side = i === 0 ? "before" : "behind";
        expect(before[i]!.equals(bytes), `what lies ${side} ${what}`).toBe(true);
      }
    },
  };
}

/** A copy of an array in a buffer of its own, within guard bytes. */
function guarded<T extends Numbers>(values: T, offset: number): Guarded<T> {
  const size = values.BYTES_PER_ELEMENT;
  const bytes = 2 * GUARD + size * (values.length + offset);
  const buffer = new ArrayBuffer(bytes);
  pattern(new Uint8Array(buffer));
  const Type = values.constructor as new (buffer: ArrayBuffer, at: number, length: number) => T;
  const array = new Type(buffer, GUARD + size * offset, values.length);
  array.set(values);
  return guard(array, buffer, 0, bytes);
}

/** A piece of an array of a batch, with the pattern around it. */
function within<T extends Numbers>(whole: T, values: T, offset: number): Guarded<T> {
  pattern(new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength));
  const array = whole.subarray(offset, offset + values.length) as T;
  array.set(values);
  return guard(array, whole.buffer as ArrayBuffer, whole.byteOffset, whole.byteLength);
}

interface Operands {
  logits: Guarded<Float32Array>;
  labels: Guarded<Numbers>;
  grad: Guarded<Float32Array>;
  loss: Guarded<Float32Array>;
  rowWeights: Guarded<Float32Array>;
  mask: Guarded<Uint8Array>;
}

/** Calls a loss with guards around everything, and compares the result with that of plain arrays. */
function checkCall(
  losses: Losses,
  name: LossName,
  right: { loss: Float32Array; grad: Float32Array },
  operands: Operands,
  call: { classes: number; isMasked: boolean; own: object },
): void {
  const { logits, labels, grad, loss, rowWeights, mask } = operands;
  const inputs = [logits, labels, rowWeights, mask];
  const before = inputs.map(({ array }) => array.slice());
  const got = lossOf(losses, name)(logits.array, labels.array, {
    classes: call.classes,
    reduction: "none",
    rowWeights: rowWeights.array,
    ...(call.isMasked && { mask: mask.array }),
    ...call.own,
    out: { grad: grad.array, loss: loss.array },
  });
  expect(got.grad).toBe(grad.array);
  expect(got.loss).toBe(loss.array);
  expectSameResult({ grad: grad.array, loss: loss.array }, right);
  for (const [operand, { check }] of Object.entries(operands)) check(operand);
  inputs.forEach(({ array }, i) => {
    expect(Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength)).toEqual(
      Buffer.from(before[i]!.buffer),
    );
  });
}

const SIZES = Array.from({ length: 67 }, (_, i) => i + 1);
const ROWS = 3;

function itKeepsToItsArrays(name: LossName, labelsOf: (hot: Uint8Array) => Numbers): void {
  forEachVariant((losses) => {
    // One call with default options, and one with each of the others in turn.
    it("sizes 1 to 67, at odd offsets, in buffers of their own and in batches", () => {
      for (const classes of SIZES) {
        const options = optionsOf(name);
        const own = classes % 3 === 0 ? options[classes % options.length]! : {};
        const isMasked = classes % 4 === 3;
        const random = uniform(classes);
        const mask = Uint8Array.from({ length: ROWS * classes }, () => Number(random() < 0.7));
        const keeps = (i: number) => !isMasked || mask[i] === 1;
        const spread = classes % 5 === 0 ? 60 : 4;
        const given = exampleFor(name as (typeof names)[number], ROWS, classes, spread, classes, keeps);
        const values = {
          logits: given.logits,
          labels: labelsOf(given.labels),
          grad: new Float32Array(ROWS * classes),
          loss: new Float32Array(ROWS),
          rowWeights: Float32Array.of(0.5, 1, 2),
          mask,
        };
        const plain = {
          classes,
          reduction: "none" as const,
          rowWeights: values.rowWeights,
          ...(isMasked && { mask }),
          ...own,
        };
        const right = lossOf(losses, name)(values.logits, values.labels, plain);
        const call = { classes, isMasked, own };
        const offset = 1 + (classes % 7);

        const apart = {
          logits: guarded(values.logits, offset),
          labels: guarded(values.labels, offset),
          grad: guarded(values.grad, offset + 1),
          loss: guarded(values.loss, offset),
          rowWeights: guarded(values.rowWeights, offset),
          mask: guarded(mask, offset),
        };
        checkCall(losses, name, right, apart, call);

        const length = ROWS * classes + 2 * GUARD;
        const isSoft = values.labels instanceof Float32Array;
        const batch = losses.allocate(1, length, { labels: "soft" });
        const other = losses.allocate(1, length);
        const inBatch = {
          ...apart,
          logits: within(batch.logits, values.logits, offset),
          labels: isSoft
            ? within(batch.labels, values.labels as Float32Array, offset)
            : within(other.labels, values.labels as Uint8Array, offset),
          grad: within(batch.grad, values.grad, offset + 2),
          loss: within(other.grad, values.loss, offset),
          rowWeights: within(other.logits, values.rowWeights, offset),
        };
        checkCall(losses, name, right, inBatch, call);
        batch.free();
        other.free();
      }
    });
  });
}

describe.each(names)("canaries around every buffer of %s", (name) => {
  itKeepsToItsArrays(name, (hot) => hot);
});

describe.each(softNames)("canaries around every buffer of %s with soft labels", (name) => {
  itKeepsToItsArrays(name, (hot) => Float32Array.from(hot, (t, i) => (t + (i % 5) / 5) / 2));
});

describe.each(names)("canaries around sparse labels of %s", (name) => {
  forEachVariant((losses) => {
    it("no index beyond the offsets is read, no array is written to", () => {
      for (const classes of SIZES) {
        const { logits, labels } = exampleFor(name, ROWS, classes, 4, classes);
        const right = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
        const { offsets, indices } = toSparse(labels, classes);
        // Class indices that would be refused.
        const buffer = new Int32Array(indices.length + offsets.length + 6).fill(-7);
        const given = {
          offsets: buffer.subarray(1, 1 + offsets.length),
          indices: buffer.subarray(offsets.length + 3, offsets.length + 3 + indices.length),
        };
        given.offsets.set(offsets);
        given.indices.set(indices);
        const before = buffer.slice();
        expectSameResult(lossOf(losses, name)(logits, given, { classes, reduction: "none" }), right);
        expect(buffer).toEqual(before);
      }
    });
  });
});
