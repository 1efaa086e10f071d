import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLosses, type Losses } from "../../src/index.ts";
import { binaryOf } from "../support/binary.ts";
import { collectGarbage } from "../support/garbage.ts";
import { toSparse } from "../support/labels.ts";
import { exampleFor, lossOf, names, softNames } from "../support/losses.ts";
import { expectSameResult } from "../support/results.ts";
import { forEachVariant } from "../support/variants.ts";

/* Memory over many calls, and in large ones. They take their time, which is why they have a file of their own. */

const module = new WebAssembly.Module(binaryOf("simd"));

/** Bytes that are in use within the engine, in its heap and outside. Buffers are given back a while after they are collected. */
async function bytesInUse(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await setTimeout(5);
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/** Calls of all kinds, of a size that varies. */
function callsOf(losses: Losses): (() => unknown)[] {
  return [3, 18].flatMap((classes) =>
    names.flatMap((name) => {
      const { logits, labels } = exampleFor(name, 2, classes, 4, classes);
      const sparse = toSparse(labels, classes);
      const mask = new Uint8Array(classes).fill(1);
      const rowWeights = Float32Array.of(1, 0.5);
      const soft = Float32Array.from(labels);
      const calls = [
        () => lossOf(losses, name)(logits, labels, { classes }),
        () => lossOf(losses, name)(logits, sparse, { classes, reduction: "none" }),
        () => lossOf(losses, name)(logits, labels, { classes, mask, rowWeights }),
        () => {
          const batch = losses.allocate(2, classes);
          batch.logits.set(logits);
          batch.labels.set(labels);
          lossOf(losses, name)(batch.logits, batch.labels, { classes, out: { grad: batch.grad } });
          batch.free();
        },
        // A refusal leaves nothing behind either.
        () => {
          try {
            lossOf(losses, name)(logits, labels.with(0, 2), { classes });
          } catch {
            return;
          }
          throw new Error("a label of 2 was taken");
        },
      ];
      if (softNames.includes(name)) calls.push(() => lossOf(losses, name)(logits, soft, { classes }));
      return calls;
    }),
  );
}

describe("10⁵ calls", () => {
  forEachVariant((losses) => {
    it("leave the memory flat after warm-up, that of the engine as well", async () => {
      const calls = callsOf(losses);
      const probe = losses.allocate(1, 1);
      const run = (times: number) => {
        for (let i = 0; i < times; i++) calls[i % calls.length]!();
      };
      // Code that is compiled takes memory too.
      run(20_000);
      const before = await bytesInUse();
      const linear = probe.logits.buffer.byteLength;
      run(100_000);
      expect(probe.logits.buffer.byteLength).toBe(linear);
      // 10 bytes a call would be 1 MB.
      expect((await bytesInUse()) - before).toBeLessThan(5e5);
      probe.free();
    });
  });
});

describe("the memory of an instance", () => {
  it.each(names)("does not grow from the second of equal calls on: %s", (name) => {
    const losses = createLosses({ module });
    const probe = losses.allocate(1, 1);
    const size = () => probe.logits.buffer.byteLength;
    const shapes = [
      [2, 3],
      [300, 700],
      [2, 5000],
      [1, name === "combinatorialSoftmax" ? 6000 : 70_000],
      [3, 2],
    ] as const;
    const calls = shapes.flatMap(([rows, classes]) => {
      const { logits, labels } = exampleFor(name, rows, classes, 4, 2);
      const sparse = toSparse(labels, classes);
      const mask = new Uint8Array(rows * classes).fill(1);
      return [
        () => lossOf(losses, name)(logits, labels, { classes }),
        () => lossOf(losses, name)(logits, sparse, { classes }),
        () => lossOf(losses, name)(logits, labels, { classes, mask, reduction: "none" }),
        () => losses.allocate(rows, classes).free(),
      ];
    });
    for (const call of calls) {
      call();
      const bytes = size();
      for (let i = 0; i < 2; i++) call();
      expect(size()).toBe(bytes);
    }
    // All of them in turn: that, too, is flat from the second time on.
    for (const call of calls) call();
    const bytes = size();
    for (const call of calls) call();
    expect(size()).toBe(bytes);
  });
});

describe("one row of 10⁷ classes works", () => {
  const classes = 10_000_000;
  const logits = new Float32Array(classes).fill(-20);
  logits[3] = 1;
  const sparse = { offsets: Int32Array.of(0, 1), indices: Int32Array.of(classes - 1) };
  logits[classes - 1] = 2;

  it("and loses nothing of its sums: zlpr, softmaxCrossEntropy, with sparse labels", () => {
    const losses = createLosses({ module });
    const all = (classes - 2) * Math.exp(-20);
    const { loss, grad } = losses.zlpr(logits, sparse, { classes });
    const negative = 1 + Math.E + all;
    expect(loss).toBeCloseTo(Math.log(negative) + Math.log1p(Math.exp(-2)), 6);
    expect(grad[3]).toBeCloseTo(Math.E / negative, 6);
    expect(grad[0]! / (Math.exp(-20) / negative)).toBeCloseTo(1, 6);
    expect(grad[classes - 1]).toBeCloseTo(-1 / (1 + Math.exp(2)), 6);

    const out = { grad };
    const index = losses.softmaxCrossEntropy(logits, Int32Array.of(classes - 1), { classes, out });
    expect(index.loss).toBeCloseTo(Math.log(Math.E + Math.exp(2) + all) - 2, 6);
  });

  it("combinatorialSoftmax, of one positive class", () => {
    const losses = createLosses({ module });
    const right = losses.softmaxCrossEntropy(logits, Int32Array.of(classes - 1), {
      classes,
      gradient: false,
    });
    const got = losses.combinatorialSoftmax(logits, sparse, { classes });
    expect(got.loss).toBeCloseTo(right.loss, 6);
    expect(got.grad[3]).toBeCloseTo(Math.E / Math.exp(right.loss + 2), 6);
  });
});

describe("addresses above 2 GiB are unsigned", () => {
  it("in a batch, and on a stage that has to lie there: the same bits", () => {
    const low = createLosses({ module });
    const high = createLosses({ module });
    // 2.25 GiB, of which only the labels are touched.
    const large = high.allocate(1, 2 ** 28);
    const shapes = [
      [3, 5],
      [3, 67],
      [2, 30_000],
    ] as const;
    const batches = shapes.map(([rows, classes]) => high.allocate(rows, classes));
    for (const [i, [rows, classes]] of shapes.entries()) {
      const batch = batches[i]!;
      expect(batch.logits.byteOffset).toBeGreaterThan(2 ** 31);
      for (const name of names) {
        const { logits, labels } = exampleFor(name, rows, classes, 4, classes);
        if (name === "combinatorialSoftmax" && classes > 1000) continue;
        const call = { classes, reduction: "none" } as const;
        const right = lossOf(low, name)(logits, labels, call);
        batch.logits.set(logits);
        batch.labels.set(labels);
        const { loss } = lossOf(high, name)(batch.logits, batch.labels, {
          ...call,
          out: { grad: batch.grad },
        });
        expectSameResult({ loss, grad: batch.grad }, right, name);
        const mask = new Uint8Array(classes).fill(1);
        expectSameResult(lossOf(high, name)(logits, labels, { ...call, mask }), right, `${name}, masked`);
        const sparse = toSparse(labels, classes);
        expectSameResult(lossOf(high, name)(logits, sparse, call), right, `${name}, sparse`);
        batch.labels.fill(2, 4, 5);
        expect(() => lossOf(high, name)(batch.logits, batch.labels, call)).toThrow(
          "received 2 (row 0, index 4)",
        );
      }
      for (const name of softNames) {
        const { logits, labels } = exampleFor(name as (typeof names)[number], rows, classes, 4, classes);
        const soft = Float32Array.from(labels, (t) => (t + 0.5) / 2);
        const call = { classes, reduction: "none" } as const;
        const right = lossOf(low, name)(logits, soft, call);
        expectSameResult(lossOf(high, name)(logits, soft, call), right, `${name}, soft`);
      }
    }
    large.free();
  });
});
