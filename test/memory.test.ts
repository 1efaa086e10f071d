import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engineOf } from "../src/engine/load.ts";
import { Memory } from "../src/engine/memory.ts";
import { type Batch, createLosses } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import type { Unchecked } from "./support/errors.ts";
import { toSparse } from "./support/labels.ts";
import { exampleFor, type LossName, lossOf, names } from "./support/losses.ts";
import { example } from "./support/random.ts";
import { expectSameBits, expectSameResult } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

function fill(batch: Batch, seed: number): void {
  const given = example(batch.rows, batch.classes, 5, seed);
  batch.logits.set(given.logits);
  batch.labels.set(given.labels);
}

describe.each(names)("%s stays within its arrays", (name) => {
  forEachVariant((losses) => {
    it("reads and writes nothing around them, at any offset and size", () => {
      const CANARY = 123.456;
      for (let classes = 1; classes <= effort(70, 8); classes++) {
        const rows = 3;
        const length = rows * classes;
        const pad = 16;
        const given = exampleFor(name, rows, classes, classes % 3 === 0 ? 60 : 5, classes);
        const right = lossOf(losses, name)(given.logits, given.labels, { classes, reduction: "none" });
        const batch = losses.allocate(1, length + 2 * pad);
        const offset = 1 + (classes % (pad - 1));
        // NaN around the logits and bad labels around the labels would show in the results if they were read.
        batch.logits.fill(NaN);
        batch.labels.fill(255);
        batch.grad.fill(CANARY);
        const logits = batch.logits.subarray(offset, offset + length);
        const labels = batch.labels.subarray(offset + 1, offset + 1 + length);
        const grad = batch.grad.subarray(offset + 2, offset + 2 + length);
        logits.set(given.logits);
        labels.set(given.labels);
        const before = batch.logits.slice();
        const { loss } = lossOf(losses, name)(logits, labels, { classes, reduction: "none", out: { grad } });
        expect(loss).toEqual(right.loss);
        expect(grad).toEqual(right.grad);
        const canaries = [...batch.grad.subarray(0, offset + 2), ...batch.grad.subarray(offset + 2 + length)];
        expect(canaries.every((value) => value === Math.fround(CANARY))).toBe(true);
        expect(batch.logits).toEqual(before);
        batch.free();
      }
    });

    it("writes nothing around them in blocks of rows, and in place the same", () => {
      for (const classes of effort([1, 2, 3, 4, 5, 7, 64], [1, 5])) {
        for (const rows of [1, 2, 3, 64, 65, 130]) {
          const given = exampleFor(name, rows, classes, 3, classes);
          const rowByRow = lossOf(losses, name)(given.logits, given.labels, {
            classes,
            reduction: "none",
          }).grad.map((g) => g / rows);
          const batch = losses.allocate(1, rows * classes + 8);
          batch.grad.fill(7);
          const grad = batch.grad.subarray(4, rows * classes + 4);
          const call = { classes, out: { grad } };
          const { loss } = lossOf(losses, name)(given.logits, given.labels, call);
          expect([...batch.grad.subarray(0, 4), ...batch.grad.subarray(-4)]).toEqual(Array(8).fill(7));
          const isClose = (g: number, i: number) => Math.abs(g - rowByRow[i]!) <= 1e-5 * Math.abs(g);
          expect(grad.every(isClose)).toBe(true);
          const apart = grad.slice();
          grad.set(given.logits);
          expect(lossOf(losses, name)(grad, given.labels, call).loss).toBe(loss);
          expectSameBits(grad, apart);
          batch.free();
        }
      }
    });

    it("writes the losses of the rows and nothing behind them", () => {
      for (const rows of [1, 2, 3, 63, 64, 65, 130]) {
        const given = exampleFor(name, rows, 5, 5, rows);
        const batch = losses.allocate(1, rows + 2);
        batch.grad.fill(7);
        const loss = batch.grad.subarray(1, rows + 1);
        lossOf(losses, name)(given.logits, given.labels, { classes: 5, reduction: "none", out: { loss } });
        expect(batch.grad[0]).toBe(7);
        expect(batch.grad[rows + 1]).toBe(7);
        expect(loss).toEqual(
          lossOf(losses, name)(given.logits, given.labels, { classes: 5, reduction: "none" }).loss,
        );
        batch.free();
      }
    });

    it("gives the same bits copied or not, operand by operand", () => {
      const { rows, classes, logits, labels } = exampleFor(name, 9, 31, 5, 1);
      const right = lossOf(losses, name)(logits, labels, { classes });
      const batch = losses.allocate(rows, classes);
      batch.logits.set(logits);
      batch.labels.set(labels);
      for (const s of [logits, batch.logits]) {
        for (const y of [labels, batch.labels]) {
          for (const grad of [new Float32Array(rows * classes), batch.grad]) {
            const got = lossOf(losses, name)(s, y, { classes, out: { grad } });
            expect(got.grad).toBe(grad);
            expect(got).toEqual(right);
          }
        }
      }
      batch.free();
    });

    it("works off a batch larger than the stage in chunks, with the same bits", () => {
      const rows = losses.variant === "js" ? effort(800, 8) : 800;
      const { classes, logits, labels } = exampleFor(name, rows, 90, 5, 2);
      const rowWeights = Float32Array.from({ length: rows }, (_, row) => row % 3);
      const batch = losses.allocate(rows, classes);
      batch.logits.set(logits);
      batch.labels.set(labels);
      for (const reduction of ["mean", "sum", "none"] as const) {
        const options = { classes, reduction, rowWeights };
        const copied = lossOf(losses, name)(logits, labels, options);
        const inPlace = lossOf(losses, name)(batch.logits, batch.labels, options);
        expect(copied.loss).toEqual(inPlace.loss);
        expectSameBits(copied.grad!, inPlace.grad!);
      }
      batch.free();
    });

    it("leaves results alone when the next call overwrites the memory", () => {
      const { classes, logits, labels } = exampleFor(name, 4, 10, 5, 3);
      const first = lossOf(losses, name)(logits, labels, { classes, reduction: "none" });
      const copy = { loss: first.loss.slice(), grad: first.grad.slice() };
      lossOf(losses, name)(
        logits.map((s) => s + 1),
        labels,
        { classes, reduction: "none" },
      );
      expect(first).toEqual(copy);
    });
  });
});

describe("batches", () => {
  forEachVariant((losses) => {
    it("have valid views after the memory has grown", () => {
      const small = losses.allocate(2, 5);
      fill(small, 1);
      const before = small.logits.slice();
      const right = losses.zlpr(small.logits, small.labels, { classes: 5 });
      const large = losses.allocate(1000, 5000);
      expect(small.logits).toEqual(before);
      expect(losses.zlpr(small.logits, small.labels, { classes: 5 })).toEqual(right);
      large.free();
      small.free();
    });

    it("do not share memory", () => {
      const batches = Array.from({ length: 20 }, (_, i) => losses.allocate(i, 7));
      batches.forEach((batch, i) => {
        batch.logits.fill(i);
        batch.grad.fill(-i);
        batch.labels.fill(i % 2);
      });
      batches.forEach((batch, i) => {
        expect(batch.logits.length).toBe(7 * i);
        expect(batch.logits.every((x) => x === i)).toBe(true);
        expect(batch.grad.every((x) => x === -i)).toBe(true);
        expect(batch.labels.every((x) => x === i % 2)).toBe(true);
      });
      for (const batch of batches) batch.free();
    });

    it("start with labels of 0", () => {
      const used = losses.allocate(3, 3);
      used.labels.fill(1);
      used.free();
      const next = losses.allocate(3, 3);
      expect(next.labels).toEqual(new Uint8Array(9));
      next.free();
    });
  });
});

describe("the memory of an instance", () => {
  it.skipIf(typeof WebAssembly === "undefined")("is flat over many calls", () => {
    const kernels = new WebAssembly.Module(readFileSync(new URL("../build/simd.wasm", import.meta.url)));
    expect(engineOf(kernels, "module").variant).toBe("simd");
    const losses = createLosses({ module: kernels });
    const probe = losses.allocate(1, 1);
    const { logits, labels } = example(10, 20, 5, 4);
    losses.zlpr(logits, labels, { classes: 20 });
    const bytes = probe.logits.buffer.byteLength;
    for (let i = 0; i < effort(20_000, 1000); i++) {
      losses.zlpr(logits, labels, {
        classes: 20,
        gradient: i % 2 === 0,
        reduction: i % 3 ? "mean" : "none",
      } as const);
      losses.allocate(10, 20).free();
    }
    expect(probe.logits.buffer.byteLength).toBe(bytes);
  });

  it.each(["dense", "masked"])("hands back valid results when the stage grows under them: %s", (kind) => {
    const [rows, classes] = [3, 300_000];
    const given = example(rows, classes, 5, 1);
    const mask = kind === "masked" ? { mask: new Uint8Array(classes).fill(1) } : {};
    const call = { classes, reduction: "none", ...mask } as const;
    const right = createLosses({ variant: "simd" }).zlpr(given.logits, given.labels, call);
    const fresh = createLosses({ variant: "simd" });
    const own = fresh.allocate(rows, classes);
    const other = fresh.allocate(1, rows);
    own.logits.set(given.logits);
    const before = own.grad.buffer;
    // The labels have to be copied in, for which this instance has no room yet.
    const out = { grad: own.grad, loss: other.grad };
    const got = fresh.zlpr(own.logits, given.labels, { ...call, out });
    expect(own.grad.buffer).not.toBe(before);
    expect(got.grad.buffer).toBe(own.grad.buffer);
    expectSameResult(got, right);
    expectSameResult({ loss: other.grad, grad: own.grad }, right);
  });

  describe("reads what lies in its own memory, although the stage grows under it", () => {
    const [rows, classes] = [3, 100_000];
    const given = example(rows, classes, 3, 2);
    const sparse = toSparse(given.labels, classes);
    const halves = Float32Array.from({ length: classes }, (_, i) => 1 + (i % 3) / 2);
    const mask = Uint8Array.from({ length: classes }, (_, i) => Number(i % 3 > 0));

    type Own = (array: Float32Array | Uint8Array | Int32Array | Uint32Array) => unknown;
    it.each<[string, LossName, (own: Own) => [labels: unknown, options: object]]>([
      ["a mask", "zlpr", (own) => [given.labels, { mask: own(mask) }]],
      ["labels under a mask", "zlpr", (own) => [own(given.labels), { mask }]],
      ["offsets", "zlpr", (own) => [{ ...sparse, offsets: own(sparse.offsets) }, {}]],
      ["indices", "zlpr", (own) => [{ ...sparse, indices: own(sparse.indices) }, {}]],
      ["indices under a mask", "focal", (own) => [{ ...sparse, indices: own(sparse.indices) }, { mask }]],
      ["thresholds", "zlpr", (own) => [given.labels, { threshold: own(Float32Array.of(1, -1, 0.5)) }]],
      [
        "weights of classes",
        "sigmoidCrossEntropy",
        (own) => [given.labels, { positiveWeights: own(halves) }],
      ],
      [
        "weights of classes under a mask",
        "sigmoidCrossEntropy",
        (own) => [given.labels, { mask, positiveWeights: own(halves) }],
      ],
      ["weights of rows", "zlpr", (own) => [given.labels, { rowWeights: own(Float32Array.of(1, 0.5, 2)) }]],
      ["class indices", "softmaxCrossEntropy", (own) => [own(Int32Array.of(5, 0, 99_999)), {}]],
    ])("%s", (_, name, call) => {
      const common = { classes, reduction: "none" };
      const [labels, options] = call((array) => array);
      const other = createLosses({ variant: "simd" });
      const right = (lossOf(other, name) as Unchecked)(given.logits, labels, { ...common, ...options });
      const fresh = createLosses({ variant: "simd" });
      const batch = fresh.allocate(rows, classes);
      const before = batch.grad.buffer;
      const [own, ownOptions] = call((array) => {
        const Type = array.constructor as new (
          buffer: ArrayBuffer,
          at: number,
          length: number,
        ) => typeof array;
        const copy = new Type(before as ArrayBuffer, batch.grad.byteOffset, array.length);
        copy.set(array);
        return copy;
      });
      const got = (lossOf(fresh, name) as Unchecked)(given.logits, own, { ...common, ...ownOptions });
      expect(batch.grad.buffer).not.toBe(before);
      expectSameResult(got as never, right as never);
    });
  });

  it("gives back each block once, the first one too", () => {
    const heap = new Memory(new WebAssembly.Memory({ initial: 1 }), 1024);
    const [first, second] = [heap.lend(64), heap.lend(64)];
    heap.free(first);
    expect(heap.pieceAt(second.start, second.start + 64)).toBeDefined();
    heap.free(first);
    expect(heap.pieceAt(second.start, second.start + 64)).toBeDefined();
    expect(heap.allocate(64).start).toBe(first.start);
  });

  it("lends what lies within one block, not what goes beyond it", () => {
    const heap = new Memory(new WebAssembly.Memory({ initial: 1 }), 1024);
    const { start } = heap.lend(128);
    expect(heap.pieceAt(start, start + 128)).toBeDefined();
    expect(heap.pieceAt(start + 64, start + 128)).toBeDefined();
    expect(heap.pieceAt(start, start + 129)).toBeUndefined();
    expect(heap.pieceAt(start - 1, start + 64)).toBeUndefined();
    expect(heap.pieceAt(start + 128, start + 192)).toBeUndefined();
  });

  it("lends no other blocks, but for as long as it is asked to", () => {
    const heap = new Memory(new WebAssembly.Memory({ initial: 1 }), 1024);
    const block = heap.allocate(64);
    const isLent = () => heap.pieceAt(block.start, block.start + 64) !== undefined;
    expect(isLent()).toBe(false);
    expect(heap.lending(block, isLent)).toBe(true);
    expect(isLent()).toBe(false);
    const failing = () => {
      throw new Error("no");
    };
    expect(() => heap.lending(block, failing)).toThrow("no");
    expect(isLent()).toBe(false);
  });

  it("has one stage, which is lent to nobody, and gives it back when it has to be larger", () => {
    const heap = new Memory(new WebAssembly.Memory({ initial: 1 }), 1024);
    const stage = heap.stage(128);
    expect(heap.stage(64)).toBe(stage);
    expect(heap.stage(128)).toBe(stage);
    expect(heap.pieceAt(stage.start, stage.start + 64)).toBeUndefined();
    const behind = heap.allocate(64);
    expect(heap.stage(256).start).toBeGreaterThan(behind.start);
    expect(heap.allocate(128).start).toBe(stage.start);
  });

  it("fills gaps", () => {
    const heap = new Memory(new WebAssembly.Memory({ initial: 1 }), 1024);
    const blocks = [64, 640, 64].map((bytes) => heap.allocate(bytes));
    heap.free(blocks[1]!);
    expect(heap.allocate(320).start).toBe(blocks[1]!.start);
    expect(heap.allocate(320).start).toBe(blocks[1]!.start + 320);
    expect(heap.allocate(64).start).toBe(blocks[2]!.start + 64);
  });
});
