import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { detached, shrunk, snapshot } from "../support/arrays.ts";
import { effort } from "../support/effort.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import { allNames, exampleFor, type LossName, lossOf, names, softNames } from "../support/losses.ts";
import { expectSameResult } from "../support/results.ts";
import { forEachVariant } from "../support/variants.ts";
import { itRefuses, LOST, labels, labelsFor, logits, type Refusal } from "./calls.ts";

/* Shapes and types of logits, options and places for results. */

const COMMON = "classes, reduction, rowWeights, mask, gradient, out";

/** The options that only one loss has, in the order in which it names them. */
const OWN: Record<LossName, string[]> = {
  asymmetric: ["gammaPositive", "gammaNegative", "margin"],
  combinatorialSoftmax: ["maxLabels", "threshold"],
  focal: ["gamma", "alpha"],
  lsep: ["scale", "margin"],
  sigmoidCrossEntropy: ["positiveWeights", "labelSmoothing"],
  softmaxCrossEntropy: ["labelSmoothing", "ignoreIndex"],
  zlpr: ["threshold"],
  zlprDivergence: [],
  zlprJoint: ["threshold"],
};

const A_COUNT = "a whole number from 1 to 268435456";
const OVERLAPPING =
  "the logits themselves or memory apart from all other arrays, received an overlapping array";

function misaligned(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes + 1), 1, bytes);
}

/** Logits of other types, as the error describes them. */
const OTHER_LOGITS: [unknown, string][] = [
  [null, "null"],
  [undefined, "undefined"],
  [[1, 2, 3], "an array of length 3"],
  [new Float64Array(6), "Float64Array of length 6"],
  [new BigInt64Array(6), "BigInt64Array of length 6"],
  [new Int8Array(6), "Int8Array of length 6"],
  [new DataView(new ArrayBuffer(24)), "a DataView"],
  [new ArrayBuffer(24), "an object"],
  [misaligned(24), "Uint8Array of length 24"],
  ["1 2 3", '"1 2 3"'],
  [6, "6"],
  [6n, "6n"],
  [true, "true"],
  [Symbol("six"), "Symbol(six)"],
  [() => logits, "a function"],
  [{ length: 6 }, "an object"],
];

/** Class counts that are none. */
const NO_COUNTS: [unknown, "TYPE" | "RANGE", string][] = [
  [undefined, "TYPE", "a number, received undefined"],
  [null, "TYPE", "a number, received null"],
  ["3", "TYPE", 'a number, received "3"'],
  [3n, "TYPE", "a number, received 3n"],
  [0, "RANGE", `${A_COUNT}, received 0`],
  [-3, "RANGE", `${A_COUNT}, received -3`],
  [1.5, "RANGE", `${A_COUNT}, received 1.5`],
  [NaN, "RANGE", `${A_COUNT}, received NaN`],
  [Infinity, "RANGE", `${A_COUNT}, received Infinity`],
  [2 ** 32 + 1, "RANGE", `${A_COUNT}, received 4294967297`],
  [2 ** 32 + 3, "RANGE", `${A_COUNT}, received 4294967299`],
  [2 ** 53, "RANGE", `${A_COUNT}, received 9007199254740992`],
];

describe.each(allNames)("%s refuses shapes and types:", (name) => {
  const marks = labelsFor(name);
  const rows = new Float32Array(2);
  const ok = { classes: 3 };

  itRefuses(name, [
    ...OTHER_LOGITS.map(
      ([given, received]): Refusal => [
        `logits of another type: ${received}`,
        "TYPE",
        `logits: expected a Float32Array, received ${received}`,
        () => [given, marks, ok],
      ],
    ),
    [
      "logits whose buffer was transferred, which are not an empty array",
      "DETACHED",
      `logits: expected ${LOST}`,
      () => [detached(new Float32Array(6)), marks, ok],
    ],
    [
      "logits whose buffer was transferred, and no labels",
      "DETACHED",
      `logits: expected ${LOST}`,
      () => [detached(new Float32Array(6)), marks.slice(6), { ...ok, reduction: "sum" }],
    ],
    [
      "logits beyond the end of a buffer that has shrunk",
      "DETACHED",
      `logits: expected ${LOST}`,
      () => [shrunk(), marks.slice(6), { ...ok, reduction: "sum" }],
    ],
    [
      "a length that is not rows × classes",
      "RANGE",
      "logits: expected a length that is a multiple of classes = 4, received 6 elements",
      () => [logits, marks, { classes: 4 }],
    ],
    [
      "more classes than logits",
      "RANGE",
      "logits: expected a length that is a multiple of classes = 268435456, received 6 elements",
      () => [logits, marks, { classes: 2 ** 28 }],
    ],
    ...NO_COUNTS.map(
      ([classes, code, message]): Refusal => [
        `${String(classes)} classes`,
        code,
        `options.classes: expected ${message}`,
        () => [logits, marks, { classes }],
      ],
    ),
    [
      "a row beyond the limit, and states it",
      "RANGE",
      "options.classes: expected a whole number from 1 to 268435456, received 268435457",
      () => [logits, marks, { classes: 2 ** 28 + 1 }],
    ],
    [
      "a missing options object",
      "TYPE",
      "options: expected an object, received undefined",
      () => [logits, marks],
    ],
    ["null options", "TYPE", "options: expected an object, received null", () => [logits, marks, null]],
    ["a number for options", "TYPE", "options: expected an object, received 3", () => [logits, marks, 3]],
    [
      "a list for options",
      "TYPE",
      "options: expected an object, received an array of length 1",
      () => [logits, marks, [3]],
    ],
    [
      "an array for options",
      "TYPE",
      "options: expected an object, received Float32Array of length 6",
      () => [logits, marks, logits],
    ],
    [
      "an unknown option",
      "TYPE",
      `options.treshold: expected one of ${[COMMON, ...OWN[name]].join(", ")}, received an unknown name`,
      () => [logits, marks, { ...ok, treshold: 1 }],
    ],
    [
      "an unknown reduction",
      "RANGE",
      'options.reduction: expected "mean", "sum" or "none", received "max"',
      () => [logits, marks, { ...ok, reduction: "max" }],
    ],
    [
      "a reduction of another type",
      "TYPE",
      'options.reduction: expected "mean", "sum" or "none", received null',
      () => [logits, marks, { ...ok, reduction: null }],
    ],
    [
      "gradient as a number",
      "TYPE",
      "options.gradient: expected true or false, received 1",
      () => [logits, marks, { ...ok, gradient: 1 }],
    ],
    [
      "weights as number[]",
      "TYPE",
      "options.rowWeights: expected a Float32Array, received an array of length 2",
      () => [logits, marks, { ...ok, rowWeights: [1, 1] }],
    ],
    [
      "too many weights",
      "RANGE",
      "options.rowWeights: expected [rows] = 2 elements, received 3",
      () => [logits, marks, { ...ok, rowWeights: new Float32Array(3) }],
    ],
    ...[-1, NaN, Infinity, -Infinity].map(
      (weight): Refusal => [
        `a weight of ${weight}`,
        "RANGE",
        `options.rowWeights: expected finite weights of at least 0, received ${weight} (row 1)`,
        () => [logits, marks, { ...ok, rowWeights: Float32Array.of(1, weight) }],
      ],
    ),
    [
      "detached weights",
      "DETACHED",
      `options.rowWeights: expected ${LOST}`,
      () => [logits, marks, { ...ok, rowWeights: detached(new Float32Array(2)) }],
    ],
    [
      "the mean of weights that sum to 0",
      "EMPTY_REDUCTION",
      'options.rowWeights: expected a positive weight for the "mean", received weights that sum to 0',
      () => [logits, marks, { ...ok, rowWeights: rows }],
    ],
    [
      "the mean of no rows",
      "EMPTY_REDUCTION",
      'logits: expected at least one row for the "mean", received none',
      () => [new Float32Array(0), marks.slice(6), ok],
    ],
    [
      "a mask of floats",
      "TYPE",
      "options.mask: expected a Uint8Array, received Float32Array of length 6",
      () => [logits, marks, { ...ok, mask: new Float32Array(6) }],
    ],
    [
      "a mask that is too long",
      "RANGE",
      "options.mask: expected [rows, classes] = 6 or [classes] = 3 elements, received 7",
      () => [logits, marks, { ...ok, mask: new Uint8Array(7) }],
    ],
    [
      "a mask with a 2",
      "RANGE",
      "options.mask: expected 0 or 1, received 2 (row 1, index 1)",
      () => [logits, marks, { ...ok, mask: Uint8Array.of(1, 1, 0, 1, 2, 1) }],
    ],
    [
      "a detached mask",
      "DETACHED",
      `options.mask: expected ${LOST}`,
      () => [logits, marks, { ...ok, mask: detached(new Uint8Array(6)) }],
    ],
    [
      "out as an array",
      "TYPE",
      "options.out: expected an object, received Float32Array of length 6",
      () => [logits, marks, { ...ok, out: new Float32Array(6) }],
    ],
    [
      "an unknown part of out",
      "TYPE",
      "options.out.gradient: expected one of loss, grad, received an unknown name",
      () => [logits, marks, { ...ok, out: { gradient: new Float32Array(6) } }],
    ],
    [
      "out.grad too short",
      "RANGE",
      "options.out.grad: expected [rows, classes] = 6 elements, received 5",
      () => [logits, marks, { ...ok, out: { grad: new Float32Array(5) } }],
    ],
    [
      "out.grad of another type",
      "TYPE",
      "options.out.grad: expected a Float32Array, received Float64Array of length 6",
      () => [logits, marks, { ...ok, out: { grad: new Float64Array(6) } }],
    ],
    [
      "out.grad detached",
      "DETACHED",
      `options.out.grad: expected ${LOST}`,
      () => [logits, marks, { ...ok, out: { grad: detached(new Float32Array(6)) } }],
    ],
    [
      "out.grad where there is no gradient",
      "TYPE",
      "options.out.grad: expected nothing where gradient is false, received Float32Array of length 6",
      () => [logits, marks, { ...ok, gradient: false, out: { grad: new Float32Array(6) } }],
    ],
    [
      "out.loss for a loss that is a number",
      "TYPE",
      'options.out.loss: expected nothing unless reduction is "none", received Float32Array of length 2',
      () => [logits, marks, { ...ok, out: { loss: new Float32Array(2) } }],
    ],
    [
      "out.loss too short",
      "RANGE",
      "options.out.loss: expected [rows] = 2 elements, received 1",
      () => [logits, marks, { ...ok, reduction: "none", out: { loss: new Float32Array(1) } }],
    ],
    [
      "out.loss of another type",
      "TYPE",
      "options.out.loss: expected a Float32Array, received an array of length 2",
      () => [logits, marks, { ...ok, reduction: "none", out: { loss: [0, 0] } }],
    ],
    [
      "out.loss detached",
      "DETACHED",
      `options.out.loss: expected ${LOST}`,
      () => [logits, marks, { ...ok, reduction: "none", out: { loss: detached(new Float32Array(2)) } }],
    ],
    [
      "out.grad partly overlapping the logits",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new Float32Array(7);
        return [memory.subarray(0, 6), marks, { ...ok, out: { grad: memory.subarray(1) } }];
      },
    ],
    [
      "out.grad over the labels",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new ArrayBuffer(48);
        const Labels = marks.constructor as Float32ArrayConstructor;
        return [logits, new Labels(memory, 0, 6), { ...ok, out: { grad: new Float32Array(memory, 4, 6) } }];
      },
    ],
    [
      "out.grad over labels in shared memory",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new SharedArrayBuffer(48);
        const Labels = marks.constructor as Float32ArrayConstructor;
        return [logits, new Labels(memory, 0, 6), { ...ok, out: { grad: new Float32Array(memory, 4, 6) } }];
      },
    ],
    [
      "out.grad over a mask",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new ArrayBuffer(24);
        const out = { grad: new Float32Array(memory) };
        return [logits, marks, { ...ok, mask: new Uint8Array(memory, 18), out }];
      },
    ],
    [
      "out.grad over the weights",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new Float32Array(6);
        return [logits, marks, { ...ok, rowWeights: memory.subarray(4), out: { grad: memory } }];
      },
    ],
    [
      "out.loss over out.grad",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const memory = new Float32Array(7);
        const out = { grad: memory.subarray(0, 6), loss: memory.subarray(5) };
        return [logits, marks, { ...ok, reduction: "none", out }];
      },
    ],
    [
      "out.loss over the logits",
      "RANGE",
      "options.out.loss: expected memory apart from the inputs, received an array that overlaps one",
      () => {
        const memory = new Float32Array(7);
        const out = { loss: memory.subarray(5) };
        return [memory.subarray(0, 6), marks, { ...ok, reduction: "none", out }];
      },
    ],
  ]);
});

const FINITE = "a finite number";
const NUMBERS = "a number or a Float32Array";

/** Values of a number, wrong because of their type or because they are not finite. */
function notFinite(argument: string, expected: string, args: (value: unknown) => unknown[]): Refusal[] {
  return [
    ...[NaN, Infinity, -Infinity].map(
      (value): Refusal => [
        `${argument} ${value}`,
        "RANGE",
        `options.${argument}: expected ${expected}, received ${value}`,
        () => args(value),
      ],
    ),
    ...(["1", null, 1n] as const).map(
      (value): Refusal => [
        `${argument} ${typeof value === "string" ? `"${value}"` : String(value)}`,
        "TYPE",
        `options.${argument}: expected a number, received ${value === "1" ? '"1"' : value === null ? "null" : "1n"}`,
        () => args(value),
      ],
    ),
  ];
}

/** Refusals of a number with limits, of which some values are out of range. */
function outOfRange(argument: string, expected: string, wrong: number[]): Refusal[] {
  const args = (value: unknown) => [logits, labels, { classes: 3, [argument]: value }];
  return [
    ...notFinite(argument, expected, args),
    ...wrong.map(
      (value): Refusal => [
        `${argument} ${value}`,
        "RANGE",
        `options.${argument}: expected ${expected}, received ${value}`,
        () => args(value),
      ],
    ),
  ];
}

/** Refusals of a threshold, besides other options. */
function thresholds(own: object): Refusal[] {
  const args = (threshold: unknown) => [logits, labels, { classes: 3, ...own, threshold }];
  const expected = `options.threshold: expected`;
  return [
    ...[NaN, Infinity, -Infinity].map(
      (value): Refusal => [
        `threshold ${value}`,
        "RANGE",
        `${expected} ${FINITE}, received ${value}`,
        () => args(value),
      ],
    ),
    ["threshold as text", "TYPE", `${expected} ${NUMBERS}, received "0"`, () => args("0")],
    ["threshold null", "TYPE", `${expected} ${NUMBERS}, received null`, () => args(null)],
    [
      "thresholds in float64",
      "TYPE",
      `${expected} ${NUMBERS}, received Float64Array of length 2`,
      () => args(new Float64Array(2)),
    ],
    [
      "too many thresholds",
      "RANGE",
      `${expected} [rows] = 2 elements, received 3`,
      () => args(new Float32Array(3)),
    ],
    [
      "a NaN among the thresholds",
      "RANGE",
      `${expected} finite numbers, received NaN (row 1)`,
      () => args(Float32Array.of(1, NaN)),
    ],
    ["detached thresholds", "DETACHED", `${expected} ${LOST}`, () => args(detached(new Float32Array(2)))],
    [
      "out.grad over the thresholds",
      "RANGE",
      `options.out.grad: expected ${OVERLAPPING}`,
      () => {
        const grad = new Float32Array(6);
        return [logits, labels, { classes: 3, ...own, threshold: grad.subarray(4), out: { grad } }];
      },
    ],
    [
      "out.loss over the thresholds",
      "RANGE",
      "options.out.loss: expected memory apart from the inputs, received an array that overlaps one",
      () => {
        const loss = new Float32Array(2);
        return [logits, labels, { classes: 3, ...own, threshold: loss, reduction: "none", out: { loss } }];
      },
    ],
  ];
}

const AT_LEAST_0 = `${FINITE} of at least 0`;
const FROM_0_TO_1 = `${AT_LEAST_0} and of at most 1`;
const INT32 = "a whole number from -2147483648 to 2147483647";

/** The options that only some losses have. */
const OWN_OPTIONS: [LossName, Refusal[]][] = [
  ["zlpr", thresholds({})],
  ["zlprJoint", thresholds({})],
  ["lsep", [...outOfRange("scale", `${FINITE} above 0`, [0, -0, -1]), ...outOfRange("margin", FINITE, [])]],
  ["focal", [...outOfRange("gamma", AT_LEAST_0, [-1]), ...outOfRange("alpha", FROM_0_TO_1, [-0.1, 1.5])]],
  [
    "asymmetric",
    [
      ...outOfRange("gammaPositive", AT_LEAST_0, [-0.1]),
      ...outOfRange("gammaNegative", AT_LEAST_0, [-1]),
      ...outOfRange("margin", FROM_0_TO_1, [-0.1, 2]),
    ],
  ],
  ["sigmoidCrossEntropy", outOfRange("labelSmoothing", FROM_0_TO_1, [-0.1, 1.1])],
  [
    "sigmoidCrossEntropy",
    [
      ...[NaN, Infinity, -Infinity, -1].map(
        (value): Refusal => [
          `positiveWeights ${value}`,
          "RANGE",
          `options.positiveWeights: expected ${AT_LEAST_0}, received ${value}`,
          () => [logits, labels, { classes: 3, positiveWeights: value }],
        ],
      ),
      [
        "positiveWeights as number[]",
        "TYPE",
        `options.positiveWeights: expected ${NUMBERS}, received an array of length 3`,
        () => [logits, labels, { classes: 3, positiveWeights: [1, 1, 1] }],
      ],
      [
        "too few positiveWeights",
        "RANGE",
        "options.positiveWeights: expected [classes] = 3 elements, received 2",
        () => [logits, labels, { classes: 3, positiveWeights: new Float32Array(2) }],
      ],
      [
        "a negative one among the positiveWeights",
        "RANGE",
        "options.positiveWeights: expected finite numbers of at least 0, received -1 (index 1)",
        () => [logits, labels, { classes: 3, positiveWeights: Float32Array.of(1, -1, 1) }],
      ],
      [
        "detached positiveWeights",
        "DETACHED",
        `options.positiveWeights: expected ${LOST}`,
        () => [logits, labels, { classes: 3, positiveWeights: detached(new Float32Array(3)) }],
      ],
      [
        "out.grad over the positiveWeights",
        "RANGE",
        `options.out.grad: expected ${OVERLAPPING}`,
        () => {
          const grad = new Float32Array(6);
          return [logits, labels, { classes: 3, positiveWeights: grad.subarray(3), out: { grad } }];
        },
      ],
    ],
  ],
  ["softmaxCrossEntropy", outOfRange("labelSmoothing", FROM_0_TO_1, [-0.1, 1.1])],
  ["softmaxCrossEntropy", outOfRange("ignoreIndex", INT32, [1.5, 2 ** 31, -(2 ** 31) - 1])],
  ["combinatorialSoftmax", outOfRange("maxLabels", "a whole number from 1 to 3", [0, -1, 1.5])],
  [
    "combinatorialSoftmax",
    [
      [
        "K > n",
        "RANGE",
        "options.maxLabels: expected a whole number from 1 to 3, received 4",
        () => [logits, labels, { classes: 3, maxLabels: 4 }],
      ],
      [
        "a threshold without maxLabels",
        "TYPE",
        "options.threshold: expected nothing unless maxLabels is given, received 0",
        () => [logits, labels, { classes: 3, threshold: 0 }],
      ],
      [
        "thresholds without maxLabels",
        "TYPE",
        "options.threshold: expected nothing unless maxLabels is given, received Float32Array of length 2",
        () => [logits, labels, { classes: 3, threshold: new Float32Array(2) }],
      ],
      ...thresholds({ maxLabels: 2 }),
    ],
  ],
];

describe.each(OWN_OPTIONS)("%s refuses options of its own out of range or not finite:", (name, refusals) => {
  itRefuses(name, refusals);
});

describe.each(allNames)("%s has", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it("for zero rows an empty output", () => {
      const none = labelsFor(name).slice(6);
      const [empty, out] = [new Float32Array(0), { loss: new Float32Array(0), grad: new Float32Array(0) }];
      expect(loss(empty, none, { classes: 3, reduction: "sum" })).toEqual({ loss: 0, grad: empty });
      expect(loss(empty, none, { classes: 3, reduction: "none" })).toEqual({ loss: empty, grad: empty });
      const got = loss(empty, none, { classes: 3, reduction: "none", out });
      expect(got.loss).toBe(out.loss);
      expect(got.grad).toBe(out.grad);
    });

    it("for subarray views at odd offsets, lengths 1 to 67, the same bits", () => {
      for (let classes = 1; classes <= effort(67, 5); classes++) {
        const given = exampleFor(name as (typeof names)[number], 2, classes, 4, classes);
        const marks = name === "zlprDivergence" ? Float32Array.from(given.labels) : given.labels;
        const right = loss(given.logits, marks, { classes, reduction: "none" });
        const odd = <T extends Float32Array | Uint8Array>(array: T, offset: number): T => {
          const within = new (array.constructor as Float32ArrayConstructor)(array.length + offset + 3).fill(
            1,
          );
          within.set(array, offset);
          return within.subarray(offset, offset + array.length) as T;
        };
        for (const offset of [1, 2, 3, 5]) {
          const out = {
            grad: odd(new Float32Array(2 * classes), offset),
            loss: odd(new Float32Array(2), offset),
          };
          const call = { classes, reduction: "none", out } as const;
          const got = loss(odd(given.logits, offset), odd(marks, offset), call);
          expectSameResult(got, right);
          expect(got.grad).toBe(out.grad);
          for (const { buffer, byteOffset, length } of [out.grad, out.loss]) {
            const whole = new Float32Array(buffer);
            expect([...whole.subarray(0, offset), ...whole.subarray(offset + length)]).toEqual(
              Array(offset + 3).fill(1),
            );
            expect(byteOffset).toBe(4 * offset);
          }
        }
      }
    });

    it("arrays from another realm and of shared memory accepted, and buffers of Node, misaligned or not", () => {
      const marks = labelsFor(name);
      const right = loss(logits, marks, { classes: 3 });
      const Labels = marks.constructor as Uint8ArrayConstructor;
      const foreign = runInNewContext(
        `({ logits: new Float32Array(6), labels: new ${Labels.name}(6), grad: new Float32Array(6),
            mask: new Uint8Array(6).fill(1), rowWeights: new Float32Array(2).fill(1) })`,
      ) as Record<"logits" | "labels" | "grad" | "mask" | "rowWeights", Float32Array>;
      foreign.logits.set(logits);
      foreign.labels.set(marks);
      const out = { grad: foreign.grad };
      expect(loss(foreign.logits, foreign.labels, { classes: 3 })).toEqual(right);
      expect(loss(foreign.logits, foreign.labels, { classes: 3, out }).grad).toBe(foreign.grad);
      expect(Array.from(foreign.grad)).toEqual(Array.from(right.grad));
      const { mask, rowWeights } = foreign;
      const full = { classes: 3, mask: mask as unknown as Uint8Array, rowWeights };
      expect(loss(foreign.logits, foreign.labels, full)).toEqual(right);

      const inShared = <T extends Float32Array | Uint8Array>(array: T) => {
        const shared = new (array.constructor as Float32ArrayConstructor)(
          new SharedArrayBuffer(array.byteLength) as never,
        );
        shared.set(array);
        return shared as T;
      };
      const sharedOut = { grad: inShared(new Float32Array(6)) };
      const shared = { classes: 3, mask: inShared(new Uint8Array(6).fill(1)), out: sharedOut };
      expect(loss(inShared(logits), inShared(marks), shared).loss).toEqual(right.loss);
      expect(Array.from(sharedOut.grad)).toEqual(Array.from(right.grad));

      if (marks instanceof Uint8Array) {
        const buffer = misaligned(6);
        buffer.set(marks);
        expect(loss(logits, buffer, { classes: 3 })).toEqual(right);
      }
    });

    it("its inputs never modified, but for logits that are out.grad", () => {
      for (const classes of [1, 5, 33, 65]) {
        const given = exampleFor(name as (typeof names)[number], 3, classes, 4, 7);
        const marks = name === "zlprDivergence" ? Float32Array.from(given.labels) : given.labels;
        const rowWeights = Float32Array.of(1, 0, 2.5);
        const mask = new Uint8Array(3 * classes).fill(1);
        const inputs = [given.logits, marks, { classes, rowWeights, mask }] as const;
        const before = snapshot(inputs);
        const right = loss(...inputs);
        if (names.includes(name)) loss(given.logits, toSparse(given.labels, classes), inputs[2]);
        expect(snapshot(inputs)).toEqual(before);

        const others = snapshot(inputs.slice(1));
        const inPlace = loss(given.logits, marks, { ...inputs[2], out: { grad: given.logits } });
        expect(inPlace.grad).toBe(given.logits);
        expect(inPlace).toEqual(right);
        expect(snapshot(inputs.slice(1))).toEqual(others);
      }
    });

    it("an empty gradient that lies among the bytes of a mask", () => {
      const memory = new ArrayBuffer(16);
      const mask = new Uint8Array(memory, 0, 12).fill(1);
      const out = { grad: new Float32Array(memory, 4, 0) };
      const call = { classes: 12, reduction: "sum" as const, mask, out };
      expect(loss(new Float32Array(0), labelsFor(name).slice(6), call).loss).toBe(0);
    });
  });
});

describe.each(names.filter((name) => !softNames.includes(name)))("%s refuses soft labels", (name) => {
  itRefuses(name, [
    [
      "in a loss that takes none",
      "TYPE",
      "labels: expected a Uint8Array or { offsets, indices }, received Float32Array of length 6",
      () => [logits, new Float32Array(6), { classes: 3 }],
    ],
  ]);
});

describe("logits and labels that are exchanged", () => {
  const expected = "logits: expected a Float32Array; logits come before labels, received";
  itRefuses("zlpr", [
    ["of bytes", "TYPE", `${expected} Uint8Array of length 6`, () => [labels, logits, { classes: 3 }]],
  ]);
  itRefuses("softmaxCrossEntropy", [
    [
      "of class indices",
      "TYPE",
      `${expected} Int32Array of length 2`,
      () => [Int32Array.of(0, 1), logits, { classes: 3 }],
    ],
  ]);
});

describe("the mean", () => {
  forEachVariant((losses) => {
    it("of one tiny weight is that row's loss", () => {
      const rowWeights = Float32Array.of(0, 2 ** -149);
      const call = { classes: 3, rowWeights };
      const one = losses.zlpr(logits.subarray(3), labels.subarray(3), { classes: 3 });
      expect(losses.zlpr(logits, labels, call).loss).toBeCloseTo(one.loss, 6);
      checkRefused(
        () => (losses.zlpr as Unchecked)(logits, labels, { ...call, rowWeights: Float32Array.of(0, -0) }),
        "EMPTY_REDUCTION",
        'options.rowWeights: expected a positive weight for the "mean", received weights that sum to 0',
      );
    });
  });
});
