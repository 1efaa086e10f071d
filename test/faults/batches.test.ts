import { describe, expect, it } from "vitest";
import {
  aboveThreshold,
  bestThreshold,
  createLosses,
  evaluate,
  type Losses,
  topK,
  zlpr,
} from "../../src/index.ts";
import { snapshot } from "../support/arrays.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { type LossName, lossOf, names, referenceOf, softNames } from "../support/losses.ts";
import { forEachVariant } from "../support/variants.ts";
import { LOST, labels, logits } from "./calls.ts";

/* Arrays of batches that were freed, or that growth has left behind: refused wherever they are given. */

const FREED = "an array of a batch that is in use, received one of a batch that was freed";

/** The bytes of an array as other numbers. */
function as<T>(
  Type: new (buffer: ArrayBuffer, at: number, length: number) => T,
  array: Float32Array,
  length: number,
): T {
  return new Type(array.buffer as ArrayBuffer, array.byteOffset, length);
}

/** Where a call can have an array: the argument as an error names it, and the call with `array` (12 numbers) in its place. */
type Place = [argument: string, name: LossName, call: (array: Float32Array) => unknown[]];

const sixOf = (array: Float32Array) => array.subarray(0, 6);
const one = { offsets: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 1) };

const PLACES: Place[] = [
  ...names.map((name): Place => ["logits", name, (array) => [sixOf(array), labels, { classes: 3 }]]),
  ...names.map(
    (name): Place => ["labels", name, (array) => [logits, as(Uint8Array, array, 6), { classes: 3 }]],
  ),
  ...softNames.map((name): Place => ["labels", name, (array) => [logits, sixOf(array), { classes: 3 }]]),
  ["labels", "softmaxCrossEntropy", (array) => [logits, as(Int32Array, array, 2), { classes: 3 }]],
  ...names.map(
    (name): Place => [
      "labels.offsets",
      name,
      (array) => [logits, { ...one, offsets: as(Int32Array, array, 3) }, { classes: 3 }],
    ],
  ),
  ...names.map(
    (name): Place => [
      "labels.indices",
      name,
      (array) => [logits, { ...one, indices: as(Uint32Array, array, 2) }, { classes: 3 }],
    ],
  ),
  ...names.flatMap((name): Place[] =>
    [3, 6].map((length) => [
      "options.mask",
      name,
      (array) => [logits, labels, { classes: 3, mask: as(Uint8Array, array, length) }],
    ]),
  ),
  ...names.map(
    (name): Place => [
      "options.rowWeights",
      name,
      (array) => [logits, labels, { classes: 3, rowWeights: array.subarray(0, 2) }],
    ],
  ),
  ...names.map(
    (name): Place => [
      "options.out.grad",
      name,
      (array) => [logits, labels, { classes: 3, out: { grad: sixOf(array) } }],
    ],
  ),
  ...names.map(
    (name): Place => [
      "options.out.loss",
      name,
      (array) => [logits, labels, { classes: 3, reduction: "none", out: { loss: array.subarray(0, 2) } }],
    ],
  ),
  ...(["zlpr", "zlprJoint"] as const).map(
    (name): Place => [
      "options.threshold",
      name,
      (array) => [logits, labels, { classes: 3, threshold: array.subarray(0, 2) }],
    ],
  ),
  [
    "options.threshold",
    "combinatorialSoftmax",
    (array) => [logits, labels, { classes: 3, maxLabels: 2, threshold: array.subarray(0, 2) }],
  ],
  [
    "options.positiveWeights",
    "sigmoidCrossEntropy",
    (array) => [logits, labels, { classes: 3, positiveWeights: array.subarray(0, 3) }],
  ],
];

/** The array of a batch that was freed, filled with values that would be refused for themselves. */
function freed(losses: Losses): Float32Array {
  const batch = losses.allocate(2, 6);
  const array = batch.grad.fill(NaN);
  batch.free();
  return array;
}

describe("use after free: DISPOSED", () => {
  forEachVariant((losses) => {
    it.each(PLACES)("%s of %s", (argument, name, call) => {
      const args = call(freed(losses));
      const before = snapshot(args);
      checkRefused(
        () => (lossOf(losses, name) as Unchecked)(...args),
        "DISPOSED",
        `${argument}: expected ${FREED}`,
      );
      expect(snapshot(args)).toEqual(before);
    });

    it.each(PLACES)("%s of %s, in other instances and in the reference", (argument, name, call) => {
      const others = [createLosses({ variant: "simd" }), createLosses({ variant: "js" })];
      for (const loss of [...others.map((other) => lossOf(other, name)), referenceOf(name)]) {
        const args = call(freed(losses));
        const before = snapshot(args);
        checkRefused(() => (loss as Unchecked)(...args), "DISPOSED", `${argument}: expected ${FREED}`);
        expect(snapshot(args)).toEqual(before);
      }
    });

    it("also after the memory has grown", () => {
      losses.allocate(1000, 300).free();
      const call = { classes: 3, rowWeights: freed(losses).subarray(0, 2) };
      const message = `options.rowWeights: expected ${FREED}`;
      checkRefused(() => losses.zlpr(logits, labels, call), "DISPOSED", message);
    });

    it.each<[string, string, Unchecked]>([
      ["logits", "aboveThreshold", (array) => aboveThreshold(array as Float32Array, { classes: 6 })],
      ["logits", "topK", (array) => topK(array as Float32Array, { classes: 6, k: 2 })],
      ["logits", "evaluate", (array) => evaluate(array as Float32Array, new Uint8Array(12), { classes: 6 })],
      [
        "labels",
        "bestThreshold",
        (array) =>
          bestThreshold(new Float32Array(6), as(Uint8Array, array as Float32Array, 6), { classes: 6 }),
      ],
    ])("%s of %s", (argument, _, call) => {
      checkRefused(() => call(freed(losses)), "DISPOSED", `${argument}: expected ${FREED}`);
    });

    it.each(PLACES)("%s of %s, freed by a getter of the options", (argument, name, call) => {
      const batch = losses.allocate(2, 6);
      const [scores, marks, options] = call(batch.grad) as [unknown, unknown, object];
      const given = Object.defineProperty({ ...options }, "gradient", {
        enumerable: true,
        get() {
          batch.free();
          return true;
        },
      });
      checkRefused(
        () => (lossOf(losses, name) as Unchecked)(scores, marks, given),
        "DISPOSED",
        `${argument}: expected ${FREED}`,
      );
    });

    it("the next batch in the same place has arrays of its own", () => {
      const first = losses.allocate(2, 3);
      const { logits: scores, labels: marks, grad } = first;
      first.free();
      const next = losses.allocate(2, 3);
      expect([next.logits === scores, next.labels === marks, next.grad === grad]).toEqual([
        false,
        false,
        false,
      ]);
      next.free();
    });

    it("the arrays of the batch itself", () => {
      const batch = losses.allocate(2, 3);
      batch.free();
      for (const name of ["logits", "labels", "grad"] as const) {
        checkRefused(
          () => batch[name],
          "DISPOSED",
          "batch: expected a batch in use, received one that was freed",
        );
      }
      expect([batch.rows, batch.classes]).toEqual([2, 3]);
    });

    it("freeing twice: nothing, and never another's block", () => {
      const batch = losses.allocate(2, 3);
      batch.free();
      const other = losses.allocate(2, 3);
      other.labels.fill(1);
      other.grad.fill(5);
      batch.free();
      batch[Symbol.dispose]();
      const third = losses.allocate(2, 3);
      third.logits.fill(1);
      third.grad.fill(6);
      expect(other.labels).toEqual(new Uint8Array(6).fill(1));
      expect(other.grad).toEqual(new Float32Array(6).fill(5));
      expect(losses.zlpr(other.logits.fill(0), other.labels, { classes: 3 }).loss).toBeCloseTo(
        Math.log(4),
        6,
      );
      other.free();
      third.free();
    });

    it("an array that has no elements of its own is as good as any, until it is freed", () => {
      const batch = losses.allocate(0, 3);
      const empty = batch.logits;
      const call = { classes: 3, reduction: "sum" } as const;
      expect(losses.zlpr(empty, batch.labels, call).loss).toBe(0);
      batch.free();
      checkRefused(
        () => losses.zlpr(empty, new Uint8Array(0), call),
        "DISPOSED",
        `logits: expected ${FREED}`,
      );
    });
  });

  it("whatever else was done to buffers and to what all objects inherit", () => {
    const losses = createLosses({ variant: "js" });
    const frozen = losses.allocate(2, 3);
    Object.freeze(frozen.grad.buffer);
    frozen.free();
    let given: Float32Array;
    Object.defineProperty(Object.prototype, "get", { value: () => 1, configurable: true, writable: true });
    try {
      given = freed(losses).subarray(0, 6);
      createLosses({ variant: "simd" });
    } finally {
      delete (Object.prototype as { get?: unknown }).get;
    }
    checkRefused(
      () => losses.zlpr(logits, labels, { classes: 3, out: { grad: given } }),
      "DISPOSED",
      `options.out.grad: expected ${FREED}`,
    );
  });

  it("and so is memory that no batch was given", () => {
    const losses = createLosses({ variant: "simd" });
    const batch = losses.allocate(2, 3);
    const { buffer, byteOffset } = batch.logits;
    const across = new Float32Array(buffer, byteOffset, 6 * 16);
    for (const array of [new Float32Array(buffer, 0, 6), across]) {
      const marks = new Uint8Array(array.length);
      const call = () => losses.zlpr(array, marks, { classes: 6 });
      checkRefused(call, "DISPOSED", `logits: expected ${FREED}`);
      const out = () =>
        losses.zlpr(new Float32Array(array.length), marks, { classes: 6, out: { grad: array } });
      checkRefused(out, "DISPOSED", `options.out.grad: expected ${FREED}`);
    }
    batch.free();
  });
});

describe("an array left behind by growing memory: DETACHED", () => {
  it.each(PLACES)("%s of %s", (argument, name, call) => {
    const losses = createLosses({ variant: "simd" });
    const batch = losses.allocate(2, 6);
    batch.grad.fill(0);
    const args = call(batch.grad);
    losses.allocate(1000, 200);
    expect(batch.grad).toEqual(new Float32Array(12));
    checkRefused(
      () => (lossOf(losses, name) as Unchecked)(...args),
      "DETACHED",
      `${argument}: expected ${LOST}`,
    );
    checkRefused(
      () => (referenceOf(name) as Unchecked)(...args),
      "DETACHED",
      `${argument}: expected ${LOST}`,
    );
  });
});

describe("arrays of a batch, in use", () => {
  forEachVariant((losses) => {
    it.each(PLACES)("are taken as any: %s of %s", (_, name, call) => {
      const batch = losses.allocate(2, 6);
      const six = Float32Array.of(0, 1, 0, 1, 0, 0);
      const filled = (array: Float32Array) => {
        const args = call(array);
        const [given] = findOwn(args, array);
        const Type = given!.constructor as Float32ArrayConstructor;
        if (Type.name === "Int32Array" || Type.name === "Uint32Array") {
          (given as Float32Array).set(given!.length === 3 ? [0, 1, 2] : [0, 1]);
        } else
          (given as Float32Array).set(
            Type.name === "Uint8Array" ? oneHot(given!.length) : six.subarray(0, given!.length),
          );
        return args;
      };
      const right = (lossOf(losses, name) as Unchecked)(...filled(new Float32Array(12))) as object;
      const kept = structuredClone(right);
      const got = (lossOf(losses, name) as Unchecked)(...filled(batch.grad)) as object;
      expect(structuredClone(got)).toEqual(kept);
      batch.free();
    });
  });

  it("stay so in other instances, which copy them", () => {
    const [first, second] = [createLosses({ variant: "simd" }), createLosses({ variant: "js" })];
    const right = zlpr(logits, labels, { classes: 3 });
    for (const owner of [first, second]) {
      const batch = owner.allocate(2, 3);
      batch.logits.set(logits);
      batch.labels.set(labels);
      const got = zlpr(batch.logits, batch.labels, { classes: 3, out: { grad: batch.grad } });
      expect(got.grad).toBe(batch.grad);
      expect(got).toEqual(right);
      batch.free();
    }
  });
});

/** One positive class in each row of three, or all of a mask of three. */
function oneHot(length: number): number[] {
  return length === 3 ? [1, 1, 1] : [1, 0, 0, 0, 1, 0];
}

/** The array of a call that lies in the buffer of another. */
function findOwn(value: unknown, { buffer }: Float32Array): Float32Array[] {
  if (ArrayBuffer.isView(value)) return value.buffer === buffer ? [value as Float32Array] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((part) => findOwn(part, { buffer } as Float32Array));
}
