import { describe, expect, it } from "vitest";
import type { LossError } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { checkThrown, type Unchecked } from "./support/errors.ts";
import { toSparse } from "./support/labels.ts";
import {
  allNames,
  lossOf,
  names,
  referenceOf,
  sampleNames,
  softNames,
  suitedLabels,
} from "./support/losses.ts";
import { forEachVariant } from "./support/variants.ts";

const logits = new Float32Array([1, -2, 3, 4, 0.5, -1]);
const labels = new Uint8Array([1, 0, 0, 0, 1, 0]);

function detached<T extends Float32Array | Uint8Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

function shrunk(): Float32Array {
  // Younger than the library that the types are checked against, but in every Node that we support.
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new Resizable(48, { maxByteLength: 64 });
  const array = new Float32Array(buffer, 24, 6);
  buffer.resize(8);
  return array;
}

const memory = new ArrayBuffer(256);
const shared = new SharedArrayBuffer(64);

/** Arguments, and what the error has to say. */
const CASES: [string, unknown[], Partial<LossError>][] = [
  ["no logits", [null, labels, { classes: 3 }], { code: "TYPE", argument: "logits", received: "null" }],
  [
    "number[] logits",
    [[1, 2, 3], labels, { classes: 3 }],
    { code: "TYPE", argument: "logits", received: "an array of length 3" },
  ],
  [
    "Float64Array logits",
    [new Float64Array(6), labels, { classes: 3 }],
    { code: "TYPE", argument: "logits", received: "Float64Array of length 6" },
  ],
  [
    "DataView logits",
    [new DataView(memory), labels, { classes: 3 }],
    { code: "TYPE", argument: "logits", received: "a DataView" },
  ],
  [
    "detached logits",
    [detached(new Float32Array(6)), labels, { classes: 3 }],
    { code: "DETACHED", argument: "logits" },
  ],
  [
    "no labels",
    [logits, undefined, { classes: 3 }],
    { code: "TYPE", argument: "labels", received: "undefined" },
  ],
  ["BigInt labels", [logits, new BigInt64Array(6), { classes: 3 }], { code: "TYPE", argument: "labels" }],
  [
    "clamped labels",
    [logits, new Uint8ClampedArray(6), { classes: 3 }],
    { code: "TYPE", argument: "labels" },
  ],
  [
    "detached labels",
    [logits, detached(new Uint8Array(6)), { classes: 3 }],
    { code: "DETACHED", argument: "labels" },
  ],
  [
    "too few labels",
    [logits, labels.subarray(1), { classes: 3 }],
    { code: "RANGE", argument: "labels", received: "5" },
  ],
  [
    "a label of 2",
    [logits, labels.with(4, 2), { classes: 3 }],
    { code: "RANGE", argument: "labels", received: "2", row: 1, index: 1 },
  ],
  [
    "a label of 255",
    [logits, labels.with(0, 255), { classes: 3 }],
    { code: "RANGE", argument: "labels", received: "255", row: 0, index: 0 },
  ],
  ["no options", [logits, labels], { code: "TYPE", argument: "options", received: "undefined" }],
  ["null options", [logits, labels, null], { code: "TYPE", argument: "options", received: "null" }],
  ["a number for options", [logits, labels, 3], { code: "TYPE", argument: "options", received: "3" }],
  [
    "an unknown option",
    [logits, labels, { classes: 3, treshold: 1 }],
    { code: "TYPE", argument: "options.treshold" },
  ],
  ["no classes", [logits, labels, {}], { code: "TYPE", argument: "options.classes", received: "undefined" }],
  [
    "classes as text",
    [logits, labels, { classes: "3" }],
    { code: "TYPE", argument: "options.classes", received: '"3"' },
  ],
  [
    "classes 0",
    [logits, labels, { classes: 0 }],
    { code: "RANGE", argument: "options.classes", received: "0" },
  ],
  ["classes -3", [logits, labels, { classes: -3 }], { code: "RANGE", argument: "options.classes" }],
  ["classes 1.5", [logits, labels, { classes: 1.5 }], { code: "RANGE", argument: "options.classes" }],
  [
    "classes NaN",
    [logits, labels, { classes: NaN }],
    { code: "RANGE", argument: "options.classes", received: "NaN" },
  ],
  [
    "classes 2^32 + 3",
    [logits, labels, { classes: 2 ** 32 + 3 }],
    { code: "RANGE", argument: "options.classes" },
  ],
  [
    "rows that are not whole",
    [logits, labels, { classes: 4 }],
    { code: "RANGE", argument: "logits", received: "6 elements" },
  ],
  [
    "an unknown reduction",
    [logits, labels, { classes: 3, reduction: "max" }],
    { code: "RANGE", argument: "options.reduction", received: '"max"' },
  ],
  [
    "a reduction of another type",
    [logits, labels, { classes: 3, reduction: 1 }],
    { code: "TYPE", argument: "options.reduction" },
  ],
  [
    "gradient as a number",
    [logits, labels, { classes: 3, gradient: 1 }],
    { code: "TYPE", argument: "options.gradient" },
  ],
  [
    "weights as number[]",
    [logits, labels, { classes: 3, rowWeights: [1, 1] }],
    { code: "TYPE", argument: "options.rowWeights" },
  ],
  [
    "too many weights",
    [logits, labels, { classes: 3, rowWeights: new Float32Array(3) }],
    { code: "RANGE", argument: "options.rowWeights" },
  ],
  [
    "a negative weight",
    [logits, labels, { classes: 3, rowWeights: new Float32Array([1, -1]) }],
    { code: "RANGE", argument: "options.rowWeights", row: 1, received: "-1" },
  ],
  [
    "a NaN weight",
    [logits, labels, { classes: 3, rowWeights: new Float32Array([NaN, 1]) }],
    { code: "RANGE", argument: "options.rowWeights", row: 0 },
  ],
  [
    "the mean of no weight",
    [logits, labels, { classes: 3, rowWeights: new Float32Array(2) }],
    { code: "EMPTY_REDUCTION", argument: "options.rowWeights" },
  ],
  [
    "the mean of no rows",
    [new Float32Array(0), new Uint8Array(0), { classes: 3 }],
    { code: "EMPTY_REDUCTION", argument: "logits" },
  ],
  [
    "sparse labels without indices",
    [logits, { offsets: new Int32Array(3) }, { classes: 3 }],
    { code: "TYPE", argument: "labels.indices" },
  ],
  [
    "sparse labels with too few offsets",
    [logits, { offsets: new Int32Array(2), indices: new Int32Array(0) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.offsets", received: "2" },
  ],
  [
    "offsets that do not begin with 0",
    [logits, { offsets: Int32Array.of(1, 1, 1), indices: Int32Array.of(0) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.offsets", received: "1", row: 0 },
  ],
  [
    "offsets that do not end with the number of indices",
    [logits, { offsets: Int32Array.of(0, 1, 1), indices: Int32Array.of(0, 1) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.offsets", received: "1", row: 1 },
  ],
  [
    "offsets that fall",
    [logits, { offsets: Int32Array.of(0, 2, 1), indices: Int32Array.of(0) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.offsets", received: "1", row: 1 },
  ],
  [
    "an index beyond the classes",
    [logits, { offsets: Int32Array.of(0, 1, 2), indices: Int32Array.of(2, 3) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.indices", received: "3", row: 1, index: 0 },
  ],
  [
    "an index that wraps",
    [logits, { offsets: Int32Array.of(0, 1, 1), indices: Uint32Array.of(2 ** 32 - 1) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.indices", received: "4294967295", row: 0, index: 0 },
  ],
  [
    "a negative index",
    [logits, { offsets: Int32Array.of(0, 1, 1), indices: Int32Array.of(-1) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.indices", received: "-1", row: 0, index: 0 },
  ],
  [
    "an index twice in a row",
    [logits, { offsets: Int32Array.of(0, 1, 3), indices: Int32Array.of(2, 2, 2) }, { classes: 3 }],
    { code: "RANGE", argument: "labels.indices", received: "2", row: 1, index: 1 },
  ],
  [
    "a mask of floats",
    [logits, labels, { classes: 3, mask: new Float32Array(6) }],
    { code: "TYPE", argument: "options.mask" },
  ],
  [
    "a mask that is too long",
    [logits, labels, { classes: 3, mask: new Uint8Array(7) }],
    { code: "RANGE", argument: "options.mask", received: "7" },
  ],
  [
    "a mask with a 2",
    [logits, labels, { classes: 3, mask: Uint8Array.of(1, 1, 0, 1, 2, 1) }],
    { code: "RANGE", argument: "options.mask", received: "2", row: 1, index: 1 },
  ],
  [
    "a bad label that the mask leaves out",
    [logits, labels.with(4, 2), { classes: 3, mask: Uint8Array.of(1, 0, 1) }],
    { code: "RANGE", argument: "labels", received: "2", row: 1, index: 1 },
  ],
  [
    "out as an array",
    [logits, labels, { classes: 3, out: new Float32Array(6) }],
    { code: "TYPE", argument: "options.out" },
  ],
  [
    "an unknown part of out",
    [logits, labels, { classes: 3, out: { gradient: new Float32Array(6) } }],
    { code: "TYPE", argument: "options.out.gradient" },
  ],
  [
    "a gradient that is too short",
    [logits, labels, { classes: 3, out: { grad: new Float32Array(5) } }],
    { code: "RANGE", argument: "options.out.grad", received: "5" },
  ],
  [
    "a gradient of another type",
    [logits, labels, { classes: 3, out: { grad: new Float64Array(6) } }],
    { code: "TYPE", argument: "options.out.grad" },
  ],
  [
    "a detached gradient",
    [logits, labels, { classes: 3, out: { grad: detached(new Float32Array(6)) } }],
    { code: "DETACHED", argument: "options.out.grad" },
  ],
  [
    "a place for no gradient",
    [logits, labels, { classes: 3, gradient: false, out: { grad: new Float32Array(6) } }],
    { code: "TYPE", argument: "options.out.grad" },
  ],
  [
    "a place for a loss that is a number",
    [logits, labels, { classes: 3, out: { loss: new Float32Array(2) } }],
    { code: "TYPE", argument: "options.out.loss" },
  ],
  [
    "losses that are too short",
    [logits, labels, { classes: 3, reduction: "none", out: { loss: new Float32Array(1) } }],
    { code: "RANGE", argument: "options.out.loss" },
  ],
  [
    "a gradient that overlaps the logits in part",
    [new Float32Array(memory, 0, 6), labels, { classes: 3, out: { grad: new Float32Array(memory, 4, 6) } }],
    { code: "RANGE", argument: "options.out.grad" },
  ],
  [
    "a gradient over the labels",
    [logits, new Uint8Array(memory, 0, 6), { classes: 3, out: { grad: new Float32Array(memory, 4, 6) } }],
    { code: "RANGE", argument: "options.out.grad" },
  ],
  [
    "a gradient over shared labels",
    [logits, new Uint8Array(shared, 0, 6), { classes: 3, out: { grad: new Float32Array(shared, 4, 6) } }],
    { code: "RANGE", argument: "options.out.grad" },
  ],
  [
    "logits beyond the end of a buffer that has shrunk",
    [shrunk(), new Uint8Array(0), { classes: 3, reduction: "sum" }],
    { code: "DETACHED", argument: "logits" },
  ],
  [
    "losses over the gradient",
    [
      logits,
      labels,
      {
        classes: 3,
        reduction: "none",
        out: { grad: new Float32Array(memory, 0, 6), loss: new Float32Array(memory, 20, 2) },
      },
    ],
    { code: "RANGE", argument: "options.out.grad" },
  ],
  [
    "losses over the logits",
    [
      new Float32Array(memory, 0, 6),
      labels,
      { classes: 3, reduction: "none", out: { loss: new Float32Array(memory, 20, 2) } },
    ],
    { code: "RANGE", argument: "options.out.loss" },
  ],
];

describe.each(sampleNames)("%s refuses", (name) => {
  it.each(CASES)("%s (reference)", (_, args, expected) => {
    checkThrown(() => (referenceOf(name) as Unchecked)(...args), expected);
  });

  forEachVariant((losses) => {
    it.each(CASES)("%s", (_, args, expected) => {
      const before = structuredClone(memory);
      checkThrown(() => (lossOf(losses, name) as Unchecked)(...args), expected);
      expect(memory).toEqual(before);
      expect(lossOf(losses, name)(logits, labels, { classes: 3 }).loss).toBeGreaterThan(0);
    });

    it("not: an empty gradient that lies among the bytes of a mask", () => {
      const mask = new Uint8Array(memory, 0, 12).fill(1);
      const call = {
        classes: 12,
        reduction: "sum" as const,
        mask,
        out: { grad: new Float32Array(memory, 4, 0) },
      };
      expect(lossOf(losses, name)(new Float32Array(0), new Uint8Array(0), call).loss).toBe(0);
      mask.fill(0);
    });

    it("not: arrays of a class whose methods do something else", () => {
      class Strange extends Float32Array {
        override subarray(): Float32Array<ArrayBuffer> {
          throw new Error("called");
        }
        override slice(): Float32Array<ArrayBuffer> {
          throw new Error("called");
        }
      }
      const out = { grad: new Strange(6) };
      const right = lossOf(losses, name)(logits, labels, { classes: 3 });
      expect(lossOf(losses, name)(Strange.from(logits), labels, { classes: 3, out }).loss).toBe(right.loss);
      expect(Array.from(out.grad)).toEqual(Array.from(right.grad));
    });

    it("a bad label in the last row of many without touching out", () => {
      const rows = 2000;
      const many = suitedLabels(name, new Uint8Array(rows * 100), 100);
      many[rows * 100 - 1] = 3;
      const out = { grad: new Float32Array(rows * 100).fill(5), loss: new Float32Array(rows).fill(6) };
      checkThrown(
        () =>
          lossOf(losses, name)(new Float32Array(rows * 100), many, { classes: 100, reduction: "none", out }),
        { code: "RANGE", argument: "labels", received: "3", row: rows - 1, index: 99 },
      );
      expect(out.grad.every((x) => x === 5)).toBe(true);
      expect(out.loss.every((x) => x === 6)).toBe(true);
    });

    it("a bad label at any place", () => {
      for (let length = 1; length < 200; length += effort(7, 60)) {
        for (let at = 0; at < length; at++) {
          checkThrown(
            () =>
              lossOf(losses, name)(new Float32Array(length), new Uint8Array(length).with(at, 2), {
                classes: length,
              }),
            {
              code: "RANGE",
              row: 0,
              index: at,
            },
          );
        }
      }
    });

    it("not: arrays of shared memory, of another realm, or subarrays", async () => {
      const right = lossOf(losses, name)(logits, labels, { classes: 3 });
      const sharedLogits = new Float32Array(new SharedArrayBuffer(24));
      sharedLogits.set(logits);
      const sharedLabels = new Uint8Array(new SharedArrayBuffer(6));
      sharedLabels.set(labels);
      expect(lossOf(losses, name)(sharedLogits, sharedLabels, { classes: 3 })).toEqual(right);
      const { runInNewContext } = await import("node:vm");
      const foreign = runInNewContext("[new Float32Array(6), new Uint8Array(6)]") as [
        Float32Array,
        Uint8Array,
      ];
      foreign[0].set(logits);
      foreign[1].set(labels);
      expect(lossOf(losses, name)(foreign[0], foreign[1], { classes: 3 })).toEqual(right);
    });
  });
});

describe("options that are arrays", () => {
  forEachVariant((losses) => {
    it("may not lie where the results go", () => {
      const out = { grad: new Float32Array(4), loss: new Float32Array(2) };
      const scores = Float32Array.of(1, 2, 3, 4);
      const marks = Uint8Array.of(1, 0, 0, 1);
      for (const [name, options, argument] of [
        ["sigmoidCrossEntropy", { positiveWeights: out.grad.subarray(0, 2) }, "options.out.grad"],
        ["zlpr", { threshold: out.grad.subarray(2) }, "options.out.grad"],
        ["zlpr", { threshold: out.loss }, "options.out.loss"],
      ] as const) {
        checkThrown(
          () => lossOf(losses, name)(scores, marks, { classes: 2, reduction: "none", out, ...options }),
          { code: "RANGE", argument },
        );
      }
    });
  });
});

describe.each(names.filter((name) => !softNames.includes(name)))("%s refuses soft labels", (name) => {
  forEachVariant((losses) => {
    it("with a TYPE", () => {
      const expected = { code: "TYPE", argument: "labels", received: "Float32Array of length 6" } as const;
      checkThrown(() => lossOf(losses, name)(logits, new Float32Array(6), { classes: 3 }), expected);
    });
  });
});

describe("lsep refuses", () => {
  forEachVariant((losses) => {
    it.each([
      [{ scale: 0 }, "RANGE", "options.scale"],
      [{ scale: Infinity }, "RANGE", "options.scale"],
      [{ scale: "1" }, "TYPE", "options.scale"],
      [{ margin: NaN }, "RANGE", "options.margin"],
    ] as const)("%o", (options, code, argument) => {
      checkThrown(() => (losses.lsep as Unchecked)(logits, labels, { classes: 3, ...options }), {
        code,
        argument,
      });
    });
  });
});

describe("losses refuse options of their own", () => {
  forEachVariant((losses) => {
    it.each([
      ["focal", { gamma: -1 }, "RANGE", "options.gamma"],
      ["focal", { gamma: null }, "TYPE", "options.gamma"],
      ["focal", { alpha: 1.5 }, "RANGE", "options.alpha"],
      ["asymmetric", { gammaPositive: -0.1 }, "RANGE", "options.gammaPositive"],
      ["asymmetric", { gammaNegative: NaN }, "RANGE", "options.gammaNegative"],
      ["asymmetric", { margin: 2 }, "RANGE", "options.margin"],
      ["sigmoidCrossEntropy", { positiveWeights: -1 }, "RANGE", "options.positiveWeights"],
      ["sigmoidCrossEntropy", { positiveWeights: [1, 1, 1] }, "TYPE", "options.positiveWeights"],
      ["sigmoidCrossEntropy", { positiveWeights: new Float32Array(2) }, "RANGE", "options.positiveWeights"],
      [
        "sigmoidCrossEntropy",
        { positiveWeights: Float32Array.of(1, -1, 1) },
        "RANGE",
        "options.positiveWeights",
      ],
      ["sigmoidCrossEntropy", { labelSmoothing: 1.1 }, "RANGE", "options.labelSmoothing"],
      ["focal", { threshold: 0 }, "TYPE", "options.threshold"],
      ["softmaxCrossEntropy", { labelSmoothing: -0.1 }, "RANGE", "options.labelSmoothing"],
      ["softmaxCrossEntropy", { labelSmoothing: "0" }, "TYPE", "options.labelSmoothing"],
      ["softmaxCrossEntropy", { ignoreIndex: 1.5 }, "RANGE", "options.ignoreIndex"],
      ["softmaxCrossEntropy", { ignoreIndex: 2 ** 31 }, "RANGE", "options.ignoreIndex"],
      ["softmaxCrossEntropy", { ignoreIndex: "-1" }, "TYPE", "options.ignoreIndex"],
      ["combinatorialSoftmax", { threshold: 0 }, "TYPE", "options.threshold"],
      ["combinatorialSoftmax", { threshold: new Float32Array(2) }, "TYPE", "options.threshold"],
      ["combinatorialSoftmax", { maxLabels: 2, threshold: NaN }, "RANGE", "options.threshold"],
      [
        "combinatorialSoftmax",
        { maxLabels: 2, threshold: new Float32Array(3) },
        "RANGE",
        "options.threshold",
      ],
      ["combinatorialSoftmax", { maxLabels: 0 }, "RANGE", "options.maxLabels"],
      ["combinatorialSoftmax", { maxLabels: 4 }, "RANGE", "options.maxLabels"],
      ["combinatorialSoftmax", { maxLabels: 1.5 }, "RANGE", "options.maxLabels"],
      ["combinatorialSoftmax", { maxLabels: "3" }, "TYPE", "options.maxLabels"],
      ["combinatorialSoftmax", { maxLabels: null }, "TYPE", "options.maxLabels"],
    ] as const)("%s: %o", (name, options, code, argument) => {
      checkThrown(() => (losses[name] as Unchecked)(logits, labels, { classes: 3, ...options }), {
        code,
        argument,
      });
    });
  });
});

describe("zlpr refuses a threshold", () => {
  forEachVariant((losses) => {
    it.each([
      [NaN, "RANGE"],
      [Infinity, "RANGE"],
      ["0", "TYPE"],
      [null, "TYPE"],
      [new Float64Array(2), "TYPE"],
      [new Float32Array(3), "RANGE"],
      [Float32Array.of(1, NaN), "RANGE"],
    ])("of %s", (threshold, code) => {
      checkThrown(() => (losses.zlpr as Unchecked)(logits, labels, { classes: 3, threshold }), {
        code: code as LossError["code"],
        argument: "options.threshold",
      });
    });
  });
});

/** Labels of a number of positive classes that a loss is not defined for, and what the error has to say. */
const COUNTS: [
  string,
  "softmaxCrossEntropy" | "combinatorialSoftmax",
  object,
  number[],
  Partial<LossError>,
][] = [
  ["no positive class", "softmaxCrossEntropy", {}, [0, 1, 0, 0, 0, 0], { row: 1, received: "0" }],
  ["two positive classes", "softmaxCrossEntropy", {}, [0, 1, 0, 1, 0, 1], { row: 1, received: "2" }],
  [
    "two positive classes, smoothed",
    "softmaxCrossEntropy",
    { labelSmoothing: 0.1 },
    [1, 1, 1, 0, 1, 0],
    { row: 0, received: "3" },
  ],
  [
    "a positive class that the mask leaves out",
    "softmaxCrossEntropy",
    { mask: Uint8Array.of(1, 1, 0) },
    [1, 0, 0, 0, 0, 1],
    { row: 1, received: "0" },
  ],
  [
    "a positive class that the mask of its row leaves out",
    "softmaxCrossEntropy",
    { mask: Uint8Array.of(1, 1, 0, 0, 1, 1) },
    [1, 0, 0, 1, 0, 0],
    { row: 1, received: "0" },
  ],
  [
    "more than maxLabels",
    "combinatorialSoftmax",
    { maxLabels: 1 },
    [1, 0, 0, 1, 0, 1],
    { row: 1, received: "2" },
  ],
  [
    "more than maxLabels that the mask keeps",
    "combinatorialSoftmax",
    { maxLabels: 1, mask: Uint8Array.of(0, 1, 1) },
    [1, 1, 0, 0, 1, 1],
    { row: 1, received: "2" },
  ],
];

describe("losses refuse rows of", () => {
  forEachVariant((losses) => {
    it.each(COUNTS)("%s: %s", (_, name, options, counted, expected) => {
      const hot = Uint8Array.from(counted);
      const batch = losses.allocate(2, 3);
      batch.labels.set(hot);
      for (const given of [hot, toSparse(hot, 3), batch.labels]) {
        const out = { grad: new Float32Array(6).fill(5), loss: new Float32Array(2).fill(6) };
        checkThrown(
          () => lossOf(losses, name)(logits, given, { classes: 3, reduction: "none", out, ...options }),
          { code: "RANGE", argument: "labels", ...expected },
        );
        expect(out).toEqual({ grad: new Float32Array(6).fill(5), loss: new Float32Array(2).fill(6) });
      }
      batch.free();
      expect(lossOf(losses, name)(logits, labels, { classes: 3 }).loss).toBeGreaterThan(0);
    });

    it("such a number anywhere in a batch that is worked on in parts", () => {
      const [rows, classes] = [2000, 70];
      for (const row of [0, 999, 1999]) {
        const one = Uint8Array.from({ length: rows * classes }, (_, i) => Number(i % classes === 3));
        one[row * classes + 69] = 1;
        const zeros = new Float32Array(rows * classes);
        for (const given of [one, toSparse(one, classes)]) {
          const expected = { code: "RANGE", argument: "labels", row, received: "2" } as const;
          checkThrown(() => lossOf(losses, "softmaxCrossEntropy")(zeros, given, { classes }), expected);
          const options = { maxLabels: 1 };
          checkThrown(
            () => lossOf(losses, "combinatorialSoftmax")(zeros, given, { classes, ...options }),
            expected,
          );
        }
      }
    });
  });
});

/** Class indices, and what the error has to say. */
const INDICES: [string, Int32Array, object, Partial<LossError>][] = [
  ["beyond the classes", Int32Array.of(2, 3), {}, { code: "RANGE", row: 1, received: "3" }],
  ["below -1", Int32Array.of(-2, 0), {}, { code: "RANGE", row: 0, received: "-2" }],
  [
    "of -1 where another one is to be ignored",
    Int32Array.of(0, -1),
    { ignoreIndex: -100 },
    { code: "RANGE", row: 1, received: "-1" },
  ],
  [
    "of a class that the mask leaves out",
    Int32Array.of(1, 2),
    { mask: Uint8Array.of(1, 1, 0) },
    { code: "RANGE", row: 1, received: "0" },
  ],
  ["too many", new Int32Array(6), {}, { code: "RANGE", received: "6" }],
  ["too few", new Int32Array(1), {}, { code: "RANGE", received: "1" }],
  ["all to be ignored, in the mean", Int32Array.of(-1, -1), {}, { code: "EMPTY_REDUCTION" }],
  [
    "to be ignored or of weight 0, in the mean",
    Int32Array.of(2, 1),
    { ignoreIndex: 2, rowWeights: Float32Array.of(1, 0) },
    { code: "EMPTY_REDUCTION" },
  ],
];

describe("softmaxCrossEntropy refuses class indices", () => {
  it.each(INDICES)("%s (reference)", (_, indices, options, expected) => {
    checkThrown(() => referenceOf("softmaxCrossEntropy")(logits, indices, { classes: 3, ...options }), {
      argument: "labels",
      ...expected,
    });
  });

  forEachVariant((losses) => {
    it.each(INDICES)("%s", (_, indices, options, expected) => {
      const out = { grad: new Float32Array(6).fill(5) };
      checkThrown(() => losses.softmaxCrossEntropy(logits, indices, { classes: 3, out, ...options }), {
        argument: "labels",
        ...expected,
      });
      expect(out.grad).toEqual(new Float32Array(6).fill(5));
    });

    it.each(allNames.filter((name) => name !== "softmaxCrossEntropy"))("of no other loss: %s", (name) => {
      checkThrown(() => lossOf(losses, name)(logits, new Int32Array(2), { classes: 3 }), {
        code: "TYPE",
        argument: "labels",
        received: "Int32Array of length 2",
      });
    });
  });
});

describe("class indices for a loss without them", () => {
  const advice = "{ offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i), indices }";

  it.each(names.filter((name) => name !== "softmaxCrossEntropy"))("%s: the error says what to do", (name) => {
    checkThrown(() => referenceOf(name)(logits, new Int32Array(2), { classes: 3 }), {
      code: "TYPE",
      argument: "labels",
      expected: expect.stringMatching(
        / or \{ offsets, indices \}.*; for one class a row, softmaxCrossEntropy or /,
      ),
      message: expect.stringContaining(`${advice}, received Int32Array of length 2`),
    });
  });

  it("which is right", () => {
    const make = new Function("rows", "indices", `return (${advice});`);
    const indices = Int32Array.of(2, 0);
    const dense = Uint8Array.of(0, 0, 1, 1, 0, 0);
    for (const name of names.filter((name) => name !== "softmaxCrossEntropy")) {
      const loss = referenceOf(name);
      expect(loss(logits, make(2, indices), { classes: 3 })).toEqual(loss(logits, dense, { classes: 3 }));
    }
  });
});
