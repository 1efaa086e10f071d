import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newArray } from "../src/engine/newArray.ts";
import { createLosses, LossError } from "../src/index.ts";
import { checkRefused, type Unchecked } from "./support/errors.ts";
import { referenceOf } from "./support/losses.ts";
import { expectSameResult } from "./support/results.ts";

/* Arguments on the edge of what is right: what is just taken, what is just refused, and how the error names it. */

const logits = Float32Array.of(1, -2, 3, 4, 0.5, -1);
const labels = Uint8Array.of(1, 0, 0, 0, 1, 0);
const zlpr = referenceOf("zlpr");
const OVERLAPPING =
  "options.out.grad: expected the logits themselves or memory apart from all other arrays, received an overlapping array";

describe("arrays in one buffer", () => {
  const right = zlpr(logits, labels, { classes: 3, reduction: "none" });

  /** A call whose arrays lie one behind the other, in this order. */
  function inOrder(...names: ("logits" | "grad" | "loss" | "weights")[]) {
    const lengths = { logits: 6, grad: 6, loss: 2, weights: 2 };
    const buffer = new ArrayBuffer(64);
    let at = 0;
    const arrays = Object.fromEntries(
      names.map((name) => {
        const array = new Float32Array(buffer, at, lengths[name]);
        at += array.byteLength;
        return [name, array];
      }),
    ) as Record<keyof typeof lengths, Float32Array>;
    arrays.logits.set(logits);
    arrays.weights.fill(1);
    return { ...arrays, out: { grad: arrays.grad, loss: arrays.loss } };
  }

  it.each([
    [["logits", "grad", "loss", "weights"]],
    [["weights", "loss", "grad", "logits"]],
    [["loss", "logits", "weights", "grad"]],
  ] as const)("may touch: %s", (names) => {
    const { logits: scores, weights, out } = inOrder(...names);
    const call = { classes: 3, reduction: "none", rowWeights: weights, out } as const;
    expectSameResult(zlpr(scores, labels, call), right);
  });

  it("may be empty, and lie anywhere", () => {
    const grad = new Float32Array(6);
    const none = { offsets: new Int32Array(3), indices: new Int32Array(grad.buffer, 8, 0) };
    expect(zlpr(logits, none, { classes: 3, out: { grad } }).grad).toBe(grad);
  });

  it.each(["offsets", "indices"])("may not have the losses over the %s of the labels", (part) => {
    const loss = new Float32Array(3);
    const over = new Int32Array(loss.buffer, 0, 3);
    const sparse =
      part === "offsets"
        ? { offsets: over, indices: new Int32Array(0) }
        : { offsets: Int32Array.of(0, 3, 3), indices: over };
    if (part === "indices") over.set([0, 1, 2]);
    checkRefused(
      () => zlpr(logits, sparse, { classes: 3, reduction: "none", out: { loss: loss.subarray(0, 2) } }),
      "RANGE",
      "options.out.loss: expected memory apart from the inputs, received an array that overlaps one",
    );
  });

  it("may not have a gradient over the offsets or the indices of the labels", () => {
    const grad = new Float32Array(6);
    const offsets = Int32Array.of(0, 0, 0);
    checkRefused(
      () =>
        zlpr(
          logits,
          { offsets: new Int32Array(grad.buffer, 12, 3), indices: new Int32Array(0) },
          { classes: 3, out: { grad } },
        ),
      "RANGE",
      OVERLAPPING,
    );
    checkRefused(
      () =>
        zlpr(
          logits,
          { offsets: offsets.with(2, 1), indices: new Int32Array(grad.buffer, 20, 1) },
          { classes: 3, out: { grad } },
        ),
      "RANGE",
      OVERLAPPING,
    );
  });
});

describe("errors name the place", () => {
  it("of a class that a later row has twice, by its position in that row", () => {
    const twice = { offsets: Int32Array.of(0, 2, 4), indices: Int32Array.of(0, 1, 2, 2) };
    checkRefused(
      () => zlpr(logits, twice, { classes: 3 }),
      "RANGE",
      "labels.indices: expected no class twice in a row, received 2 (row 1, index 1)",
    );
  });

  it("of the first weight", () => {
    checkRefused(
      () => zlpr(logits, labels, { classes: 3, rowWeights: Float32Array.of(-1, 1) }),
      "RANGE",
      "options.rowWeights: expected finite weights of at least 0, received -1 (row 0)",
    );
  });

  it("of weights that sum to 0 where rows might also be ignored, but none is", () => {
    checkRefused(
      () =>
        referenceOf("softmaxCrossEntropy")(logits, Int32Array.of(0, 1), {
          classes: 3,
          rowWeights: new Float32Array(2),
        }),
      "EMPTY_REDUCTION",
      'options.rowWeights: expected a positive weight for the "mean", received weights that sum to 0',
    );
  });

  it("in properties, of which there are none for a place that there is not", () => {
    const caught = (call: () => unknown): unknown => {
      try {
        return call();
      } catch (error) {
        return error;
      }
    };
    const whole = caught(() => zlpr(logits, labels, { classes: 4 }));
    expect(whole).toBeInstanceOf(LossError);
    const nowhere = { row: undefined, index: undefined };
    expect(whole).toMatchObject({ name: "LossError", code: "RANGE", argument: "logits", ...nowhere });
    expect(whole).not.toHaveProperty("cause");
    const inRow = caught(() => zlpr(logits, labels, { classes: 3, rowWeights: Float32Array.of(1, NaN) }));
    expect(inRow).toMatchObject({ row: 1, index: undefined });
  });
});

describe("an array over the end of that of a batch", () => {
  it("is not one of a batch", () => {
    const { logits: own } = createLosses({ variant: "simd" }).allocate(1, 16);
    const beyond = new Float32Array(own.buffer, own.byteOffset, 4096);
    checkRefused(
      () => zlpr(new Float32Array(4096), new Uint8Array(4096), { classes: 1, rowWeights: beyond }),
      "DISPOSED",
      "options.rowWeights: expected an array of a batch that is in use, received one of a batch that was freed",
    );
  });
});

describe("reductions", () => {
  it("are the mean by default, which may be named", () => {
    const mean = zlpr(logits, labels, { classes: 3, reduction: "mean" });
    const sum = zlpr(logits, labels, { classes: 3, reduction: "sum" });
    expect(mean).toEqual(zlpr(logits, labels, { classes: 3 }));
    expect(mean.loss).toBeCloseTo(sum.loss / 2, 12);
  });
});

describe("memory that there is not", () => {
  it("is an error with the number of bytes and its cause", () => {
    checkRefused(
      () => newArray(Float64Array, 2 ** 40),
      "OUT_OF_MEMORY",
      `memory: expected room for ${2 ** 43} bytes, received a refusal from the engine`,
    );
    expect(() => newArray(Float64Array, 2 ** 40)).toThrow(
      expect.objectContaining({ cause: expect.any(RangeError) }),
    );
  });
});

describe("createLosses", () => {
  const module = new WebAssembly.Module(readFileSync(new URL("../build/simd.wasm", import.meta.url)));

  it("takes a module with its own variant, or without one", () => {
    expect(createLosses({ module, variant: "simd" }).variant).toBe("simd");
    expect(createLosses({ module }).variant).toBe("simd");
  });

  it("takes each variant by its name", () => {
    expect(createLosses({ variant: "simd" }).variant).toBe("simd");
    expect(createLosses({ variant: "js" }).variant).toBe("js");
    expect(["simd", "relaxed"]).toContain(createLosses().variant);
  });

  it("refuses another variant than that of the module", () => {
    checkRefused(
      () => createLosses({ module, variant: "relaxed" }),
      "RANGE",
      'options.variant: expected "simd", as the module is, received "relaxed"',
    );
  });

  it("allocates labels of each kind", () => {
    const losses = createLosses({ variant: "js" });
    expect(losses.allocate(2, 3).labels).toEqual(new Uint8Array(6));
    expect(losses.allocate(2, 3, { labels: "multi-hot" }).labels).toEqual(new Uint8Array(6));
    expect(losses.allocate(2, 3, { labels: "soft" }).labels).toEqual(new Float32Array(6));
    checkRefused(
      () => (losses.allocate as Unchecked)(2, 3, { labels: "index" }),
      "RANGE",
      'options.labels: expected "multi-hot" or "soft", received "index"',
    );
  });
});
