import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LossError } from "../../src/index.ts";
import { hasComposed } from "../../src/tfjs/composed.ts";
import { type LossFunction, type TfjsLosses, tfjsLosses, tfjsMetrics } from "../../src/tfjs.ts";
import { effort } from "../support/effort.ts";
import { checkThrown, type Unchecked } from "../support/errors.ts";
import { allNames, exampleFor, type LossName, names, referenceOf } from "../support/losses.ts";
import { BACKENDS, makeLoss, settled, useBackend, VIAS, valueAndGrad, viasOf } from "./support.ts";

/* Weights, masks, factors of the loss, the warning, and what is refused. */

const [ROWS, CLASSES] = [9, 11];

function batchFor(name: LossName, keeps?: (index: number) => boolean) {
  const { logits, labels } = exampleFor(name, ROWS, CLASSES, 2, 1, keeps);
  const given = names.includes(name) ? labels : Float32Array.from(labels);
  return {
    logits,
    labels: given,
    yPred: tf.tensor2d(logits, [ROWS, CLASSES]),
    yTrue: tf.tensor2d(labels, [ROWS, CLASSES]),
  };
}

function expectClose(got: ArrayLike<number>, right: ArrayLike<number>, part = 2e-6): void {
  expect(got.length).toBe(right.length);
  let [most, worst] = [0, 0];
  for (let i = 0; i < right.length; i++) {
    most = Math.max(most, Math.abs(right[i]!));
    worst = Math.max(worst, Math.abs(got[i]! - right[i]!));
  }
  expect(worst).toBeLessThanOrEqual(part * most);
}

const weights = Float32Array.from({ length: ROWS }, (_, row) => (row % 3 === 2 ? 0 : 1 + row / 4));
const columnMask = Uint8Array.from({ length: CLASSES }, (_, c) => Number(c !== 3));
const fullMask = Uint8Array.from({ length: ROWS * CLASSES }, (_, i) => Number(i % 7 !== 2));

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(allNames)("%s", (name) => {
    it.each(["mean", "sum", "none"] as const)("weighs the rows, reduction %s", (reduction) => {
      const { logits, labels, yTrue, yPred } = batchFor(name);
      const options = { classes: CLASSES, reduction, rowWeights: weights };
      const right = referenceOf(name)(logits, labels, options);
      const tensor = tf.tensor1d(weights);
      const sums = tf.sum(yPred, 1);
      const seen: tf.Tensor[][] = [];
      const forms = [
        weights,
        Array.from(weights),
        tensor,
        (...tensors: tf.Tensor[]) => {
          seen.push(tensors);
          return weights;
        },
        // Made of the scores, with a slope of 1: no gradient may go through it.
        (_: tf.Tensor, x: tf.Tensor) => tf.add(tensor, tf.sub(tf.sum(x, 1), sums)),
      ];
      for (const via of viasOf(name)) {
        for (const rowWeights of forms) {
          const got = valueAndGrad(makeLoss(name, { via, reduction, rowWeights }), yTrue, yPred);
          expectClose(got.value, typeof right.loss === "number" ? [right.loss] : right.loss);
          expectClose(got.grad, right.grad!);
        }
      }
      expect(seen.map(([labels]) => labels)).toEqual(viasOf(name).map(() => yTrue));
      expect(seen.every(([, scores]) => scores?.shape[1] === CLASSES)).toBe(true);
    });

    it("leaves out what the mask says", () => {
      for (const [mask, keeps] of [
        [columnMask, (i: number) => i % CLASSES !== 3],
        [fullMask, (i: number) => i % 7 !== 2],
      ] as const) {
        const { logits, labels, yTrue, yPred } = batchFor(name, keeps);
        const right = referenceOf(name)(logits, labels, { classes: CLASSES, mask });
        const shape = mask.length === CLASSES ? [CLASSES] : [ROWS, CLASSES];
        const forms = [mask, Array.from(mask), tf.tensor(mask, shape, "bool"), () => tf.tensor(mask, shape)];
        for (const via of viasOf(name)) {
          for (const form of forms) {
            const got = valueAndGrad(makeLoss(name, { via, mask: form }), yTrue, yPred);
            expectClose(got.value, [right.loss]);
            expectClose(got.grad, right.grad!);
          }
        }
      }
    });

    it("is a part of other losses", () => {
      const { logits, labels, yTrue, yPred } = batchFor(name);
      const { loss, grad } = referenceOf(name)(logits, labels, { classes: CLASSES });
      const rows = referenceOf(name)(logits, labels, { classes: CLASSES, reduction: "none" });
      for (const via of viasOf(name)) {
        const mean = makeLoss(name, { via });
        const compounds: [LossFunction, number, (i: number) => number][] = [
          [(y, x) => tf.mul(mean(y, x), -2), -2 * loss, (i) => -2 * grad![i]!],
          [(y, x) => tf.add(mean(y, x), tf.mul(3, mean(y, x))), 4 * loss, (i) => 4 * grad![i]!],
          [(y, x) => tf.square(mean(y, x)), loss ** 2, (i) => 2 * loss * grad![i]!],
          [
            (y, x) => tf.add(mean(y, x), tf.sum(tf.square(x))),
            loss + logits.reduce((sum, s) => sum + s * s, 0),
            (i) => grad![i]! + 2 * logits[i]!,
          ],
        ];
        for (const [compound, value, slope] of compounds) {
          const got = valueAndGrad(compound, yTrue, yPred);
          expectClose(got.value, [value]);
          expectClose(
            got.grad,
            Array.from(logits, (_, i) => slope(i)),
          );
        }
        // A factor for each row, some of them negative, some 0.
        const dy = Float32Array.from({ length: ROWS }, (_, row) => (row - 3) / 2);
        const each = makeLoss(name, { via, reduction: "none" });
        const got = valueAndGrad(each, yTrue, yPred, tf.tensor1d(dy));
        expectClose(got.value, rows.loss as unknown as Float32Array);
        expectClose(
          got.grad,
          rows.grad!.map((g, i) => g * dy[Math.floor(i / CLASSES)]!),
        );
      }
    });
  });

  it("makes one tensor for a gradient, however it is multiplied", () => {
    const { yTrue, yPred } = batchFor("zlpr");
    const tensor = vi.fn(tf.tensor) as unknown as typeof tf.tensor;
    const makeOutput = vi.spyOn(tf.backend() as never as { makeOutput(): void }, "makeOutput");
    const loss = makeLoss("zlpr", { reduction: "none" }, tfjsLosses({ ...tf, tensor }));
    for (const dy of [tf.ones([ROWS]), tf.fill([ROWS], 2)]) {
      vi.mocked(tensor).mockClear();
      makeOutput.mockClear();
      valueAndGrad(loss, yTrue, yPred, dy);
      const shapes = [vi.mocked(tensor).mock.calls.map(([, shape]) => shape), makeOutput.mock.calls.flat()];
      expect(shapes.flat().filter((shape) => Array.isArray(shape) && shape.length === 2)).toHaveLength(1);
    }
    makeOutput.mockRestore();
  });

  it("never writes to its inputs, and shares no memory between its results", () => {
    const { logits, labels, yTrue, yPred } = batchFor("zlpr");
    const loss = makeLoss("zlpr", { reduction: "none", via: "kernel" });
    const first = tf.valueAndGrads((x: tf.Tensor) => loss(yTrue, x) as tf.Scalar)([yPred]);
    const [value, grad] = [first.value.dataSync().slice(), first.grads[0]!.dataSync().slice()];
    const other = tf.neg(yPred);
    tf.valueAndGrads((x: tf.Tensor) => loss(yTrue, x) as tf.Scalar)([other], tf.fill([ROWS], 3) as tf.Scalar);
    loss(yTrue, other);
    expect(first.value.dataSync()).toEqual(value);
    expect(first.grads[0]!.dataSync()).toEqual(grad);
    expect(yPred.dataSync()).toEqual(logits);
    expect(Uint8Array.from(yTrue.dataSync())).toEqual(labels);
  });

  it("refuses what does not fit, and names it", () => {
    const { yTrue, yPred } = batchFor("zlpr");
    const zlpr = makeLoss("zlpr") as Unchecked;
    const focal = makeLoss("focal") as Unchecked;
    const softmax = makeLoss("softmaxCrossEntropy") as Unchecked;
    const halves = tf.fill([ROWS, CLASSES], 0.5);
    const cases: [() => unknown, Partial<LossError>][] = [
      [() => zlpr(yTrue, [1, 2]), { argument: "yPred", code: "TYPE" }],
      [() => zlpr(undefined, yPred), { argument: "yTrue", code: "TYPE" }],
      [() => zlpr(yTrue, tf.cast(yPred, "int32")), { argument: "yPred", code: "TYPE", received: "int32" }],
      [() => zlpr(tf.tensor1d(["a"]), yPred), { argument: "yTrue", code: "TYPE", received: "string" }],
      [() => zlpr(yTrue, tf.scalar(1)), { argument: "yPred", code: "RANGE", received: "[]" }],
      [() => zlpr(tf.zeros([2, 0]), tf.zeros([2, 0])), { argument: "yPred", code: "RANGE" }],
      [() => zlpr(tf.zeros([ROWS]), yPred), { argument: "yTrue", code: "RANGE", received: `[${ROWS}]` }],
      [
        () => softmax(tf.zeros([ROWS, 2]), yPred),
        { argument: "yTrue", code: "RANGE", expected: expect.stringContaining(`class indices [${ROWS}]`) },
      ],
      [
        () => softmax(tf.fill([ROWS], CLASSES, "int32"), yPred),
        { argument: "yTrue", code: "RANGE", received: `${CLASSES}`, row: 0 },
      ],
      [() => softmax(tf.fill([ROWS], 0.5), yPred), { argument: "yTrue", code: "RANGE", received: "0.5" }],
      [() => softmax(tf.zeros([ROWS], "bool"), yPred), { argument: "yTrue", code: "TYPE" }],
      [
        () => focal(halves, yPred),
        { argument: "yTrue", code: "RANGE", expected: "0 or 1", row: 0, index: 0 },
      ],
      [
        () => zlpr(tf.add(yTrue, 2), yPred),
        { argument: "yTrue", code: "RANGE", expected: "a number from 0 to 1" },
      ],
      [
        () => zlpr(tf.fill([ROWS, CLASSES], 2, "int32"), yPred),
        { argument: "yTrue", code: "RANGE", received: "2" },
      ],
      [
        () => zlpr(tf.zeros([0, CLASSES]), tf.zeros([0, CLASSES])),
        { argument: "yPred", code: "EMPTY_REDUCTION" },
      ],
      [
        () => makeLoss("zlpr", { rowWeights: [1, 2] })(yTrue, yPred),
        { argument: "options.rowWeights", code: "RANGE" },
      ],
      [
        () => makeLoss("zlpr", { rowWeights: (() => "much") as never })(yTrue, yPred),
        { argument: "options.rowWeights", code: "TYPE" },
      ],
      [
        () => makeLoss("zlpr", { mask: new Float32Array(CLASSES).fill(0.5) })(yTrue, yPred),
        { argument: "options.mask", code: "RANGE", received: "0.5" },
      ],
      [() => makeLoss("zlpr", { mask: [1, 0] })(yTrue, yPred), { argument: "options.mask", code: "RANGE" }],
      [
        () => makeLoss("zlpr", { mask: [1, 0], via: "composed" })(yTrue, yPred),
        { argument: "options.mask", code: "RANGE" },
      ],
      [
        () => makeLoss("zlpr", { rowWeights: [1], via: "composed" })(yTrue, yPred),
        { argument: "options.rowWeights", code: "RANGE" },
      ],
      [
        () => makeLoss("zlpr", { via: "composed" })(tf.zeros([0, CLASSES]), tf.zeros([0, CLASSES])),
        { argument: "yPred", code: "EMPTY_REDUCTION" },
      ],
      [
        () => makeLoss("sigmoidCrossEntropy", { positiveWeights: new Float32Array(3) })(yTrue, yPred),
        { argument: "options.positiveWeights", code: "RANGE" },
      ],
    ];
    for (const [call, expected] of cases) {
      checkThrown(call, expected);
      // Also where a gradient is to be computed.
      expect(() => tf.tidy(() => tf.grad(() => call() as tf.Tensor)(yPred))).toThrow(LossError);
    }
    const gone = tf.zeros([ROWS, CLASSES]);
    gone.dispose();
    checkThrown(() => zlpr(yTrue, gone), { argument: "yPred", code: "DISPOSED" });
  });
});

describe("options", () => {
  const losses = tfjsLosses(tf) as unknown as Record<keyof TfjsLosses, Unchecked>;

  it("are checked at once", () => {
    const cases: [() => unknown, Partial<LossError>][] = [
      [() => (tfjsLosses as Unchecked)(undefined), { argument: "tf", code: "TYPE" }],
      [() => (tfjsLosses as Unchecked)({}), { argument: "tf", code: "TYPE" }],
      [() => (tfjsMetrics as Unchecked)(null), { argument: "tf", code: "TYPE" }],
      [
        () => (tfjsMetrics as Unchecked)(tf, { threshold: NaN }),
        { argument: "options.threshold", code: "RANGE" },
      ],
      [() => (tfjsMetrics as Unchecked)(tf, { classes: 3 }), { argument: "options.classes", code: "TYPE" }],
      [() => losses.zlpr({ classes: 3 }), { argument: "options.classes", code: "TYPE" }],
      [() => losses.zlpr({ gamma: 3 }), { argument: "options.gamma", code: "TYPE" }],
      [() => losses.zlpr(3), { argument: "options", code: "TYPE" }],
      // As `model.compile({ loss: losses.zlpr })` calls it.
      [
        () => losses.zlpr(tf.zeros([1, 3]), tf.zeros([1, 3])),
        {
          argument: "options",
          code: "TYPE",
          message: "options: expected to be called first, `loss: tfjsLosses(tf).zlpr()`, received a tensor",
        },
      ],
      [() => losses.focal({}, 1), { argument: "options", code: "TYPE", received: "2 arguments" }],
      [
        () => (tfjsLosses as Unchecked)(tf.zeros([1])),
        { argument: "tf", code: "TYPE", received: "a tensor" },
      ],
      [() => losses.zlpr({ reduction: "max" }), { argument: "options.reduction", code: "RANGE" }],
      [() => losses.zlpr({ via: "gpu" }), { argument: "options.via", code: "RANGE" }],
      [() => losses.zlpr({ via: 1 }), { argument: "options.via", code: "TYPE" }],
      [() => losses.zlpr({ warn: 1 }), { argument: "options.warn", code: "TYPE" }],
      [
        () => losses.zlpr({ threshold: new Float32Array(2) }),
        { argument: "options.threshold", code: "TYPE" },
      ],
      [() => losses.zlpr({ threshold: Infinity }), { argument: "options.threshold", code: "RANGE" }],
      [() => losses.focal({ gamma: -1 }), { argument: "options.gamma", code: "RANGE" }],
      [
        () => losses.sigmoidCrossEntropy({ positiveWeights: new Float32Array([1, -1]) }),
        { argument: "options.positiveWeights", code: "RANGE" },
      ],
      [() => losses.combinatorialSoftmax({ maxLabels: 0 }), { argument: "options.maxLabels", code: "RANGE" }],
      [() => losses.combinatorialSoftmax({ threshold: 1 }), { argument: "options.threshold", code: "TYPE" }],
      [
        () => losses.combinatorialSoftmax({ via: "composed" }),
        { argument: "options.via", code: "UNSUPPORTED" },
      ],
    ];
    for (const [call, expected] of cases) checkThrown(call, expected);
  });

  it("are typed", () => {
    const typed = tfjsLosses(tf);
    typed.zlpr({ threshold: 1 });
    typed.combinatorialSoftmax({ maxLabels: 3, threshold: 1 });
    typed.sigmoidCrossEntropy({ positiveWeights: new Float32Array([1, 2]), reduction: "none" });
    typed.asymmetric({ gammaNegative: 2, warn: false });
    // @ts-expect-error: not an option of this loss
    expect(() => typed.zlprDivergence({ threshold: 1 })).toThrow(LossError);
    // @ts-expect-error: one threshold a row would get no gradient
    expect(() => typed.zlpr({ threshold: new Float32Array(2) })).toThrow(LossError);
    expect(typed.zlpr().name).toBe("zlpr");
  });

  it("positiveWeights a class", async () => {
    for (const backend of BACKENDS) {
      await useBackend(backend);
      const { logits, labels, yTrue, yPred } = batchFor("sigmoidCrossEntropy");
      const positiveWeights = Float32Array.from({ length: CLASSES }, (_, c) => c / 3);
      const right = referenceOf("sigmoidCrossEntropy")(logits, labels, {
        ...{ positiveWeights },
        classes: CLASSES,
      });
      for (const via of VIAS) {
        const got = valueAndGrad(makeLoss("sigmoidCrossEntropy", { via, positiveWeights }), yTrue, yPred);
        expectClose(got.value, [right.loss]);
        expectClose(got.grad, right.grad!);
      }
    }
  });
});

describe("the way", () => {
  it("is by operations on a backend that is not known, and reads nothing back", async () => {
    await useBackend("cpu");
    const { yTrue, yPred } = batchFor("zlpr");
    const elsewhere = { ...tf, getBackend: () => "webgpu" };
    const read = vi.spyOn(tf.engine(), "readSync");
    for (const name of allNames) {
      read.mockClear();
      const loss = makeLoss(name, { warn: false }, tfjsLosses(elsewhere));
      const labels = name === "softmaxCrossEntropy" ? tf.zeros([ROWS], "int32") : yTrue;
      const options = { rowWeights: tf.tensor1d(weights), mask: tf.tensor1d(columnMask, "bool") };
      const masked = makeLoss(name, options, tfjsLosses(elsewhere));
      for (const some of name === "softmaxCrossEntropy" ? [loss] : [loss, masked]) {
        tf.valueAndGrads((x: tf.Tensor) => some(labels, x) as tf.Scalar)([yPred]);
        if (!hasComposed(name)) expect(read, name).toHaveBeenCalled();
        else expect(read, name).not.toHaveBeenCalled();
      }
    }
    read.mockRestore();
  });

  it("is by the kernel on the backends in memory", async () => {
    for (const backend of BACKENDS) {
      await useBackend(backend);
      const { yTrue, yPred } = batchFor("zlpr");
      const by = (via?: "kernel" | "composed") => valueAndGrad(makeLoss("zlpr", { via }), yTrue, yPred);
      expect(by()).toEqual(by("kernel"));
      expect(by()).not.toEqual(by("composed"));
    }
  });
});

describe("the warning", () => {
  afterEach(() => vi.restoreAllMocks());

  const ones = (length: number) => tf.zeros([1, length]);

  it.each(BACKENDS)("comes once for scores that look like probabilities, on %s", async (backend) => {
    await useBackend(backend);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const loss = tfjsLosses(tf).zlpr();
    const raw = tf.linspace(-3, 3, 40).reshape([1, 40]) as tf.Tensor;
    loss(ones(40), raw);
    loss(ones(40), tf.mul(2, tf.sigmoid(raw)));
    loss(ones(40), tf.zeros([1, 40]));
    loss(ones(31), tf.fill([1, 31], 0.5));
    expect(warn).not.toHaveBeenCalled();
    valueAndGrad(loss, ones(40), tf.sigmoid(raw));
    loss(ones(40), tf.sigmoid(raw));
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatch(/^zlpr: all 40 scores .* raw scores: leave the activation out/);
  });

  it("comes in training, and may be turned off", async () => {
    await useBackend("cpu");
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 8, activation: "sigmoid", inputShape: [3] })],
    });
    const [inputs, labels] = [tf.randomNormal([6, 3]), tf.zeros([6, 8])];
    model.compile({ optimizer: "sgd", loss: tfjsLosses(tf).focal({ warn: false }) });
    await model.fit(inputs, labels, { epochs: 1, verbose: 0 });
    expect(warn).not.toHaveBeenCalled();
    model.compile({ optimizer: "sgd", loss: tfjsLosses(tf).focal() });
    await model.fit(inputs, labels, { epochs: 3, verbose: 0 });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toContain("focal takes raw scores");
  });

  describe.each(BACKENDS)("where the loss is composed, on %s", (backend) => {
    const raw = () => tf.linspace(-3, 3, 40).reshape([1, 40]) as tf.Tensor;
    const composed = (options = {}) => tfjsLosses(tf).zlpr({ via: "composed", ...options });
    beforeAll(() => useBackend(backend));

    /** Calls with each of the scores, awaited in turn, and returns how often scores were read. */
    async function readsOf(loss: LossFunction, scores: tf.Tensor[]): Promise<number> {
      const read = vi.spyOn(tf.engine(), "read");
      const sync = vi.spyOn(tf.engine(), "readSync");
      const before = tf.memory().numTensors;
      for (const yPred of scores) {
        tf.tidy(() => {
          tf.valueAndGrads((x: tf.Tensor) => loss(tf.zerosLike(x), x) as tf.Scalar)([yPred]);
        });
        // The scores may be gone before they are read.
        yPred.dispose();
        await settled();
      }
      expect(tf.memory().numTensors).toBe(before - scores.length);
      expect(sync).not.toHaveBeenCalled();
      const reads = read.mock.calls.length;
      read.mockRestore();
      return reads;
    }

    it("comes once, after the call", async () => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      const loss = composed();
      const scores = tf.sigmoid(raw());
      loss(ones(40), scores);
      expect(warn).not.toHaveBeenCalled();
      await settled();
      expect(warn).toHaveBeenCalledOnce();
      expect(warn.mock.calls[0]?.[0]).toMatch(/^zlpr: all 40 scores .* zlpr takes raw scores/);
      expect(await readsOf(loss, [scores, raw()])).toBe(0);
      expect(warn).toHaveBeenCalledOnce();
    });

    it("does not for raw scores, of which one batch is read", async () => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      expect(await readsOf(composed(), [raw(), tf.sigmoid(raw())])).toBe(1);
      expect(warn).not.toHaveBeenCalled();
    });

    it("waits for a batch that tells, of at most 10", async () => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      const zeros = (count: number) => Array.from({ length: count }, () => tf.zeros([1, 40]));
      const few = () => tf.fill([1, 31], 0.5);
      expect(await readsOf(composed(), [...zeros(10), tf.sigmoid(raw())])).toBe(10);
      expect(warn).not.toHaveBeenCalled();
      expect(await readsOf(composed(), [few(), ...zeros(9), few(), tf.sigmoid(raw())])).toBe(10);
      expect(warn).toHaveBeenCalledOnce();
    });

    it("reads nothing where it is turned off", async () => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      expect(await readsOf(composed({ warn: false }), [tf.sigmoid(raw())])).toBe(0);
      expect(warn).not.toHaveBeenCalled();
    });

    it("reads one batch at a time", async () => {
      const loss = composed();
      const read = vi.spyOn(tf.engine(), "read");
      for (let i = 0; i < 5; i++) loss(ones(40), tf.zeros([1, 40]));
      expect(read).toHaveBeenCalledOnce();
      await settled();
    });

    it("keeps to itself what goes wrong", async () => {
      const failures: unknown[] = [];
      const note = (reason: unknown) => failures.push(reason);
      process.on("unhandledRejection", note);
      const read = vi.spyOn(tf.engine(), "read").mockRejectedValue(new Error("context lost"));
      const keep = vi.fn((): never => {
        throw new Error("no memory");
      });
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        for (const losses of [tfjsLosses(tf), tfjsLosses({ ...tf, keep })]) {
          losses.zlpr({ via: "composed" })(ones(40), tf.zeros([1, 40]));
        }
      });
      await settled();
      process.off("unhandledRejection", note);
      expect(read).toHaveBeenCalledOnce();
      expect(keep).toHaveBeenCalledOnce();
      expect(failures).toEqual([]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});

describe("the values of tensors", () => {
  it("are read the documented way where a heap cannot be", async () => {
    await useBackend("wasm");
    const { logits, labels, yTrue, yPred } = batchFor("zlpr");
    const right = referenceOf("zlpr")(logits, labels, { classes: CLASSES });
    const backend = tf.backend();
    // The heap of a backend is tried once.
    makeLoss("zlpr")(yTrue, yPred);
    const read = vi.spyOn(backend, "readSync");
    const got = valueAndGrad(makeLoss("zlpr"), yTrue, yPred);
    // Once each for the value and the gradient, by the test.
    expect(read).toHaveBeenCalledTimes(2);
    // Another backend object, which is tried anew: its heap has moved.
    const misleading = Object.create(backend, {
      typedArrayFromHeap: { value: () => new Float32Array(ROWS * CLASSES) },
    });
    const silent = Object.create(backend, { typedArrayFromHeap: { value: undefined } });
    for (const other of [misleading, silent]) {
      read.mockClear();
      const losses = tfjsLosses({ ...tf, backend: () => other });
      expect(valueAndGrad(makeLoss("zlpr", {}, losses), yTrue, yPred)).toEqual(got);
      expect(read.mock.calls.length).toBeGreaterThan(3);
    }
    expectClose(got.grad, right.grad!);
    read.mockRestore();
  });

  it("move to the backend that computes", async () => {
    const [rows, classes] = [64, effort(60_000, 1000)];
    const logits = Float32Array.from({ length: rows * classes }, (_, i) => Math.sin(i));
    const labels = Uint8Array.from({ length: rows * classes }, (_, i) => Number(i % 9973 === 0));
    const right = referenceOf("zlpr")(logits, labels, { classes });
    for (const [scoresOn, labelsOn, computeOn] of [
      // So large that the heap grows for them, which takes the scores away that were read before.
      ["wasm", "cpu", "wasm"],
      ["cpu", "wasm", "cpu"],
    ] as const) {
      await useBackend(scoresOn);
      const yPred = tf.tensor2d(logits, [rows, classes]);
      await useBackend(labelsOn);
      const yTrue = tf.tensor2d(labels, [rows, classes], "float32");
      await useBackend(computeOn);
      const got = valueAndGrad(makeLoss("zlpr"), yTrue, yPred);
      expectClose(got.value, [right.loss]);
      expectClose(got.grad, right.grad!);
      tf.dispose([yPred, yTrue]);
    }
  });

  it("stay valid while the heap of the backend grows", async () => {
    await useBackend("wasm");
    const [rows, classes] = [64, effort(20_000, 1000)];
    const logits = Float32Array.from({ length: rows * classes }, (_, i) => Math.cos(i));
    const labels = Uint8Array.from({ length: rows * classes }, (_, i) => Number(i % 997 === 0));
    const yPred = tf.tensor2d(logits, [rows, classes]);
    const soft = tf.tensor2d(labels, [rows, classes]);
    const loss = makeLoss("zlpr", { reduction: "sum" });
    const right = referenceOf("zlpr")(logits, labels, { classes, reduction: "sum" });
    const kept: tf.Tensor[] = [];
    for (let i = 0; i < 6; i++) {
      const { value, grads } = tf.valueAndGrads((x: tf.Tensor) => loss(soft, x) as tf.Scalar)([yPred]);
      kept.push(value, ...grads);
    }
    for (let i = 0; i < kept.length; i += 2) {
      expect(kept[i]!.dataSync()[0]! / right.loss).toBeCloseTo(1, 6);
      const grad = kept[i + 1]!.dataSync();
      for (let j = 0; j < grad.length; j += 991) expect(grad[j]).toBeCloseToFloat32(right.grad![j]!, 6);
    }
    tf.dispose(kept);
  });
});
