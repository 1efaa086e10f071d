import { describe, expect, it } from "vitest";
import { detached, snapshot } from "../support/arrays.ts";
import { effort } from "../support/effort.ts";
import { checkRefused, type Unchecked } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import {
  allNames,
  boundsOf,
  expected as exactly,
  type LossName,
  lossOf,
  names,
  referenceOf,
  softNames,
  suitedLabels,
} from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { expectSameResult, worst } from "../support/results.ts";
import { forEachVariant } from "../support/variants.ts";
import { itRefuses, LOST, labels, labelsFor, logits, type Refusal } from "./calls.ts";
import { SPARSE } from "./sparse.ts";

/* Labels of every kind: their values, how many of them are positive, sparse ones from end to end. */

const HOT = "a Uint8Array or { offsets, indices }";

/** The kinds of labels that a loss names when it gets another one. */
const KINDS: Record<LossName, string> = {
  asymmetric: HOT,
  combinatorialSoftmax: HOT,
  focal: HOT,
  lsep: HOT,
  sigmoidCrossEntropy: `${HOT} or a Float32Array`,
  softmaxCrossEntropy: `an Int32Array or ${HOT} or a Float32Array`,
  zlpr: `${HOT} or a Float32Array`,
  zlprDivergence: "a Float32Array",
  zlprJoint: HOT,
};

/** Labels of other types, as the error describes them. */
const OTHER_LABELS: [unknown, string][] = [
  [null, "null"],
  [undefined, "undefined"],
  [[1, 0, 0, 0, 1, 0], "an array of length 6"],
  [new BigInt64Array(6), "BigInt64Array of length 6"],
  [new Uint8ClampedArray(6), "Uint8ClampedArray of length 6"],
  [new Float64Array(6), "Float64Array of length 6"],
  [new Uint32Array(6), "Uint32Array of length 6"],
  [new DataView(new ArrayBuffer(6)), "a DataView"],
  ["100010", '"100010"'],
  [1, "1"],
];

describe.each(allNames)("%s refuses labels", (name) => {
  const marks = labelsFor(name);
  itRefuses(name, [
    ...OTHER_LABELS.map(
      ([given, received]): Refusal => [
        `of another type: ${received}`,
        "TYPE",
        `labels: expected ${KINDS[name]}, received ${received}`,
        () => [logits, given, { classes: 3 }],
      ],
    ),
    [
      "too few of them",
      "RANGE",
      "labels: expected one element a logit = 6, received 5",
      () => [logits, marks.slice(1), { classes: 3 }],
    ],
    [
      "too many of them",
      "RANGE",
      "labels: expected one element a logit = 3, received 6",
      () => [logits.slice(3), marks, { classes: 3 }],
    ],
    [
      "whose buffer was transferred",
      "DETACHED",
      `labels: expected ${LOST}`,
      () => [logits, detached(marks.slice()), { classes: 3 }],
    ],
    [
      "whose buffer was transferred, for no logits",
      "DETACHED",
      `labels: expected ${LOST}`,
      () => [logits.slice(6), detached(marks.slice()), { classes: 3, reduction: "sum" }],
    ],
  ]);
});

describe.each(names)("%s refuses anything but 0 or 1 in a Uint8Array, with row and index:", (name) => {
  const wrong = (at: number, value: number) => labels.with(at, value);
  itRefuses(name, [
    [
      "a target of 2",
      "RANGE",
      "labels: expected 0 or 1, received 2 (row 1, index 1)",
      () => [logits, wrong(4, 2), { classes: 3 }],
    ],
    [
      "a target of 255",
      "RANGE",
      "labels: expected 0 or 1, received 255 (row 0, index 0)",
      () => [logits, wrong(0, 255), { classes: 3 }],
    ],
    [
      "one that the mask leaves out",
      "RANGE",
      "labels: expected 0 or 1, received 128 (row 1, index 1)",
      () => [logits, wrong(4, 128), { classes: 3, mask: Uint8Array.of(1, 0, 1) }],
    ],
    [
      "one in a row of weight 0",
      "RANGE",
      "labels: expected 0 or 1, received 3 (row 0, index 2)",
      () => [logits, wrong(2, 3), { classes: 3, rowWeights: Float32Array.of(0, 1) }],
    ],
    [
      "one of which no gradient is wanted",
      "RANGE",
      "labels: expected 0 or 1, received 2 (row 1, index 2)",
      () => [logits, wrong(5, 2), { classes: 3, gradient: false }],
    ],
  ]);

  forEachVariant((losses) => {
    const loss = lossOf(losses, name) as Unchecked;

    it("at any place", () => {
      for (let length = 1; length < 200; length += effort(7, 90)) {
        for (let at = 0; at < length; at++) {
          const marks = new Uint8Array(length).with(at, 2);
          const call = () => loss(new Float32Array(length), marks, { classes: length });
          checkRefused(call, "RANGE", `labels: expected 0 or 1, received 2 (row 0, index ${at})`);
        }
      }
    });

    it("in the last row of many, before anything is written", () => {
      const rows = 2000;
      const many = suitedLabels(name, new Uint8Array(rows * 100), 100);
      many[rows * 100 - 1] = 3;
      const out = { grad: new Float32Array(rows * 100).fill(5), loss: new Float32Array(rows).fill(6) };
      checkRefused(
        () => loss(new Float32Array(rows * 100), many, { classes: 100, reduction: "none", out }),
        "RANGE",
        "labels: expected 0 or 1, received 3 (row 1999, index 99)",
      );
      expect(out.grad.every((x) => x === 5)).toBe(true);
      expect(out.loss.every((x) => x === 6)).toBe(true);
    });
  });
});

describe.each(softNames)("%s refuses a soft label outside [0, 1] or NaN:", (name) => {
  const soft = Float32Array.of(0.5, 0, 0.5, 1, 0, 0);
  const refused = (value: number, message: string, more: object = {}): Refusal => [
    `${value}${Object.keys(more).map((option) => `, with ${option}`)}`,
    "RANGE",
    `labels: expected a number from 0 to 1, received ${message} (row 1, index 1)`,
    () => [logits, soft.with(4, value), { classes: 3, ...more }],
  ];
  itRefuses(name, [
    refused(1.5, "1.5"),
    refused(-0.25, "-0.25"),
    refused(1 + 2 ** -23, "1.0000001192092896"),
    refused(-(2 ** -149), "-1.401298464324817e-45"),
    refused(NaN, "NaN"),
    refused(Infinity, "Infinity"),
    refused(-Infinity, "-Infinity"),
    refused(2, "2", { mask: Uint8Array.of(1, 0, 1) }),
    refused(2, "2", { gradient: false }),
  ]);

  forEachVariant((losses) => {
    it("at any place", () => {
      for (const length of effort([1, 3, 5, 17, 70, 1024, 1050], [1, 3, 17])) {
        for (let at = 0; at < length; at += length > 100 ? 7 : 1) {
          const marks = new Float32Array(length).with(at, -1e-9);
          const call = () => lossOf(losses, name)(new Float32Array(length), marks, { classes: length });
          const value = Math.fround(-1e-9);
          checkRefused(
            call,
            "RANGE",
            `labels: expected a number from 0 to 1, received ${value} (row 0, index ${at})`,
          );
        }
      }
    });

    it("but not -0, nor the least number above 0", () => {
      for (const value of [-0, 2 ** -149, 1]) {
        const marks = new Float32Array(6).with(4, value);
        expect(lossOf(losses, name)(logits, marks, { classes: 3 }).loss).toBeLessThan(Infinity);
      }
    });
  });
});

describe.each(names.filter((name) => name !== "softmaxCrossEntropy"))(
  "of an empty side, its term is 0 in %s:",
  (name) => {
    forEachVariant((losses) => {
      it.each([1, 2, 3, 4, 5, 16, 17, 64, 65, 67])("k = 0 and k = n are exact, n = %d", (classes) => {
        const random = uniform(classes);
        const scores = Float32Array.from({ length: 2 * classes }, () => 8 * random() - 4);
        const sides = new Uint8Array(2 * classes).fill(1, classes);
        const exact = exactly(name, { rows: 2, classes, logits: scores, labels: sides });
        for (const given of [sides, toSparse(sides, classes)]) {
          const got = lossOf(losses, name)(scores, given, { classes, reduction: "none" });
          const most = worst(got, exact);
          expect(most.loss).toBeLessThanOrEqual(boundsOf(name).loss);
          expect(most.grad).toBeLessThanOrEqual(boundsOf(name).grad);
        }
      });
    });
  },
);

describe("of an empty side, the term is 0", () => {
  forEachVariant((losses) => {
    it.each(["lsep", "combinatorialSoftmax"] as const)("as a whole in %s, for k = 0 and k = n", (name) => {
      for (const mark of [0, 1]) {
        const call = { classes: 3, reduction: "none" } as const;
        const { loss, grad } = lossOf(losses, name)(logits, new Uint8Array(6).fill(mark), call);
        expect(Array.from(loss)).toEqual([0, 0]);
        expect(Array.from(grad, Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
      }
    });

    it("in zlpr: one side alone is left", () => {
      const [s] = [Float32Array.of(0.5, -1)];
      const none = losses.zlpr(s, new Uint8Array(2), { classes: 2 }).loss;
      expect(none).toBeCloseTo(Math.log1p(Math.exp(0.5) + Math.exp(-1)), 6);
      const all = losses.zlpr(s, new Uint8Array(2).fill(1), { classes: 2 }).loss;
      expect(all).toBeCloseTo(Math.log1p(Math.exp(-0.5) + Math.exp(1)), 6);
    });
  });
});

describe("a soft distribution that does not sum to 1 is as the formula says", () => {
  forEachVariant((losses) => {
    it.each([0, 0.25, 1, 2.5])("sum %d", (sum) => {
      const t = Float32Array.of(0.5 * sum, 0.3 * sum, 0.2 * sum).map((x) => Math.min(1, x));
      const s = Float32Array.of(1, -2, 0.5);
      const total = Math.log(s.reduce((all, x) => all + Math.exp(x), 0));
      const right = t.reduce((all, target, i) => all + target * (total - s[i]!), 0);
      expect(losses.softmaxCrossEntropy(s, t, { classes: 3 }).loss).toBeCloseTo(right, 5);
    });
  });
});

/** Labels of a number of positive classes that a loss is not defined for. */
const COUNTS: [string, LossName, object, number[], string][] = [
  ["no positive class", "softmaxCrossEntropy", {}, [0, 1, 0, 0, 0, 0], "received 0 (row 1)"],
  ["two positive classes", "softmaxCrossEntropy", {}, [0, 1, 0, 1, 0, 1], "received 2 (row 1)"],
  [
    "two positive classes, smoothed",
    "softmaxCrossEntropy",
    { labelSmoothing: 0.1 },
    [1, 1, 1, 0, 1, 0],
    "received 3 (row 0)",
  ],
  [
    "a positive class that the mask leaves out",
    "softmaxCrossEntropy",
    { mask: Uint8Array.of(1, 1, 0) },
    [1, 0, 0, 0, 0, 1],
    "received 0 (row 1)",
  ],
  [
    "a positive class that the mask of its row leaves out",
    "softmaxCrossEntropy",
    { mask: Uint8Array.of(1, 1, 0, 0, 1, 1) },
    [1, 0, 0, 1, 0, 0],
    "received 0 (row 1)",
  ],
  ["K < its positives", "combinatorialSoftmax", { maxLabels: 1 }, [1, 0, 0, 1, 0, 1], "received 2 (row 1)"],
  [
    "K < the positives that the mask keeps",
    "combinatorialSoftmax",
    { maxLabels: 1, mask: Uint8Array.of(0, 1, 1) },
    [1, 1, 0, 0, 1, 1],
    "received 2 (row 1)",
  ],
];

const EXPECTED_COUNT: Partial<Record<LossName, string>> = {
  softmaxCrossEntropy: "one positive class",
  combinatorialSoftmax: "at most maxLabels = 1 positive classes",
};

describe.each(COUNTS)("a row of %s: %s refuses it, whatever the form of the labels:", (...count) => {
  const [, name, options, marks, received] = count;
  const hot = Uint8Array.from(marks);
  const message = `labels: expected ${EXPECTED_COUNT[name]}, ${received}`;
  itRefuses(
    name,
    Object.entries({ dense: hot, sparse: toSparse(hot, 3), unsigned: toSparse(hot, 3, Uint32Array) }).map(
      ([form, given]): Refusal => [form, "RANGE", message, () => [logits, given, { classes: 3, ...options }]],
    ),
  );

  forEachVariant((losses) => {
    it("in a batch", () => {
      const batch = losses.allocate(2, 3);
      batch.labels.set(hot);
      const call = { classes: 3, ...options, out: { grad: batch.grad.fill(5) } };
      checkRefused(() => lossOf(losses, name)(logits, batch.labels, call), "RANGE", message);
      expect(batch.grad).toEqual(new Float32Array(6).fill(5));
      batch.free();
    });
  });
});

describe("a row of a wrong number of positives is found", () => {
  forEachVariant((losses) => {
    it("anywhere in a batch that is worked on in parts", () => {
      const [rows, classes] = [2000, 70];
      for (const row of effort([0, 999, 1999], [999])) {
        const one = Uint8Array.from({ length: rows * classes }, (_, i) => Number(i % classes === 3));
        one[row * classes + 69] = 1;
        const zeros = new Float32Array(rows * classes);
        for (const given of [one, toSparse(one, classes)]) {
          for (const [name, options] of [
            ["softmaxCrossEntropy", {}],
            ["combinatorialSoftmax", { maxLabels: 1 }],
          ] as const) {
            const out = { grad: new Float32Array(rows * classes).fill(5) };
            checkRefused(
              () => lossOf(losses, name)(zeros, given, { classes, out, ...options }),
              "RANGE",
              `labels: expected ${EXPECTED_COUNT[name]}, received 2 (row ${row})`,
            );
            expect(out.grad.every((x) => x === 5)).toBe(true);
          }
        }
      }
    });
  });
});

describe("softmaxCrossEntropy refuses class indices", () => {
  const refused = (title: string, message: string, given: () => Int32Array, more: object = {}): Refusal => [
    title,
    "RANGE",
    `labels: expected ${message}`,
    () => [logits, given(), { classes: 3, ...more }],
  ];
  itRefuses("softmaxCrossEntropy", [
    refused("≥ classes", "class indices from 0 to 2, or ignoreIndex = -1, received 3 (row 1)", () =>
      Int32Array.of(2, 3),
    ),
    refused("negative", "class indices from 0 to 2, or ignoreIndex = -1, received -2 (row 0)", () =>
      Int32Array.of(-2, 0),
    ),
    refused(
      "of -1 where another one is to be ignored",
      "class indices from 0 to 2, or ignoreIndex = -100, received -1 (row 1)",
      () => Int32Array.of(0, -1),
      { ignoreIndex: -100 },
    ),
    refused(
      "of a class that the mask leaves out",
      "one positive class, received 0 (row 1)",
      () => Int32Array.of(1, 2),
      { mask: Uint8Array.of(1, 1, 0) },
    ),
    refused("too many", "[rows] = 2 elements, received 6", () => new Int32Array(6)),
    refused("too few", "[rows] = 2 elements, received 1", () => new Int32Array(1)),
    [
      "detached",
      "DETACHED",
      `labels: expected ${LOST}`,
      () => [logits, detached(new Int32Array(2)), { classes: 3 }],
    ],
    [
      "all to be ignored, in the mean",
      "EMPTY_REDUCTION",
      'labels: expected a positive weight for the "mean", received weights that sum to 0',
      () => [logits, Int32Array.of(-1, -1), { classes: 3 }],
    ],
    [
      "to be ignored or of weight 0, in the mean",
      "EMPTY_REDUCTION",
      'labels: expected a positive weight for the "mean", received weights that sum to 0',
      () => {
        const rowWeights = Float32Array.of(1, 0);
        return [logits, Int32Array.of(2, 1), { classes: 3, ignoreIndex: 2, rowWeights }];
      },
    ],
  ]);
});

/** What a loss with multi-hot labels says to class indices. */
const ADVICE = "{ offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i), indices }";

describe.each(allNames.filter((name) => name !== "softmaxCrossEntropy"))(
  "%s refuses class indices",
  (name) => {
    const advice = names.includes(name) ? `; for one class a row, softmaxCrossEntropy or ${ADVICE}` : "";
    itRefuses(name, [
      [
        "and says what to do",
        "TYPE",
        `labels: expected ${KINDS[name]}${advice}, received Int32Array of length 2`,
        () => [logits, new Int32Array(2), { classes: 3 }],
      ],
    ]);
  },
);

it.each(names.filter((name) => name !== "softmaxCrossEntropy"))("what %s says to do is right", (name) => {
  const make = new Function("rows", "indices", `return (${ADVICE});`);
  const loss = referenceOf(name);
  const sparse = make(2, Int32Array.of(2, 0));
  const dense = Uint8Array.of(0, 0, 1, 1, 0, 0);
  expect(loss(logits, sparse, { classes: 3 })).toEqual(loss(logits, dense, { classes: 3 }));
});

describe.each(names)("%s refuses sparse labels:", (name) => {
  itRefuses(
    name,
    SPARSE.map(
      ([title, code, message, given]): Refusal => [
        title,
        code,
        message,
        () => [logits, given(), { classes: 3 }],
      ],
    ),
  );
});

describe.each(names)("%s with sparse labels", (name) => {
  forEachVariant((losses) => {
    it("unsorted, signed or not: the same bits, and their order stays", () => {
      for (const [rows, classes] of [
        [1, 1],
        [3, 5],
        [4, 17],
        [3, 64],
        [2, 67],
        [5, 300],
      ] as const) {
        const random = uniform(classes);
        const scores = Float32Array.from({ length: rows * classes }, () => 10 * random() - 5);
        const marks = suitedLabels(
          name,
          Uint8Array.from({ length: rows * classes }, () => Number(random() < 0.4)),
          classes,
        );
        const call = { classes, reduction: "none" } as const;
        const right = lossOf(losses, name)(scores, marks, call);
        for (const Type of [Int32Array, Uint32Array]) {
          const sorted = toSparse(marks, classes, Type);
          const shuffled = { offsets: sorted.offsets, indices: sorted.indices.slice() };
          for (let row = 0; row < rows; row++) {
            const list = shuffled.indices.subarray(sorted.offsets[row], sorted.offsets[row + 1]);
            list.set([...list].sort(() => random() - 0.5));
          }
          const before = snapshot([shuffled]);
          for (const given of [sorted, shuffled])
            expectSameResult(lossOf(losses, name)(scores, given, call), right);
          expect(snapshot([shuffled])).toEqual(before);
        }
      }
    });

    it("the same class in two rows is no duplicate", () => {
      const given = { offsets: Int32Array.of(0, 1, 2), indices: Int32Array.of(2, 2) };
      const dense = Uint8Array.of(0, 0, 1, 0, 0, 1);
      expect(lossOf(losses, name)(logits, given, { classes: 3 })).toEqual(
        lossOf(losses, name)(logits, dense, { classes: 3 }),
      );
    });
  });
});
