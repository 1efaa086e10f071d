import { describe, expect, it } from "vitest";
import type { WasmVariant } from "../../src/engine/binaries.ts";
import type { Batch } from "../../src/index.ts";
import { effort } from "../support/effort.ts";
import { allNames, lossOf } from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { refusingEngine } from "../support/refusingEngine.ts";
import { forEachVariant, WASM_VARIANTS } from "../support/variants.ts";
import { SETTINGS } from "./calls.ts";
import { called, callsOf, expectSame, type Result } from "./everyCall.ts";
import { type LossCall, rowsOf } from "./rows.ts";

/* What the bits of a result do not depend on, of every loss, form of labels and options. */

/** Below, at and above a vector and a group of the kernels. */
const CLASSES = effort([1, 3, 7, 16, 19, 67], [3]);
/** Rows whose copies take the stage twice: two chunks of logits, labels and gradient. */
const [STAGED_ROWS, STAGED_CLASSES] = effort([2000, 19], [300, 129]) as [number, number];

/** Floats from one multiple of 64 bytes to the next. */
const OFFSETS = effort(16, 2);

const PER_ROW_SETTINGS = Object.entries(SETTINGS).filter(([title]) => title.startsWith("none"));

function joined(results: Result[]): Result {
  const join = (arrays: (number | Float32Array | undefined)[]) =>
    Float32Array.from(arrays.flatMap((array) => [...((array ?? []) as Float32Array)]));
  return {
    loss: join(results.map(({ loss }) => loss)),
    grad: join(results.map(({ grad }) => grad)),
    thresholdGrad: join(results.map(({ thresholdGrad }) => thresholdGrad)),
  };
}

/** The numbers from 0 in random order. */
function shuffled(count: number, random: () => number): number[] {
  return Array.from({ length: count }, (_, i) => ({ i, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i);
}

/** Copies an array into another one, at some offset. */
function placed<T extends Float32Array | Uint8Array>(array: T, into: T, offset: number): T {
  const place = into.subarray(offset, offset + array.length) as T;
  place.set(array);
  return place;
}

describe.each(allNames)("the bits of %s do not depend on", (name) => {
  forEachVariant((losses) => {
    const loss = lossOf(losses, name);

    it("how the rows are divided", () => {
      const random = uniform(1);
      const rows = 21;
      for (const classes of CLASSES) {
        for (const [title, call] of callsOf(name, rows, classes, PER_ROW_SETTINGS)) {
          const whole = called(loss, call);
          const parts: Result[] = [];
          for (let from = 0; from < rows; ) {
            const to = Math.min(rows, from + 1 + Math.floor(5 * random()));
            parts.push(
              called(
                loss,
                rowsOf(
                  call,
                  shuffled(to - from, () => 0).map((i) => from + i),
                ),
              ),
            );
            from = to;
          }
          expectSame(joined(parts), joined([whole]), title);
        }
      }
    });

    it("the order of the rows", () => {
      const random = uniform(2);
      const rows = 21;
      for (const classes of CLASSES) {
        for (const [title, call] of callsOf(name, rows, classes, PER_ROW_SETTINGS)) {
          const order = shuffled(rows, random);
          const right = called(loss, call);
          const asRows: LossCall = {
            ...call,
            logits: right.grad as Float32Array,
            labels: new Int32Array(rows),
            options: {},
          };
          const grad = rowsOf(asRows, order).logits;
          const inOrder = (array: Float32Array | undefined) =>
            array && Float32Array.from(order, (row) => array[row] as number);
          expectSame(
            called(loss, rowsOf(call, order)),
            {
              loss: inOrder(right.loss as Float32Array) as Float32Array,
              grad,
              thresholdGrad: inOrder(right.thresholdGrad),
            },
            title,
          );
        }
      }
    });

    it("where the arrays lie, in the memory of the instance or elsewhere", () => {
      const rows = 5;
      for (const classes of CLASSES) {
        const length = rows * classes;
        const hot = losses.allocate(1, length + 16);
        const soft = losses.allocate(1, length + 16, { labels: "soft" });
        const batchOf = (labels: unknown): Batch | Batch<Float32Array> =>
          labels instanceof Float32Array ? soft : hot;
        for (const [title, call] of callsOf(name, rows, classes)) {
          const right = called(loss, call);
          const batch = batchOf(call.labels);
          for (let offset = 0; offset < OFFSETS; offset++) {
            const labels =
              ArrayBuffer.isView(call.labels) && !(call.labels instanceof Int32Array)
                ? placed(call.labels as never, batch.labels as never, (3 * offset) % 16)
                : call.labels;
            const logits = placed(call.logits, batch.logits, offset);
            const grad = batch.grad.subarray((5 * offset) % 16, ((5 * offset) % 16) + length);
            const out = right.grad && { out: { grad } };
            expectSame(called(loss, { ...call, logits, labels }, out), right, `${title}, offset ${offset}`);
            const elsewhere = placed(call.logits, new Float32Array(length + 16), offset);
            const inPlace = right.grad && offset % 2 === 1 ? { out: { grad: elsewhere } } : {};
            expectSame(
              called(loss, { ...call, logits: elsewhere }, inPlace),
              right,
              `${title}, elsewhere at ${offset}`,
            );
          }
        }
        hot.free();
        soft.free();
      }
    });
  });
});

describe.each(allNames)("the bits of %s are the same on an instance", (name) => {
  forEachVariant((losses) => {
    const variant = losses.variant as WasmVariant;
    const loss = lossOf(losses, name);
    function* calls() {
      for (const [title, call] of callsOf(name, effort(300, 20), STAGED_CLASSES)) {
        yield { title, call, right: called(loss, call) };
      }
    }

    it("however many rows are copied at a time, in place or not", () => {
      const batch = losses.allocate(STAGED_ROWS, STAGED_CLASSES);
      for (const [title, call] of callsOf(name, STAGED_ROWS, STAGED_CLASSES)) {
        const right = called(loss, call);
        batch.logits.set(call.logits);
        // Where less has to be copied, more rows are at a time.
        const inMemory =
          call.labels instanceof Uint8Array ? placed(call.labels, batch.labels, 0) : call.labels;
        for (const logits of [call.logits, batch.logits]) {
          for (const labels of [call.labels, inMemory]) {
            const out = right.grad && { out: { grad: batch.grad } };
            expectSame(called(loss, { ...call, logits, labels }, out), right, title);
          }
        }
        if (!right.grad) continue;
        const elsewhere = call.logits.slice();
        expectSame(
          called(loss, { ...call, logits: elsewhere }, { out: { grad: elsewhere } }),
          right,
          `${title}, in place`,
        );
        const out = { grad: batch.logits };
        expectSame(
          called(loss, { ...call, logits: batch.logits }, { out }),
          right,
          `${title}, in place in the memory`,
        );
      }
      batch.free();
    });

    it("that is fresh, was used, or has grown", () => {
      const engine = refusingEngine(variant);
      const expectAll = (when: string) => {
        for (const { title, call, right } of calls()) {
          expectSame(called(engine.lossOf(name), call), right, `${title}, ${when}`);
        }
      };
      expectAll("first use");
      expectAll("used");
      const before = engine.bytes;
      const batch = engine.allocate(1000, 1000);
      batch.logits.fill(NaN);
      expect(engine.bytes).toBeGreaterThan(before);
      expectAll("grown");
      batch.free();
      // The stage may now move to where the batch was.
      expectAll("beside a gap");
    });

    it("that has no more memory than the call needs", () => {
      for (const { title, call, right } of calls()) {
        const free = refusingEngine(variant);
        called(free.lossOf(name), call);
        const engine = refusingEngine(variant);
        engine.limit = free.bytes;
        expectSame(called(engine.lossOf(name), call), right, title);
        expect(engine.bytes).toBe(free.bytes);
      }
    });
  }, WASM_VARIANTS);
});
