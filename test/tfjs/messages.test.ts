import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import type { LossError } from "../../src/index.ts";
import { tfjsLosses, tfjsMetrics } from "../../src/tfjs.ts";
import { checkThrown, type Unchecked } from "../support/errors.ts";
import { makeLoss, useBackend, valueAndGrad } from "./support.ts";

/* What errors say, word by word, and what else nobody meets who only trains. */

await useBackend("cpu");
beforeAll(() => useBackend("cpu"));

const yPred = () => tf.zeros([2, 3]);
const yTrue = () => tf.zeros([2, 3]);

function call(
  name: "zlpr" | "focal" | "softmaxCrossEntropy",
  labels: unknown,
  scores: unknown,
  options = {},
) {
  return () => (makeLoss(name, { warn: false, ...options }) as Unchecked)(labels, scores);
}

function disposed(): tf.Tensor {
  const tensor = yPred();
  tensor.dispose();
  return tensor;
}

const metric = (labels?: unknown, scores?: unknown) => () =>
  (tfjsMetrics(tf).microF1 as Unchecked)(labels, scores);

const CASES: [LossError["code"], string, () => unknown][] = [
  ["TYPE", "yPred: expected a tensor, received an array of length 2", call("zlpr", yTrue(), [1, 2])],
  ["TYPE", "yTrue: expected a tensor, received null", call("zlpr", null, yPred())],
  ["TYPE", "yTrue: expected a tensor, received an object", call("zlpr", { shape: [2, 3] }, yPred())],
  [
    "DISPOSED",
    "yPred: expected a tensor in use, received one that was disposed of",
    call("zlpr", yTrue(), disposed()),
  ],
  [
    "DISPOSED",
    "yTrue: expected a tensor in use, received one that was disposed of",
    call("zlpr", disposed(), yPred()),
  ],
  [
    "TYPE",
    "yPred: expected a float32 tensor, received int32",
    call("zlpr", yTrue(), tf.zeros([2, 3], "int32")),
  ],
  [
    "TYPE",
    "yTrue: expected a float32, int32 or bool tensor, received string",
    call("zlpr", tf.tensor2d([["a", "b", "c"]]), tf.zeros([1, 3])),
  ],
  [
    "RANGE",
    "yPred: expected […, classes], with a class at least, received [2, 0]",
    call("zlpr", tf.zeros([2, 0]), tf.zeros([2, 0])),
  ],
  [
    "RANGE",
    "yPred: expected […, classes], with a class at least, received []",
    call("zlpr", tf.scalar(1), tf.scalar(1)),
  ],
  ["RANGE", "yTrue: expected the shape of yPred, [2, 3], received [2]", call("zlpr", tf.zeros([2]), yPred())],
  [
    "RANGE",
    "yTrue: expected the shape of yPred, [2, 3], received [3, 2]",
    call("zlpr", tf.zeros([3, 2]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected the shape of yPred, [2, 3], or class indices [2], received [2, 2]",
    call("softmaxCrossEntropy", tf.zeros([2, 2]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected the shape of yPred, [2, 3], or class indices [2], received [3]",
    call("softmaxCrossEntropy", tf.zeros([3]), yPred()),
  ],
  [
    "TYPE",
    "yTrue: expected class indices, int32 or float32, received bool",
    call("softmaxCrossEntropy", tf.zeros([2], "bool"), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected class indices, received 0.5 (row 1)",
    call("softmaxCrossEntropy", tf.tensor1d([0, 0.5]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected class indices, received 0.5 (row 0)",
    call("softmaxCrossEntropy", tf.tensor1d([0.5, 0]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected 0 or 1, received 2 (row 1, index 0)",
    call("focal", tf.tensor2d([0, 0, 0, 2, 0, 0], [2, 3]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected one positive class, received 0 (row 0)",
    call("softmaxCrossEntropy", tf.zeros([2, 3], "int32"), yPred()),
  ],
  [
    "TYPE",
    'options.rowWeights: expected numbers or a tensor, received "much"',
    call("zlpr", yTrue(), yPred(), { rowWeights: () => "much" }),
  ],
  [
    "TYPE",
    "options.mask: expected numbers or a tensor, received a DataView",
    call("zlpr", yTrue(), yPred(), { mask: new DataView(new ArrayBuffer(3)) }),
  ],
  [
    "RANGE",
    "options.mask: expected 0 or 1, received 0.5 (index 2)",
    call("zlpr", yTrue(), yPred(), { mask: [1, 1, 0.5] }),
  ],
  [
    "RANGE",
    "options.mask: expected 0 or 1, received 0.5 (index 0)",
    call("zlpr", yTrue(), yPred(), { mask: tf.tensor1d([0.5, 1, 1]) }),
  ],
  [
    "RANGE",
    "options.mask: expected [2, 3] or [3], received 2 elements",
    call("zlpr", yTrue(), yPred(), { mask: [1, 0], via: "composed" }),
  ],
  [
    "RANGE",
    "options.mask: expected [2, 3] or [3], received 4 elements",
    call("zlpr", yTrue(), yPred(), { mask: tf.ones([4]), via: "composed" }),
  ],
  [
    "RANGE",
    "options.rowWeights: expected [rows] = 2 elements, received 1 elements",
    call("zlpr", yTrue(), yPred(), { rowWeights: [1], via: "composed" }),
  ],
  [
    "RANGE",
    "options.rowWeights: expected [rows] = 2 elements, received 3 elements",
    call("zlpr", yTrue(), yPred(), { rowWeights: tf.ones([3]), via: "composed" }),
  ],
  [
    "EMPTY_REDUCTION",
    'yPred: expected at least one row for the "mean", received none',
    call("zlpr", tf.zeros([0, 3]), tf.zeros([0, 3]), { via: "composed" }),
  ],
  [
    "EMPTY_REDUCTION",
    "yPred: expected at least one row, received none",
    metric(tf.zeros([0, 3]), tf.zeros([0, 3])),
  ],
  ["TYPE", "yTrue: expected a tensor; in `metrics: [microF1]` without (), received undefined", metric()],
  ["TYPE", "yPred: expected a tensor, received undefined", metric(yTrue())],
  [
    "RANGE",
    "yTrue: expected 0 or 1, received 0.5 (row 1, index 2)",
    metric(tf.tensor2d([0, 0, 0, 0, 0, 0.5], [2, 3]), yPred()),
  ],
  [
    "RANGE",
    "yTrue: expected 0 or 1, received 2 (row 0, index 0)",
    metric(tf.fill([2, 3], 2, "int32"), yPred()),
  ],
  [
    "TYPE",
    "options: expected to be called first, `loss: tfjsLosses(tf).zlpr()`, received 2 arguments",
    () => (tfjsLosses(tf).zlpr as Unchecked)({}, 1),
  ],
  [
    "RANGE",
    'options.via: expected "kernel" or "composed", received "gpu"',
    call("zlpr", yTrue(), yPred(), { via: "gpu" }),
  ],
  [
    "TYPE",
    'options.via: expected "kernel" or "composed", received 1',
    call("zlpr", yTrue(), yPred(), { via: 1 }),
  ],
  [
    "TYPE",
    "options.threshold: expected a number, received Float32Array of length 2",
    call("zlpr", yTrue(), yPred(), { threshold: new Float32Array(2) }),
  ],
  [
    "UNSUPPORTED",
    'options.via: expected "kernel", the only way to compute combinatorialSoftmax, received "composed"',
    () => makeLoss("combinatorialSoftmax", { via: "composed" }),
  ],
  [
    "TYPE",
    "tf: expected TensorFlow.js: what `import * as tf` gives, received a tensor",
    () => tfjsLosses(yPred() as never),
  ],
  [
    "TYPE",
    "tf: expected TensorFlow.js: what `import * as tf` gives, received undefined",
    () => tfjsMetrics(undefined as never),
  ],
  [
    "TYPE",
    "tf: expected TensorFlow.js: what `import * as tf` gives, received an object",
    () => tfjsLosses({ customGrad: tf.customGrad } as never),
  ],
];

describe("an error says what was expected and what came", () => {
  it.each(CASES)("%s %s", (code, message, refused) => checkThrown(refused, { code, message }));

  it("and leaves errors of others as they are", () => {
    const bug = new TypeError("a bug");
    const rowWeights = () => {
      throw bug;
    };
    expect(call("zlpr", yTrue(), yPred(), { rowWeights })).toThrow(bug);
    const losses = tfjsLosses({
      ...tf,
      tensor: (() => {
        throw bug;
      }) as never,
    });
    expect(() => losses.zlpr({ reduction: "none" })(yTrue(), yPred())).toThrow(bug);
  });

  it("with the error of the package as its cause", () => {
    let cause: unknown;
    try {
      call("focal", tf.fill([2, 3], 0.5), yPred())();
    } catch (error) {
      cause = (error as Error).cause;
    }
    expect(cause).toMatchObject({ message: "labels: expected 0 or 1, received 0.5 (row 0, index 0)" });
    expect(call("zlpr", tf.fill([2, 3], 2), yPred())).toThrow(
      "yTrue: expected a number from 0 to 1, received 2 (row 0, index 0)",
    );
  });
});

describe("a gradient", () => {
  it.each(["kernel", "composed"] as const)("of a gradient is refused, %s", (via) => {
    const loss = makeLoss("zlpr", { via, warn: false });
    const slope = tf.grad((x: tf.Tensor) => loss(yTrue(), x));
    checkThrown(() => tf.grad((x: tf.Tensor) => tf.sum(slope(x)))(yPred()), {
      code: "UNSUPPORTED",
      message:
        "yPred: expected a gradient that is used as it is, received one that is to be differentiated in turn",
    });
  });

  it("is given once", () => {
    // As nobody asks who has TensorFlow.js itself.
    let gradient: ((dy: tf.Tensor) => tf.Tensor) | undefined;
    const customGrad = (compute: () => { value: tf.Tensor; gradFunc: typeof gradient }) => () => {
      const { value, gradFunc } = compute();
      gradient = gradFunc;
      return value;
    };
    const losses = tfjsLosses({ ...tf, customGrad: customGrad as never });
    expect(() => tf.grad((x: tf.Tensor) => losses.zlpr()(yTrue(), x))(yPred())).toThrow();
    expect(gradient?.(tf.scalar(1)).shape).toEqual([2, 3]);
    checkThrown(() => gradient?.(tf.scalar(1)), {
      code: "UNSUPPORTED",
      message: "yPred: expected one gradient of a loss, received a second one",
    });
  });
});

it("computes the same where a backend has float16 alone", () => {
  const backend = Object.create(tf.backend(), { floatPrecision: { value: () => 16 } });
  const losses = tfjsLosses({ ...tf, backend: () => backend });
  const scores = tf.tensor2d([1, -2, 3, 0.5, 0, -1], [2, 3]);
  // A row without positives, and one of nothing else.
  const labels = tf.tensor2d([0, 0, 0, 1, 1, 1], [2, 3]);
  const options = { via: "composed", warn: false } as const;
  const got = valueAndGrad(losses.zlpr(options), labels, scores);
  const right = valueAndGrad(tfjsLosses(tf).zlpr(options), labels, scores);
  expect(got.value[0]).toBeCloseTo(right.value[0]!, 5);
  for (const [i, slope] of right.grad.entries()) expect(got.grad[i]).toBeCloseTo(slope, 5);
});

it("takes float32 labels of any alignment", () => {
  const shared = new Float32Array(8);
  const labels = shared.subarray(1, 7);
  labels.set([1, 0, 0, 0, 1, 1]);
  const scores = tf.tensor2d([1, -2, 3, 0.5, 0, -1], [2, 3]);
  const loss = makeLoss("focal", { warn: false });
  const even = tf.tensor2d(labels.slice(), [2, 3]);
  const odd = tf.tensor2d(labels, [2, 3]);
  expect((odd.dataSync() as Float32Array).byteOffset % 8).toBe(4);
  expect(valueAndGrad(loss, odd, scores)).toEqual(valueAndGrad(loss, even, scores));
});
