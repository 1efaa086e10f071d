import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { evaluate } from "../../src/index.ts";
import * as evaluator from "../../src/predict/evaluator.ts";
import { tfjsMetrics } from "../../src/tfjs.ts";
import { checkThrown, type Unchecked } from "../support/errors.ts";
import { example } from "../support/random.ts";
import { BACKENDS, take, useBackend } from "./support.ts";

const [ROWS, CLASSES] = [12, 9];

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  it("gives the measures of evaluate, and names them", () => {
    const { logits, labels } = example(ROWS, CLASSES, 2, 1);
    const yPred = tf.tensor3d(logits, [3, 4, CLASSES]);
    for (const threshold of [0, 0.7]) {
      const right = evaluate(logits, labels, { classes: CLASSES, threshold });
      const metrics = tfjsMetrics(tf, { threshold });
      for (const dtype of ["float32", "int32", "bool"] as const) {
        const yTrue = tf.tensor3d(labels, [3, 4, CLASSES], dtype);
        for (const [name, metric] of Object.entries(metrics)) {
          expect(metric.name).toBe(name);
          expect(take(metric(yTrue, yPred))[0], name).toBe(Math.fround(right[name as keyof typeof right]));
        }
      }
    }
    // In a batch most classes have no positives: means over them say nothing.
    const left = Object.keys(evaluate(logits, labels, { classes: CLASSES })).filter(
      (name) => !(name in tfjsMetrics(tf)),
    );
    expect(left.every((name) => name.startsWith("macro"))).toBe(true);
  });

  it("computes the measures of a batch once, and of every batch", () => {
    const { microF1, samplesF1, hammingLoss } = tfjsMetrics(tf);
    const spy = vi.spyOn(evaluator, "createEvaluator");
    const { logits, labels } = example(ROWS, CLASSES, 2, 2);
    const yTrue = tf.tensor2d(labels, [ROWS, CLASSES]);
    const yPred = tf.tensor2d(logits, [ROWS, CLASSES]);
    const right = evaluate(logits, labels, { classes: CLASSES });
    spy.mockClear();
    for (const metric of [microF1, samplesF1, hammingLoss]) metric(yTrue, yPred);
    expect(spy).toHaveBeenCalledOnce();
    const other = evaluate(
      logits.map((s) => -s),
      labels,
      { classes: CLASSES },
    );
    expect(take(microF1(yTrue, yPred))[0]).toBe(Math.fround(right.microF1));
    expect(take(microF1(yTrue, tf.neg(yPred)))[0]).toBe(Math.fround(other.microF1));
    // The same numbers as rows of another length.
    const wide = evaluate(logits, labels, { classes: 2 * CLASSES });
    const reshaped = [yTrue, yPred].map((tensor) => tf.reshape(tensor, [ROWS / 2, 2 * CLASSES]));
    expect(take(samplesF1(yTrue, yPred))[0]).toBe(Math.fround(right.samplesF1));
    expect(take(samplesF1(reshaped[0]!, reshaped[1]!))[0]).toBe(Math.fround(wide.samplesF1));
    spy.mockRestore();
  });

  it("refuses what it cannot measure", () => {
    const { microF1 } = tfjsMetrics(tf) as unknown as Record<string, Unchecked>;
    const zeros = tf.zeros([2, 3]);
    checkThrown(() => microF1!(tf.fill([2, 3], 0.5), zeros), {
      argument: "yTrue",
      code: "RANGE",
      expected: "0 or 1",
      row: 0,
      index: 0,
    });
    checkThrown(() => microF1!(), {
      argument: "yTrue",
      code: "TYPE",
      expected: expect.stringContaining("metrics: [microF1]"),
    });
    checkThrown(() => microF1!(tf.zeros([2]), zeros), { argument: "yTrue", code: "RANGE" });
    checkThrown(() => microF1!(tf.zeros([0, 3]), tf.zeros([0, 3])), {
      argument: "yPred",
      code: "EMPTY_REDUCTION",
    });
  });
});
