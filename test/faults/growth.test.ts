import { afterEach, describe, expect, it, vi } from "vitest";
import { engineOf, type LossEngine } from "../../src/engine/load.ts";
import {
  aboveThreshold,
  bestThreshold,
  createEvaluator,
  createLosses,
  type Evaluator,
  evaluate,
  evaluatorFromJSON,
  LossError,
  type Losses,
  type SparseLabels,
  sigmoidCrossEntropy,
  topK,
} from "../../src/index.ts";
import { snapshot } from "../support/arrays.ts";
import { binaryOf, withMaximum } from "../support/binary.ts";
import { checkError, checkRefused, type Unchecked } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import { allNames, exampleFor, type LossName, lossOf, names, softNames } from "../support/losses.ts";
import { expectSameBits, expectSameResult } from "../support/results.ts";
import { labels as fewLabels, logits as fewLogits } from "./calls.ts";

/* Memory that the engine refuses to grow: at the n-th time, for every n, that time alone or for good. */

const simd = new WebAssembly.Module(binaryOf("simd"));

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the engine refuse to grow a memory the n-th time from now; returns how often it was asked. */
function refuseGrowth(n: number, isForGood: boolean): () => number {
  const { grow } = WebAssembly.Memory.prototype;
  let asked = 0;
  vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (
    this: WebAssembly.Memory,
    pages,
  ) {
    asked++;
    if (asked === n || (isForGood && asked > n)) throw new RangeError("Maximum memory size exceeded");
    return grow.call(this, pages);
  });
  return () => asked;
}

interface Step {
  title: string;
  /** Calls, and gives all arrays that come out of it. */
  run(losses: Losses): unknown;
}

const [ROWS, CLASSES] = [3, 40_000];

/** What a call gives, apart from arrays that may be written to later. */
function copied(result: object): unknown {
  return structuredClone(result);
}

function step(
  title: string,
  name: LossName,
  labels: (hot: Uint8Array) => unknown,
  options: object = {},
): Step {
  const [rows, classes] = name === "combinatorialSoftmax" ? [2, 3000] : [ROWS, CLASSES];
  const given = exampleFor(name as (typeof names)[number], rows, classes, 3, 5);
  const marks = labels(given.labels);
  return {
    title: `${name}, ${title}`,
    run(losses) {
      const out = { grad: new Float32Array(rows * classes).fill(5), loss: new Float32Array(rows).fill(6) };
      const args = [given.logits, marks, { classes, reduction: "none", out, ...options }];
      const before = snapshot(args);
      try {
        return copied((lossOf(losses, name) as Unchecked)(...args) as object);
      } catch (error) {
        expect(snapshot(args), "what a refused call was given").toEqual(before);
        throw error;
      }
    },
  };
}

const soft = (hot: Uint8Array) => Float32Array.from(hot, (t) => 0.25 + t / 2);
const perClass = new Float32Array(CLASSES).fill(2);
const mask = Uint8Array.from({ length: CLASSES }, (_, i) => Number(i % 3 < 2));

/** Every kind of call that needs memory, each more of it than the one before. */
const STEPS: Step[] = [
  ...names.map((name) => step("dense", name, (hot) => hot)),
  ...names.map((name) => step("sparse", name, (hot) => toSparse(hot, hot.length === 6000 ? 3000 : CLASSES))),
  ...softNames.map((name) => step("soft", name, soft)),
  step("class indices", "softmaxCrossEntropy", () => Int32Array.of(1, 39_999, 0)),
  step("masked", "zlpr", (hot) => hot, { mask }),
  step("masked, sparse", "focal", (hot) => toSparse(hot, CLASSES), { mask }),
  step("masked, soft", "sigmoidCrossEntropy", soft, { mask }),
  step("with weights", "zlprJoint", (hot) => hot, { rowWeights: Float32Array.of(1, 0.5, 2) }),
  step("with a threshold a row", "zlpr", (hot) => hot, { threshold: Float32Array.of(1, 0.5, 2) }),
  step("with a weight a class", "sigmoidCrossEntropy", (hot) => hot, { positiveWeights: perClass }),
  step("padded", "combinatorialSoftmax", (hot) => hot, { maxLabels: 60 }),
  {
    title: "allocate",
    run(losses) {
      const batch = losses.allocate(100, 3000);
      expect(batch.labels.every((label) => label === 0)).toBe(true);
      batch.logits.fill(0.5);
      const result = losses.zlpr(batch.logits, batch.labels, { classes: 3000, out: { grad: batch.grad } });
      const kept = copied(result);
      batch.free();
      return kept;
    },
  },
  {
    title: "allocate, soft",
    run(losses) {
      const batch = losses.allocate(100, 5000, { labels: "soft" });
      batch.logits.fill(0.5);
      batch.labels.fill(0.25);
      const { loss, grad } = losses.zlpr(batch.logits, batch.labels, { classes: 5000 });
      batch.free();
      return { loss, grad };
    },
  },
];

/** An error as it has to be. */
function checkOutOfMemory(error: unknown): void {
  expect(error).toBeInstanceOf(LossError);
  const { code, message, expected, received, cause } = error as LossError;
  expect(code).toBe("OUT_OF_MEMORY");
  expect(expected).toMatch(/^room for \d+ bytes more$/);
  expect(received).toMatch(/^\d+ bytes in use of at most 4294901760, and the engine refused to grow them$/);
  expect(message).toBe(`memory: expected ${expected}, received ${received}`);
  expect(cause).toBeInstanceOf(RangeError);
}

function small(losses: Losses): unknown {
  return losses.zlpr(fewLogits, fewLabels, { classes: 3, reduction: "none" });
}

const rightSmall = small(createLosses({ variant: "simd" }));

/** Runs every step, from small to large; one that is refused is tried again, or a smaller one in its place. */
function scenario(n: number, isForGood: boolean, right: unknown[]): { refused: string[]; asked: number } {
  const asked = refuseGrowth(n, isForGood);
  const losses = createLosses({ module: simd });
  const results: unknown[] = [];
  const refused: string[] = [];
  for (const [i, { title, run }] of STEPS.entries()) {
    try {
      results.push(run(losses));
    } catch (error) {
      checkOutOfMemory(error);
      refused.push(title);
      expect(small(losses), `a smaller call after ${title}`).toEqual(rightSmall);
      // Refused once only, the same call works.
      if (!isForGood) results.push(run(losses));
      else results.push(right[i]);
    }
  }
  expect(results.length).toBe(STEPS.length);
  // Those of earlier calls are intact.
  for (const [i, result] of results.entries()) expectEqual(result, right[i], STEPS[i]!.title);
  vi.restoreAllMocks();
  return { refused, asked: asked() };
}

/** Equal results, bit by bit. `toEqual` takes seconds for long arrays. */
function expectEqual(got: unknown, right: unknown, title: string): void {
  const [a, b] = [got, right] as Record<string, Float32Array | number>[];
  expect(Object.keys(a!)).toEqual(Object.keys(b!));
  for (const [key, value] of Object.entries(b!)) {
    if (typeof value === "number") expect(a![key], title).toBe(value);
    else expectSameBits(a![key] as Float32Array, value, `${title}, ${key}`);
  }
}

describe("memory.grow refused", () => {
  const losses = createLosses({ module: simd });
  const right = STEPS.map(({ run }) => run(losses));

  it.each([
    ["transient", false],
    ["for good", true],
  ])("%s, at every n: OUT_OF_MEMORY, and the next smaller call works", (_, isForGood) => {
    for (let n = 1; ; n++) {
      const { refused, asked } = scenario(n, isForGood, right);
      if (asked < n) {
        expect(refused).toEqual([]);
        expect(n).toBeGreaterThan(3);
        break;
      }
      expect(refused.length, `n = ${n}`).toBeGreaterThan(0);
      if (!isForGood) expect(refused.length).toBe(1);
    }
  });

  it.each(STEPS)("within the first call of an instance, at every n: $title", ({ title, run }) => {
    const exact = right[STEPS.findIndex((other) => other.title === title)];
    for (const isForGood of [false, true]) {
      for (let n = 1; ; n++) {
        const asked = refuseGrowth(n, isForGood);
        const fresh = createLosses({ module: simd });
        let thrown: unknown;
        try {
          expectEqual(run(fresh), exact, title);
        } catch (error) {
          thrown = error;
        }
        const isReached = asked() >= n;
        if (isReached) {
          checkOutOfMemory(thrown);
          expect(small(fresh)).toEqual(rightSmall);
          if (!isForGood) expectEqual(run(fresh), exact, title);
        }
        vi.restoreAllMocks();
        if (isReached) continue;
        expect(thrown).toBeUndefined();
        break;
      }
    }
  });

  it("never by small calls of any kind: an instance begins with room for them", () => {
    const asked = refuseGrowth(1, true);
    const fresh = createLosses({ module: simd });
    for (const name of names) {
      const given = exampleFor(name, 70, 60, 3, 1);
      for (const marks of [given.labels, toSparse(given.labels, 60)]) {
        lossOf(fresh, name)(given.logits, marks, { classes: 60, mask: new Uint8Array(60).fill(1) });
        lossOf(fresh, name)(given.logits, marks, { classes: 60 });
      }
    }
    for (const name of softNames)
      lossOf(fresh, name)(fewLogits, Float32Array.from(fewLabels), { classes: 3 });
    fresh.allocate(10, 60).free();
    expect(asked()).toBe(0);
  });

  it("in allocate: takes nothing of what was given", () => {
    const asked = refuseGrowth(1, true);
    const fresh = createLosses({ module: simd });
    const start = fresh.allocate(1, 1).logits.byteOffset;
    for (let i = 0; i < 3; i++) {
      let thrown: unknown;
      try {
        fresh.allocate(20, 1000);
      } catch (error) {
        thrown = error;
      }
      checkOutOfMemory(thrown);
    }
    expect(asked()).toBe(3);
    // Where there is room for the first of its arrays, but not for all of them, the first one is given back.
    const next = fresh.allocate(1, 1);
    expect(next.logits.byteOffset - start).toBeLessThan(1000);
  });

  it("to a longer row: the place that it gave up may be given to a batch, which later calls leave alone", () => {
    const fresh = createLosses({ module: simd });
    fresh.zlpr(fewLogits, fewLabels, { classes: 3 });
    refuseGrowth(1, false);
    const long = () => fresh.zlpr(new Float32Array(70_000), new Uint8Array(70_000), { classes: 70_000 });
    expect(long).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
    const batch = fresh.allocate(10, 3000);
    batch.logits.fill(1);
    batch.grad.fill(5);
    expect(small(fresh)).toEqual(rightSmall);
    long();
    expect(batch.logits.every((x) => x === 1)).toBe(true);
    expect(batch.labels.every((x) => x === 0)).toBe(true);
    expect(batch.grad.every((x) => x === 5)).toBe(true);
  });

  it("names requested, current and maximum bytes", () => {
    const fresh = createLosses({ module: simd });
    const current = fresh.allocate(1, 1).logits.buffer.byteLength;
    refuseGrowth(1, true);
    let thrown: unknown;
    try {
      fresh.allocate(1000, 1000);
    } catch (error) {
      thrown = error;
    }
    const used = `${current} bytes in use of at most 4294901760, and the engine refused to grow them`;
    checkError(thrown, "OUT_OF_MEMORY", `memory: expected room for 4000000 bytes more, received ${used}`);
  });

  it("in the counts of decisions, and the next smaller call works", () => {
    const engine: LossEngine = engineOf(simd, "module");
    const [rows, classes] = [2, 50_000];
    const { logits, labels } = exampleFor("zlpr", rows, classes, 2, 3);
    const right = engineOf(simd, "module").countDecisions({ logits, labels, rows, classes }, 0);
    const few = { logits: fewLogits, labels: fewLabels, rows: 2, classes: 3 };
    const asked = refuseGrowth(1, false);
    let thrown: unknown;
    try {
      engine.countDecisions({ logits, labels, rows, classes }, 0);
    } catch (error) {
      thrown = error;
    }
    checkOutOfMemory(thrown);
    expect(Array.from(engine.countDecisions(few, 0).ofRows)).toEqual([1, 2, 1, 1, 2, 1]);
    expect(engine.countDecisions({ logits, labels, rows, classes }, 0)).toEqual(right);
    expect(asked()).toBeGreaterThan(1);
  });
});

describe("a batch larger than the memory", () => {
  // 8 pages are 512 KiB; the scores alone have 3.2 MB.
  const limited = createLosses({ module: new WebAssembly.Module(withMaximum(binaryOf("simd"), 8)) });
  const wide = createLosses({ module: simd });
  const [rows, classes] = [8000, 100];

  it.each(names)("is worked off in chunks of rows with the same bits: %s", (name) => {
    const { logits, labels } = exampleFor(name, rows, classes, 4, 9);
    const batch = wide.allocate(rows, classes);
    batch.logits.set(logits);
    batch.labels.set(labels);
    const call = { classes, reduction: "none" } as const;
    const whole = lossOf(wide, name)(batch.logits, batch.labels, call);
    const result = { loss: whole.loss.slice(), grad: whole.grad.slice() };
    batch.free();
    const forms: (Uint8Array | SparseLabels)[] = [labels, toSparse(labels, classes)];
    for (const given of forms) expectSameResult(lossOf(limited, name)(logits, given, call), result, name);
    const masked = { ...call, mask: new Uint8Array(rows * classes).fill(1) };
    expectSameResult(lossOf(limited, name)(logits, labels, masked), result, `${name}, masked`);
    const inPlace = logits.slice();
    lossOf(limited, name)(inPlace, labels, { ...call, out: { grad: inPlace } });
    expectSameBits(inPlace, result.grad, `${name}, in place`);
  });

  it.each(softNames)("with soft labels: %s", (name) => {
    const given = exampleFor(name as (typeof names)[number], rows, classes, 4, 9);
    const call = { classes, reduction: "none" } as const;
    const right = lossOf(wide, name)(given.logits, soft(given.labels), call);
    expectSameResult(lossOf(limited, name)(given.logits, soft(given.labels), call), right, name);
  });

  it("but a row that is longer is refused, and says so", () => {
    for (const name of allNames) {
      const scores = new Float32Array(200_000);
      const marks = name === "zlprDivergence" ? new Float32Array(200_000) : new Uint8Array(200_000);
      if (name === "softmaxCrossEntropy") marks[0] = 1;
      const out = { grad: new Float32Array(200_000).fill(5) };
      let thrown: unknown;
      try {
        lossOf(limited, name)(scores, marks, { classes: 200_000, out });
      } catch (error) {
        thrown = error;
      }
      checkOutOfMemory(thrown);
      expect(out.grad.every((x) => x === 5)).toBe(true);
      expect(small(limited)).toEqual(rightSmall);
    }
    checkRefused(
      () => limited.zlpr(new Float32Array(1), new Uint8Array(1), { classes: 2 ** 28 + 1 }),
      "RANGE",
      "options.classes: expected a whole number from 1 to 268435456, received 268435457",
    );
  });
});

/** Makes the engine refuse the n-th array of numbers from now; returns how many it was asked for. */
function refuseArrays(n: number, refusal: Error): () => number {
  let asked = 0;
  for (const Type of [Float32Array, Float64Array, Uint8Array, Int32Array, Uint32Array]) {
    const proxy = new Proxy(Type, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number" && ++asked === n) throw refusal;
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal(Type.name, proxy);
  }
  return () => asked;
}

/** Calls that make arrays, on an instance that has made those that it keeps. */
function arrayCalls(losses: Losses): [title: string, call: () => unknown][] {
  const classes = 3;
  const sparse = toSparse(fewLabels, classes);
  const none = { classes, reduction: "none" } as const;
  const indices = Int32Array.of(1, 2, 0);
  const ignoring = Int32Array.of(1, -1);
  const logits = new Float32Array(9);
  const batch = losses.allocate(2, classes);
  batch.labels.set(fewLabels);
  const keep = batch.labels.subarray(0, classes).fill(1);
  return [
    ["dense labels", () => losses.zlpr(fewLogits, fewLabels, none)],
    ["sparse labels", () => losses.zlpr(fewLogits, sparse, none)],
    [
      "a threshold a row",
      () => losses.zlpr(fewLogits, fewLabels, { ...none, threshold: batch.grad.subarray(0, 2) }),
    ],
    ["a mask of the instance", () => losses.focal(fewLogits, fewLabels, { classes, mask: keep })],
    [
      "indices, one ignored",
      () => losses.softmaxCrossEntropy(fewLogits, ignoring, { classes, ignoreIndex: -1 }),
    ],
    ["indices", () => losses.softmaxCrossEntropy(logits, indices, { classes })],
    ["subsets", () => losses.combinatorialSoftmax(fewLogits, fewLabels, { classes, maxLabels: 2 })],
    ["aboveThreshold", () => aboveThreshold(fewLogits, { classes })],
    ["topK", () => topK(fewLogits, { classes, k: 2, threshold: 0 })],
    ["evaluate", () => evaluate(fewLogits, sparse, { classes })],
    ["bestThreshold", () => bestThreshold(fewLogits, sparse, { classes, metric: "macroF1" })],
  ];
}

describe("arrays for which there is no room", () => {
  const refusal = new RangeError("Array buffer allocation failed");

  function checkRefusal(thrown: unknown): void {
    expect(thrown).toBeInstanceOf(LossError);
    const { code, message, cause } = thrown as LossError;
    expect(code).toBe("OUT_OF_MEMORY");
    expect(message).toMatch(/^memory: expected room for \d+ bytes, received a refusal from the engine$/);
    expect(cause).toBe(refusal);
  }

  /** What a call throws whose n-th array is refused; undefined if it makes fewer. */
  function thrownAt(n: number, call: () => unknown): unknown {
    const asked = refuseArrays(n, refusal);
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    } finally {
      vi.unstubAllGlobals();
    }
    expect(thrown !== undefined, "an error").toBe(asked() >= n);
    return thrown;
  }

  describe.each(["simd", "js"] as const)("%s", (variant) => {
    const losses = createLosses({ variant });

    it.each(arrayCalls(losses))(
      "are OUT_OF_MEMORY, whichever it is, and the next call works: %s",
      (_, call) => {
        const right = structuredClone(call());
        for (let n = 1; ; n++) {
          const thrown = thrownAt(n, call);
          if (thrown === undefined) {
            expect(n).toBeGreaterThan(1);
            break;
          }
          checkRefusal(thrown);
          expect(structuredClone(call())).toEqual(right);
        }
      },
    );
  });

  it("says how much room: 6 floats for a gradient", () => {
    const losses = createLosses({ variant: "simd" });
    checkError(
      thrownAt(1, () => losses.zlpr(fewLogits, fewLabels, { classes: 3 })),
      "OUT_OF_MEMORY",
      "memory: expected room for 24 bytes, received a refusal from the engine",
    );
  });

  describe("leave an evaluator as it was, whichever it is", () => {
    const sparse = toSparse(fewLabels, 3);
    const positiveWeights = Float32Array.of(1, 2, 3);
    const all = {
      ...{ classRanking: true, thresholds: [0, 1] },
      ...{ loss: sigmoidCrossEntropy, lossOptions: { positiveWeights } },
    };
    type Make = () => Evaluator<unknown>;
    const plain: Make = () => createEvaluator({ classes: 3 });
    const empty: Make = () => createEvaluator({ classes: 3, ...all });
    const filled: Make = () => {
      const evaluator = empty();
      // So often that the next rows make one array of the scores of the last ones.
      for (let i = 0; i < 4; i++) evaluator.add(fewLogits, fewLabels);
      return evaluator;
    };
    const from = filled();
    const json = JSON.stringify(from);
    it.each<[string, Make, (evaluator: Evaluator<unknown>) => void]>([
      ["rows for one without any", plain, (evaluator) => evaluator.add(fewLogits, sparse)],
      ["rows, with all options", empty, (evaluator) => evaluator.add(fewLogits, sparse)],
      ["further rows", filled, (evaluator) => evaluator.add(fewLogits, sparse)],
      ["a merge into one without rows", empty, (evaluator) => evaluator.merge(from)],
      ["a result", filled, (evaluator) => evaluator.result()],
      ["the decisions of classes", filled, (evaluator) => evaluator.perClass()],
      ["JSON", filled, (evaluator) => evaluator.toJSON()],
      ["another one of JSON", filled, () => evaluatorFromJSON(json, { loss: sigmoidCrossEntropy })],
    ])("%s", (_, make, call) => {
      const right = make();
      call(right);
      for (let n = 1; ; n++) {
        const evaluator = make();
        const before = JSON.stringify(evaluator);
        const thrown = thrownAt(n, () => call(evaluator));
        if (thrown !== undefined) {
          checkRefusal(thrown);
          expect(JSON.stringify(evaluator)).toBe(before);
          call(evaluator);
        }
        expect(JSON.stringify(evaluator)).toBe(JSON.stringify(right));
        if (thrown !== undefined) continue;
        expect(n).toBeGreaterThan(3);
        break;
      }
    });
  });
});
