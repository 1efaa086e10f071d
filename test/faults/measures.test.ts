import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  aboveThreshold,
  bestThreshold,
  createEvaluator,
  createLosses,
  evaluate,
  init,
  type LossErrorCode,
  type SparseLabels,
  topK,
} from "../../src/index.ts";
import { checkSparse } from "../../src/sparse.ts";
import { detached, shrunk, snapshot } from "../support/arrays.ts";
import { checkError, checkRefused, type Unchecked } from "../support/errors.ts";
import { forEachVariant } from "../support/variants.ts";
import { LOST, labels, logits } from "./calls.ts";
import { SPARSE } from "./sparse.ts";

/* What predictions, measures, instances, batches and loading refuse. */

type Case = [title: string, code: LossErrorCode, message: string, args: () => unknown[]];

const A_COUNT = "a whole number from 1 to 2147483647";

/** The class counts of functions that have no kernel behind them. */
const NO_COUNTS: [unknown, LossErrorCode, string][] = [
  [undefined, "TYPE", "a number, received undefined"],
  ["3", "TYPE", 'a number, received "3"'],
  [0, "RANGE", `${A_COUNT}, received 0`],
  [-3, "RANGE", `${A_COUNT}, received -3`],
  [1.5, "RANGE", `${A_COUNT}, received 1.5`],
  [NaN, "RANGE", `${A_COUNT}, received NaN`],
  [2 ** 32 + 3, "RANGE", `${A_COUNT}, received 4294967299`],
];

/** What is said of a threshold. */
const NO_THRESHOLDS: [unknown, LossErrorCode, string][] = [
  [NaN, "RANGE", "a finite number, received NaN"],
  [Infinity, "RANGE", "a finite number, received Infinity"],
  [-Infinity, "RANGE", "a finite number, received -Infinity"],
  ["0", "TYPE", 'a number, received "0"'],
  [null, "TYPE", "a number, received null"],
  [new Float32Array(2), "TYPE", "a number, received Float32Array of length 2"],
];

interface Function {
  call: Unchecked;
  /** The options besides `classes`. */
  own: Record<string, unknown>;
  names: string;
  /** Whether it takes labels. */
  isLabelled: boolean;
  hasThreshold: boolean;
}

const FUNCTIONS: Record<string, Function> = {
  aboveThreshold: {
    call: aboveThreshold as Unchecked,
    own: {},
    names: "classes, threshold",
    isLabelled: false,
    hasThreshold: true,
  },
  topK: {
    call: topK as Unchecked,
    own: { k: 2 },
    names: "classes, k, threshold",
    isLabelled: false,
    hasThreshold: true,
  },
  evaluate: {
    call: evaluate as Unchecked,
    own: {},
    names: "classes, threshold",
    isLabelled: true,
    hasThreshold: true,
  },
  bestThreshold: {
    call: bestThreshold as Unchecked,
    own: {},
    names: "classes, metric",
    isLabelled: true,
    hasThreshold: false,
  },
};

/** The logits and labels that are refused whatever the function; the labels only where it takes some. */
function inputCases(isLabelled: boolean, options: object): Case[] {
  const rest = isLabelled ? [labels, options] : [options];
  const cases: Case[] = [
    ["no logits", "TYPE", "logits: expected Float32Array, received null", () => [null, ...rest]],
    [
      "number[] logits",
      "TYPE",
      "logits: expected Float32Array, received an array of length 3",
      () => [[1, 2, 3], ...rest],
    ],
    [
      "Float64Array logits",
      "TYPE",
      "logits: expected Float32Array, received Float64Array of length 6",
      () => [new Float64Array(6), ...rest],
    ],
    [
      "DataView logits",
      "TYPE",
      "logits: expected Float32Array, received a DataView",
      () => [new DataView(new ArrayBuffer(24)), ...rest],
    ],
    ["detached logits", "DETACHED", `logits: expected ${LOST}`, () => [detached(logits.slice()), ...rest]],
    ["logits of a buffer that has shrunk", "DETACHED", `logits: expected ${LOST}`, () => [shrunk(), ...rest]],
    [
      "rows that are not whole",
      "RANGE",
      "logits: expected a length that is a multiple of classes = 3, received 7 elements",
      () => [new Float32Array(7), ...rest],
    ],
  ];
  if (!isLabelled) return cases;
  const any = "a Uint8Array, or an object of offsets and indices";
  return [
    ...cases,
    ...(
      [
        [undefined, "undefined"],
        [new Float32Array(6), "Float32Array of length 6"],
        [new Int32Array(2), "Int32Array of length 2"],
        [new BigInt64Array(6), "BigInt64Array of length 6"],
        [[[0], [1, 2]], "an array of length 2"],
        [{}, "an object"],
      ] as const
    ).map(
      ([given, received]): Case => [
        `labels of another type: ${received}`,
        "TYPE",
        `labels: expected ${any}, received ${received}`,
        () => [logits, given, options],
      ],
    ),
    [
      "too few labels",
      "RANGE",
      "labels: expected one element a logit = 6, received 5",
      () => [logits, labels.subarray(1), options],
    ],
    [
      "a label of 2",
      "RANGE",
      "labels: expected 0 or 1, received 2 (row 1, index 1)",
      () => [logits, labels.with(4, 2), options],
    ],
    [
      "detached labels",
      "DETACHED",
      `labels: expected ${LOST}`,
      () => [logits, detached(labels.slice()), options],
    ],
    ...SPARSE.map(
      ([title, code, message, given]): Case => [
        `sparse labels: ${title}`,
        code,
        message,
        () => [logits, given(), options],
      ],
    ),
  ];
}

/** The wrong options of a function. */
function optionCases({ own, names, isLabelled, hasThreshold }: Function): Case[] {
  const given = isLabelled ? [logits, labels] : [logits];
  return [
    ["a missing options object", "TYPE", "options: expected an object, received undefined", () => given],
    ["null options", "TYPE", "options: expected an object, received null", () => [...given, null]],
    [
      "an unknown option",
      "TYPE",
      `options.average: expected one of ${names}, received an unknown name`,
      () => [...given, { classes: 3, ...own, average: "micro" }],
    ],
    ...NO_COUNTS.map(
      ([classes, code, message]): Case => [
        `${String(classes)} classes`,
        code,
        `options.classes: expected ${message}`,
        () => [...given, { ...own, classes }],
      ],
    ),
    ...(hasThreshold ? NO_THRESHOLDS : []).map(
      ([threshold, code, message]): Case => [
        `a threshold of ${threshold}`,
        code,
        `options.threshold: expected ${message}`,
        () => [...given, { classes: 3, ...own, threshold }],
      ],
    ),
  ];
}

const A_K = "a whole number from 0 to 3";
const METRICS = '"microF1" or "macroF1" or "samplesF1"';

const MORE: Record<string, Case[]> = {
  aboveThreshold: [],
  topK: (
    [
      [undefined, "TYPE", "a number, received undefined"],
      ["2", "TYPE", 'a number, received "2"'],
      [-1, "RANGE", `${A_K}, received -1`],
      [1.5, "RANGE", `${A_K}, received 1.5`],
      [NaN, "RANGE", `${A_K}, received NaN`],
      [4, "RANGE", `${A_K}, received 4`],
    ] as const
  ).map(([k, code, message]) => [
    k === 4 ? "k > n" : `k ${k}`,
    code,
    `options.k: expected ${message}`,
    () => [logits, { classes: 3, k }],
  ]),
  evaluate: [
    [
      "a mean of no rows",
      "EMPTY_REDUCTION",
      "logits: expected at least one row, received none",
      () => [new Float32Array(0), new Uint8Array(0), { classes: 3 }],
    ],
    [
      "a mean of no rows of sparse labels",
      "EMPTY_REDUCTION",
      "logits: expected at least one row, received none",
      () => [new Float32Array(0), { offsets: new Int32Array(1), indices: new Int32Array(0) }, { classes: 3 }],
    ],
  ],
  bestThreshold: [
    [
      "a mean of no rows",
      "EMPTY_REDUCTION",
      "logits: expected at least one row, received none",
      () => [new Float32Array(0), new Uint8Array(0), { classes: 3 }],
    ],
    ...(
      [
        ["hammingLoss", "RANGE", '"hammingLoss"'],
        ["toString", "RANGE", '"toString"'],
        [1, "TYPE", "1"],
        [null, "TYPE", "null"],
      ] as const
    ).map(
      ([metric, code, received]): Case => [
        `the metric ${metric}`,
        code,
        `options.metric: expected ${METRICS}, received ${received}`,
        () => [logits, labels, { classes: 3, metric }],
      ],
    ),
  ],
};

describe.each(Object.entries(FUNCTIONS))("%s refuses", (name, its) => {
  const { call, own, isLabelled } = its;
  const cases = [
    ...inputCases(isLabelled, { classes: 3, ...own }),
    ...optionCases(its),
    ...(MORE[name] as Case[]),
  ];
  it.each(cases)("%s", (_, code, message, args) => {
    const given = args();
    const before = snapshot(given);
    checkRefused(() => call(...given), code, message);
    expect(snapshot(given)).toEqual(before);
  });
});

describe.each(Object.entries(FUNCTIONS))("%s takes", (_, { call, own, isLabelled }) => {
  const options = { classes: 3, ...own };
  const rest = isLabelled ? [labels, options] : [options];
  const right = () => call(logits, ...rest);

  it("arrays from another realm and of shared memory", () => {
    const foreign = runInNewContext(`new Float32Array([${logits}])`);
    expect(call(foreign, ...rest)).toEqual(right());
    const shared = new Float32Array(new SharedArrayBuffer(24));
    shared.set(logits);
    expect(call(shared, ...rest)).toEqual(right());
    if (!isLabelled) return;
    const sharedLabels = new Uint8Array(new SharedArrayBuffer(6));
    sharedLabels.set(labels);
    expect(call(logits, sharedLabels, options)).toEqual(right());
    const sparse = runInNewContext(
      "({ offsets: new Int32Array([0, 1, 2]), indices: new Uint32Array([0, 1]) })",
    );
    expect(call(logits, sparse, options)).toEqual(right());
  });

  it("a view at an odd offset, and modifies nothing", () => {
    const within = new Float32Array(9);
    within.set(logits, 1);
    const before = snapshot([within, rest]);
    expect(call(within.subarray(1, 7), ...rest)).toEqual(right());
    expect(snapshot([within, rest])).toEqual(before);
  });
});

it.each(Object.entries(FUNCTIONS).filter(([, { isLabelled }]) => isLabelled))(
  "%s takes the same class in two rows",
  (_, { call }) => {
    const twice = { offsets: Int32Array.of(0, 1, 3), indices: Int32Array.of(2, 0, 2) };
    const dense = Uint8Array.of(0, 0, 1, 1, 0, 1);
    expect(call(logits, twice, { classes: 3 })).toEqual(call(logits, dense, { classes: 3 }));
  },
);

describe.each(Object.entries(FUNCTIONS))(
  "%s names logits that a getter takes away",
  (_, { call, own, names, isLabelled }) => {
    const options = { classes: 3, ...own };

    it.each(names.split(", "))("of the option %s", (name) => {
      const taken = logits.slice();
      const given = Object.defineProperty({ ...options }, name, {
        enumerable: true,
        get() {
          if (taken.byteLength > 0) detached(taken);
          return options[name as "classes"];
        },
      });
      const args = isLabelled ? [taken, labels, given] : [taken, given];
      checkRefused(() => call(...args), "DETACHED", `logits: expected ${LOST}`);
    });

    it.each(isLabelled ? ["offsets", "indices"] : [])("of the %s of sparse labels", (name) => {
      const taken = logits.slice();
      const sparse = { offsets: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 1) };
      const array = sparse[name as "offsets"];
      const given = Object.defineProperty(sparse, name, {
        get() {
          if (taken.byteLength > 0) detached(taken);
          return array;
        },
      });
      checkRefused(() => call(taken, given, options), "DETACHED", `logits: expected ${LOST}`);
    });
  },
);

it("sparse labels of shared memory are copied once, then validated", () => {
  const offsets = Int32Array.of(0, 1, 3);
  const shared = new Int32Array(new SharedArrayBuffer(12));
  shared.set([0, 1, 2]);
  const checked: SparseLabels = checkSparse({ offsets, indices: shared }, 2, 3, "labels");
  shared.fill(7);
  expect(checked).toEqual({ offsets, indices: Int32Array.of(0, 1, 2) });
});

describe("createEvaluator refuses", () => {
  const names = "classes, threshold, ranking, classRanking, thresholds, loss, lossOptions";
  const cases: Case[] = [
    ["a missing options object", "TYPE", "options: expected an object, received undefined", () => []],
    [
      "an unknown option",
      "TYPE",
      `options.rank: expected one of ${names}, received an unknown name`,
      () => [{ classes: 3, rank: true }],
    ],
    [
      "ranking as a number",
      "TYPE",
      "options.ranking: expected true or false, received 1",
      () => [{ classes: 3, ranking: 1 }],
    ],
    ...NO_COUNTS.map(
      ([classes, code, message]): Case => [
        `${String(classes)} classes`,
        code,
        `options.classes: expected ${message}`,
        () => [{ classes }],
      ],
    ),
    ...NO_THRESHOLDS.map(
      ([threshold, code, message]): Case => [
        `a threshold of ${threshold}`,
        code,
        `options.threshold: expected ${message}`,
        () => [{ classes: 3, threshold }],
      ],
    ),
  ];
  it.each(cases)("%s", (_, code, message, args) => {
    checkRefused(() => (createEvaluator as Unchecked)(...args()), code, message);
  });

  it.each(inputCases(true, {}).map(([title, code, message, args]) => [title, code, message, args] as const))(
    "to add %s, and adds nothing",
    (_, code, message, args) => {
      const evaluator = createEvaluator({ classes: 3 });
      evaluator.add(logits, labels);
      const before = evaluator.result();
      const [scores, marks] = args() as [never, never];
      checkRefused(() => evaluator.add(scores, marks), code, message);
      expect(evaluator.result()).toEqual(before);
    },
  );

  it("a result of no rows", () => {
    const evaluator = createEvaluator({ classes: 3 });
    evaluator.add(new Float32Array(0), new Uint8Array(0));
    checkRefused(
      () => evaluator.result(),
      "EMPTY_REDUCTION",
      "logits: expected at least one row, received none",
    );
  });
});

describe("createLosses refuses", () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const variants = '"relaxed", "simd" or "js"';
  const cases: Case[] = [
    ["null options", "TYPE", "options: expected an object, received null", () => [null]],
    ["text for options", "TYPE", 'options: expected an object, received "js"', () => ["js"]],
    [
      "an unknown option",
      "TYPE",
      "options.varient: expected one of variant, module, received an unknown name",
      () => [{ varient: "js" }],
    ],
    [
      "an unknown variant",
      "RANGE",
      `options.variant: expected ${variants}, received "avx"`,
      () => [{ variant: "avx" }],
    ],
    [
      "a variant that is null",
      "RANGE",
      `options.variant: expected ${variants}, received null`,
      () => [{ variant: null }],
    ],
    [
      "bytes for a module",
      "TYPE",
      "options.module: expected a WebAssembly.Module, received Uint8Array of length 8",
      () => [{ module: new Uint8Array(8) }],
    ],
    [
      "another module",
      "BAD_BINARY",
      "options.module: expected kernels.wasm or kernels-relaxed.wasm of this package, received another WebAssembly module",
      () => [{ module: empty }],
    ],
  ];
  it.each(cases)("%s", (_, code, message, args) => {
    checkRefused(() => (createLosses as Unchecked)(...args()), code, message);
  });
});

describe("allocate refuses", () => {
  const rows = (most: number) => `rows: expected a whole number from 0 to ${most}, received`;
  const classes = "classes: expected a whole number from 1 to 268435456, received";
  const kinds = 'options.labels: expected "multi-hot" or "soft", received';
  const cases: Case[] = [
    ["no rows at all", "TYPE", "rows: expected a number, received undefined", () => [undefined, 3]],
    ["rows as text", "TYPE", 'rows: expected a number, received "2"', () => ["2", 3]],
    ["-1 rows", "RANGE", `${rows(89478485)} -1`, () => [-1, 3]],
    ["1.5 rows", "RANGE", `${rows(89478485)} 1.5`, () => [1.5, 3]],
    ["NaN rows", "RANGE", `${rows(89478485)} NaN`, () => [NaN, 3]],
    ["more numbers than memory has addresses", "RANGE", `${rows(1)} 268435456`, () => [2 ** 28, 2 ** 28]],
    ["one row too many", "RANGE", `${rows(2 ** 18)} 262145`, () => [2 ** 18 + 1, 2 ** 10]],
    ["no classes", "TYPE", "classes: expected a number, received undefined", () => [3]],
    ["0 classes", "RANGE", `${classes} 0`, () => [3, 0]],
    ["-1 classes", "RANGE", `${classes} -1`, () => [3, -1]],
    ["2³² + 1 classes", "RANGE", `${classes} 4294967297`, () => [3, 2 ** 32 + 1]],
    ["options that are text", "TYPE", 'options: expected an object, received "soft"', () => [1, 1, "soft"]],
    [
      "an unknown option",
      "TYPE",
      "options.soft: expected one of labels, received an unknown name",
      () => [1, 1, { soft: true }],
    ],
    ["labels of no kind", "RANGE", `${kinds} "sparse"`, () => [1, 1, { labels: "sparse" }]],
    [
      "labels that are an array",
      "TYPE",
      `${kinds} Uint8Array of length 1`,
      () => [1, 1, { labels: new Uint8Array(1) }],
    ],
  ];
  forEachVariant((losses) => {
    it.each(cases)("%s", (_, code, message, args) => {
      checkRefused(() => (losses.allocate as Unchecked)(...args()), code, message);
    });
  });
});

describe("init refuses", () => {
  const ours = "the bytes of kernels.wasm or kernels-relaxed.wasm, a Response with them, or a module of them";
  it.each<[unknown, string]>([
    [null, "null"],
    [42, "42"],
    ["kernels.wasm", '"kernels.wasm"'],
    [{}, "an object"],
    [[0, 97, 115, 109], "an array of length 4"],
    [new Uint8Array(0), "0 other bytes"],
    [new Uint8Array(8), "8 other bytes"],
    [new DataView(new ArrayBuffer(5)), "5 other bytes"],
    [new ArrayBuffer(3), "3 other bytes"],
    [new SharedArrayBuffer(4), "an object"],
    [Promise.resolve(42), "42"],
    [new Response("", { status: 404 }), "a response with status 404"],
    [new Response("<!doctype html>"), "15 other bytes"],
  ])("%s", async (source, received) => {
    const thrown = await init(source as ArrayBuffer).then(
      () => undefined,
      (error: unknown) => error,
    );
    checkError(thrown, "BAD_BINARY", `source: expected ${ours}, received ${received}`);
  });

  it("another module", async () => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    const thrown = await init(empty).catch((error: unknown) => error);
    const right = "kernels.wasm or kernels-relaxed.wasm of this package";
    checkError(thrown, "BAD_BINARY", `source: expected ${right}, received another WebAssembly module`);
  });

  it("a promise that fails, with its own error", async () => {
    const failed = new TypeError("Failed to fetch");
    await expect(init(Promise.reject(failed))).rejects.toBe(failed);
  });
});
