import { describe, expect, inject, it, vi } from "vitest";
import type { Accumulator } from "../src/beam/accumulator.ts";
import type { Element } from "../src/beam/element.ts";
import { EvaluateFn } from "../src/beam/evaluateFn.ts";
import { createEvaluator, createLosses, LossError, softmaxCrossEntropy, zlpr } from "../src/index.ts";
import { zlpr as plain } from "../src/reference/zlpr.ts";
import { thrownBy } from "./support/errors.ts";
import { toSparse } from "./support/labels.ts";
import { example } from "./support/random.ts";

/* The combiner of zlpr/beam by itself: test/engines/beam.test.ts runs it in pipelines. */

const { rows, classes, logits, labels } = example(60, 7, 2, 3);
const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
/** What a coder of Beam makes of a typed array other than bytes. */
const takenApart = (array: Float32Array | Int32Array) => ({ ...array }) as never;

const whole = createEvaluator({ classes, loss: zlpr, classRanking: true });
whole.add(logits, labels);

/** The element of some rows, in one form after the other. */
function elementOf(from: number, to: number, form: number): Element {
  const scores = logits.slice(from * classes, to * classes);
  const truth = labels.slice(from * classes, to * classes);
  const { offsets, indices } = toSparse(truth, classes) as { offsets: Int32Array; indices: Int32Array };
  const forms: Element[] = [
    { logits: [...scores], labels: [...truth] },
    { logits: scores, labels: truth },
    { logits: base64(scores), labels: base64(truth) },
    { logits: scores, labels: { offsets, indices } },
    { logits: [...scores], labels: { offsets: [...offsets], indices: [...indices] } },
    { logits: takenApart(scores), labels: { _bsontype: "Binary", buffer: truth } as never },
    {
      logits: takenApart(scores),
      labels: { offsets: takenApart(offsets), indices: takenApart(indices) },
    },
  ];
  return forms[form % forms.length]!;
}

describe("EvaluateFn", () => {
  const combine = new EvaluateFn({ classes, loss: zlpr, classRanking: true });

  it("gives the bytes of one evaluator, of elements in any form and bundles of any size", () => {
    const bundles: Accumulator[] = [];
    for (let row = 0, form = 0; row < rows; row += 4, form++) {
      if (form % 3 === 0) bundles.push(combine.createAccumulator());
      const last = combine.addInput(bundles.pop()!, elementOf(row, Math.min(rows, row + 4), form));
      bundles.push(last);
    }
    const sent = bundles.map((bundle, i) => (i % 2 ? bundle : JSON.parse(JSON.stringify(bundle))));
    const before = JSON.stringify(bundles);
    const merged = combine.mergeAccumulators(new Set([...sent.slice(3), ...sent.slice(0, 3)]));
    expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
    expect(JSON.stringify(combine.extractOutput(merged))).toBe(JSON.stringify(whole.result()));
    expect(JSON.stringify(bundles)).toBe(before);
    const again = combine.mergeAccumulators([merged, combine.createAccumulator()]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(whole));
  });

  it("writes as BSON what it writes as JSON", () => {
    const accumulator = combine.addInput(combine.createAccumulator(), elementOf(0, rows, 0));
    const bson = (accumulator as unknown as { toBSON(): unknown }).toBSON();
    expect(JSON.stringify(bson)).toBe(JSON.stringify(whole));
  });

  it("has nothing but plain properties, by which workers make it again", () => {
    const again = Object.setPrototypeOf(
      structuredClone({ ...combine }),
      EvaluateFn.prototype,
    ) as typeof combine;
    const accumulator = again.addInput(again.createAccumulator(), elementOf(0, rows, 2));
    expect(JSON.stringify(accumulator)).toBe(JSON.stringify(whole));
  });

  it("runs the variant that it is told", () => {
    const js = new EvaluateFn({ classes, loss: zlpr, variant: "js" });
    const own = createEvaluator({ classes, loss: createLosses({ variant: "js" }).zlpr });
    own.add(logits, labels);
    const accumulator = js.addInput(js.createAccumulator(), elementOf(0, rows, 0));
    expect(js.extractOutput(accumulator)).toEqual(own.result());
  });

  it("measures without a loss, and is told of labels for one", () => {
    const without = new EvaluateFn({ classes });
    const own = createEvaluator({ classes });
    own.add(logits, labels);
    const accumulator = without.addInput(without.createAccumulator(), elementOf(0, rows, 0));
    expect(without.extractOutput(accumulator)).toEqual(own.result());
    const element = { ...elementOf(0, rows, 0), lossLabels: new Float32Array(rows * classes) };
    expect(messageOf(() => without.addInput(accumulator, element))).toBe(
      "TYPE element.lossLabels: expected nothing without a loss, received Float32Array of length 420",
    );
    const named = new EvaluateFn({ classes, variant: "js" });
    expect(named.extractOutput(named.addInput(named.createAccumulator(), elementOf(0, rows, 0)))).toEqual(
      own.result(),
    );
  });

  it("passes on what is not about the element", () => {
    const failing = { toString: () => "" };
    const accumulator = combine.createAccumulator();
    const out = new LossError("OUT_OF_MEMORY", { argument: "memory", expected: "room", received: "none" });
    const add = vi.spyOn(accumulator as unknown as { add(): void }, "add").mockImplementation(() => {
      throw out;
    });
    expect(thrownBy(() => combine.addInput(accumulator, elementOf(0, rows, 0)))).toBe(out);
    add.mockImplementation(() => {
      throw failing;
    });
    expect(thrownBy(() => combine.addInput(accumulator, elementOf(0, rows, 0)))).toBe(failing);
  });

  it("runs every variant there is", () => {
    for (const variant of inject("variants")) {
      const measure = new EvaluateFn({ classes, loss: zlpr, variant });
      const accumulator = measure.addInput(measure.createAccumulator(), elementOf(0, rows, 0));
      expect(measure.extractOutput(accumulator).loss).toBeCloseTo(whole.result().loss, 5);
    }
  });

  it("takes labels of the loss alone", () => {
    const soft = Float32Array.from(labels, (label) => (label ? 0.75 : 0.25));
    const softly = createEvaluator({ classes, loss: zlpr });
    softly.add(logits, labels, soft);
    const indices = Int32Array.from({ length: rows }, (_, row) => row % classes);
    const indexed = createEvaluator({ classes, loss: softmaxCrossEntropy });
    indexed.add(logits, labels, indices);
    for (const [loss, lossLabels, own] of [
      [zlpr, soft, softly],
      [zlpr, [...soft], softly],
      [zlpr, takenApart(soft), softly],
      [softmaxCrossEntropy, indices, indexed],
      [softmaxCrossEntropy, [...indices], indexed],
    ] as const) {
      const measure = new EvaluateFn({ classes, loss });
      const element = { ...elementOf(0, rows, 0), lossLabels };
      const accumulator = measure.addInput(measure.createAccumulator(), element);
      expect(measure.extractOutput(accumulator)).toEqual(own.result());
    }
  });

  it.each<[unknown, string]>([
    [undefined, "TYPE options: expected an object, received undefined"],
    [null, "TYPE options: expected an object, received null"],
    [5, "TYPE options: expected an object, received 5"],
    [{ classes: 0 }, "RANGE options.classes: expected a whole number from 1 to 2147483647, received 0"],
    [
      { classes, more: 1 },
      /^TYPE options\.more: expected one of classes, .*received an unknown name$/ as never,
    ],
    [
      { classes, variant: "wasm" },
      'RANGE options.variant: expected "relaxed", "simd" or "js", received "wasm"',
    ],
    [
      { classes, loss: plain },
      "TYPE options.loss: expected a loss that zlpr exports, which workers find by its name, received a function",
    ],
    [
      { classes, loss: createLosses().zlpr },
      "TYPE options.loss: expected a loss that zlpr exports, which workers find by its name, received a function",
    ],
  ])("refuses the options %j", (options, message) => {
    expect(messageOf(() => new EvaluateFn(options as never))).toMatch(message);
  });

  const lists = "a list of numbers, a typed array of its type, or base64";
  it.each<[unknown, string]>([
    [5, "TYPE element: expected an object, received 5"],
    [
      { logits: [1, 2], scores: 1 },
      "TYPE element.scores: expected one of logits, labels, lossLabels, received an unknown name",
    ],
    [{ labels: [1] }, `TYPE element.logits: expected ${lists}, received undefined`],
    [
      { logits: new Float64Array(7) },
      `TYPE element.logits: expected ${lists}, received Float64Array of length 7`,
    ],
    [{ logits: { 0: 1, 2: 1 } }, `TYPE element.logits: expected ${lists}, received an object`],
    [{ logits: null }, `TYPE element.logits: expected ${lists}, received null`],
    [{ logits: [1], labels: null }, `TYPE element.labels: expected ${lists}, received null`],
    [
      { logits: [1], labels: { indices: [1] } },
      `TYPE element.labels.offsets: expected ${lists}, received undefined`,
    ],
    [
      { logits: [1], labels: { offsets: [1] } },
      `TYPE element.labels.indices: expected ${lists}, received undefined`,
    ],
    [
      { logits: [1], labels: { _bsontype: "Other", buffer: new Uint8Array(1) } },
      `TYPE element.labels: expected ${lists}, received an object`,
    ],
    [
      { logits: [1], labels: { _bsontype: "Binary", buffer: [1] } },
      `TYPE element.labels: expected ${lists}, received an object`,
    ],
    [
      { logits: [1], labels: [1], lossLabels: ["1"] },
      'TYPE element.lossLabels[0]: expected a number, received "1"',
    ],
    [
      { logits: [1], labels: { offsets: [0, 1], indices: [2 ** 31] } },
      "RANGE element.labels.indices[0]: expected a whole number of 32 bits, received 2147483648",
    ],
    [{ logits: [0, "1"] }, 'TYPE element.logits[1]: expected a number, received "1"'],
    [{ logits: "AAA=" }, "RANGE element.logits: expected float32 numbers as base64, received 4 characters"],
    [
      { logits: [1, 2], labels: [1, 0] },
      "RANGE element.logits: expected a length that is a multiple of classes = 7, received 2 elements",
    ],
    [{ logits: new Float32Array(7), labels: [0, 2] }, "RANGE element.labels[1]: expected 0 or 1, received 2"],
    [
      { logits: new Float32Array(7), labels: [1] },
      "RANGE element.labels: expected one element a logit = 7, received 1",
    ],
    [
      { logits: new Float32Array(7), labels: "*" },
      "RANGE element.labels: expected bytes as base64, received 1 characters",
    ],
    [
      { logits: new Float32Array(7), labels: { offsets: [0, 0.5], indices: [] } },
      "RANGE element.labels.offsets[1]: expected a whole number of 32 bits, received 0.5",
    ],
    [
      { logits: new Float32Array(7), labels: { offsets: [0, 1], indices: [7] } },
      "RANGE element.labels.indices: expected class indices from 0 to 6, received 7 (row 0, index 0)",
    ],
    [
      { logits: new Float32Array(7), labels: new Uint8Array(7), lossLabels: new Float32Array(6) },
      /^RANGE element\.lossLabels: expected .*, received 6/ as never,
    ],
  ])("refuses the element %j, and adds nothing of it", (element, message) => {
    const accumulator = combine.createAccumulator();
    expect(messageOf(() => combine.addInput(accumulator, element as never))).toMatch(message);
    expect(JSON.stringify(accumulator)).toBe(JSON.stringify(combine.createAccumulator()));
  });

  it("refuses accumulators of other options, and a result of no rows", () => {
    const other = new EvaluateFn({
      classes,
      threshold: 1,
      loss: zlpr,
      classRanking: true,
    }).createAccumulator();
    expect(messageOf(() => combine.mergeAccumulators([other]))).toBe(
      "RANGE other: expected an evaluator with threshold 0, received one with 1",
    );
    expect(messageOf(() => combine.extractOutput(combine.createAccumulator()))).toBe(
      "EMPTY_REDUCTION logits: expected at least one row, received none",
    );
  });
});

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(LossError);
    const { code, message } = error as LossError;
    return `${code} ${message}`;
  }
  return "nothing thrown";
}
