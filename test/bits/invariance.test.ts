import { describe, expect, it } from "vitest";
import type { WasmVariant } from "../../src/engine/binaries.ts";
import type { Batch, LossResult } from "../../src/index.ts";
import { effort } from "../support/effort.ts";
import { type AnyLoss, allNames, type LossName, lossOf } from "../support/losses.ts";
import { uniform } from "../support/random.ts";
import { refusingEngine } from "../support/refusingEngine.ts";
import { bits } from "../support/results.ts";
import { forEachVariant, WASM_VARIANTS } from "../support/variants.ts";
import { formsOf, labelsFor, ownOptionsOf, SETTINGS } from "./calls.ts";
import { inputsOf } from "./inputs.ts";
import { type LossCall, rowsOf } from "./rows.ts";

/* What the bits of a result do not depend on, of every loss, form of labels and options. */

/** Below, at and above a vector and a group of the kernels. */
const CLASSES = effort([1, 3, 7, 16, 19, 67], [3]);
/** Rows whose copies take the stage twice: two chunks of logits, labels and gradient. */
const [STAGED_ROWS, STAGED_CLASSES] = effort([2000, 19], [300, 129]) as [number, number];

/** Floats from one multiple of 64 bytes to the next. */
const OFFSETS = effort(16, 2);

/** More rows than these have no special values. */
const FEW_ROWS = 50;

const PER_ROW_SETTINGS = Object.entries(SETTINGS).filter(([title]) => title.startsWith("none"));

type Result = Partial<Omit<LossResult, "loss">> & {
  loss: number | Float32Array;
  thresholdGrad?: Float32Array;
};

function* callsOf(
  name: LossName,
  rows: number,
  classes: number,
  settings = Object.entries(SETTINGS),
): Generator<[string, LossCall]> {
  // A loss of many rows would be NaN for that of a single one.
  const inputs = inputsOf(rows, classes, 16, rows + classes, rows <= FEW_ROWS);
  for (const form of formsOf(name)) {
    for (const [own, ownOptions] of ownOptionsOf(name)) {
      for (const [title, setting] of settings) {
        const labels = labelsFor(name, form, inputs, setting);
        const options = { classes, ...ownOptions(inputs), ...setting.options(inputs) };
        yield [
          `${form}, ${own}, ${title}, ${classes} classes`,
          { rows, classes, logits: inputs.logits, labels, options },
        ];
      }
    }
  }
}

function called(loss: AnyLoss, { logits, labels, options }: LossCall, more: object = {}): Result {
  return loss(logits, labels, { ...options, ...more } as never);
}

/** The bits of the parts of a result. */
function bitsOf({ loss, grad, thresholdGrad }: Result): Uint32Array[] {
  const losses = typeof loss === "number" ? new Float32Array(Float64Array.of(loss).buffer) : loss;
  return [losses, grad, thresholdGrad].map((array) => bits(array ?? new Float32Array()));
}

/** The exponent of float32 and a digit more: which NaN it is, WebAssembly leaves open. */
const isNaNBits = (word: number) => (word & 0x7fffffff) > 0x7f800000;

function expectSame(got: Result, right: Result, what: string): void {
  const others = bitsOf(right);
  bitsOf(got).forEach((words, part) => {
    const other = others[part] as Uint32Array;
    let at = words.length === other.length ? 0 : -1;
    // Word by word: to compare long arrays as a whole takes seconds.
    while (at >= 0 && at < words.length) {
      const [a, b] = [words[at] as number, other[at] as number];
      if (a !== b && !(isNaNBits(a) && isNaNBits(b))) break;
      at++;
    }
    expect(at, `${what}: where ${["loss", "grad", "thresholdGrad"][part]} differs`).toBe(words.length);
  });
}

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
