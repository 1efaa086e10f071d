import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/engine/engine.ts";
import { engineOf, type LossEngine } from "../../src/engine/load.ts";
import { RecoveringEngine } from "../../src/engine/recovering.ts";
import { createLosses, LossError } from "../../src/index.ts";
import { binaryOf, withTrap } from "../support/binary.ts";
import { checkRefused } from "../support/errors.ts";
import { toSparse } from "../support/labels.ts";
import { exampleFor, lossOf, names } from "../support/losses.ts";
import { expectSameResult } from "../support/results.ts";
import { forEachVariant } from "../support/variants.ts";
import { labels, logits } from "./calls.ts";

const OPTIONS = { classes: 3, reduction: "none" } as const;

describe("a trap discards the instance, and the next call gets a fresh one from the cached module", () => {
  const trapping = () =>
    createLosses({ module: new WebAssembly.Module(withTrap(binaryOf("simd"), "focal")) });
  const whole = createLosses({ variant: "simd" });
  const right = whole.zlpr(logits, labels, OPTIONS);

  it("of a kernel that traps: other calls go on with the same results", () => {
    const losses = trapping();
    const old = losses.allocate(2, 3).logits.buffer;
    for (let i = 0; i < 3; i++) {
      expect(() => losses.focal(logits, labels, { classes: 3 })).toThrow(WebAssembly.RuntimeError);
      expectSameResult(losses.zlpr(logits, labels, OPTIONS), right);
      expect(losses.allocate(2, 3).logits.buffer).not.toBe(old);
    }
    expect(losses.variant).toBe("simd");
  });

  it("leaves batches of the old memory valid: copied from then on, and free does nothing to others", () => {
    const losses = trapping();
    const batch = losses.allocate(2, 3);
    batch.logits.set(logits);
    batch.labels.set(labels);
    expect(() => losses.focal(batch.logits, batch.labels, { classes: 3 })).toThrow(WebAssembly.RuntimeError);
    expect(batch.logits).toEqual(logits);

    const next = losses.allocate(2, 3);
    next.logits.set(logits);
    next.labels.fill(1);
    const out = { grad: batch.grad };
    const got = losses.zlpr(batch.logits, batch.labels, { ...OPTIONS, out });
    expect(got.grad).toBe(batch.grad);
    expectSameResult(got, right);
    const mixed = losses.zlpr(batch.logits, batch.labels, { ...OPTIONS, out: { grad: next.grad } });
    expectSameResult(mixed, right);

    const { grad } = batch;
    batch.free();
    batch.free();
    checkRefused(
      () => batch.logits,
      "DISPOSED",
      "batch: expected a batch in use, received one that was freed",
    );
    expect(grad).toEqual(right.grad);
    expect(next.logits).toEqual(logits);
    expect(next.labels).toEqual(new Uint8Array(6).fill(1));
    expect(losses.allocate(2, 3).logits.byteOffset).not.toBe(next.logits.byteOffset);
  });

  it("arrays of a batch of the old memory that was freed are refused as before", () => {
    const losses = trapping();
    const [before, after] = [losses.allocate(2, 3), losses.allocate(2, 3)];
    const arrays = [before.grad, after.grad];
    before.free();
    expect(() => losses.focal(logits, labels, { classes: 3 })).toThrow(WebAssembly.RuntimeError);
    after.free();
    for (const grad of arrays) {
      checkRefused(
        () => losses.zlpr(logits, labels, { classes: 3, out: { grad } }),
        "DISPOSED",
        "options.out.grad: expected an array of a batch that is in use, received one of a batch that was freed",
      );
    }
  });

  it("in the counts of decisions", () => {
    const engine = engineOf(new WebAssembly.Module(withTrap(binaryOf("simd"), "countDecisions")), "module");
    const scores = { logits, labels, rows: 2, classes: 3 };
    expect(() => engine.countDecisions(scores, 0)).toThrow(WebAssembly.RuntimeError);
    expect(engine.allocate(2, 3, false).labels).toEqual(new Uint8Array(6));
  });
});

describe("an engine that recovers", () => {
  /** An engine that throws what it is told to; how many were made. */
  function faulty(): { engine: RecoveringEngine; made: () => number; fail: (error: unknown) => void } {
    let made = 0;
    let error: unknown;
    const one = <T>(value: T) => {
      if (error !== undefined) throw error;
      return value;
    };
    const engine = new RecoveringEngine(() => {
      made++;
      const number = made;
      return {
        variant: "simd",
        run: () => one(number),
        allocate: () => one({ rows: number } as Batch),
        countDecisions: () => one({ ofRows: Uint32Array.of(number), ofClasses: new Uint32Array(0) }),
      } satisfies LossEngine;
    });
    return {
      engine,
      made: () => made,
      fail: (thrown) => {
        error = thrown;
      },
    };
  }

  const nothing = undefined as never;
  const calls: Record<string, (engine: LossEngine) => unknown> = {
    run: (engine) => engine.run(nothing, nothing, nothing),
    allocate: (engine) => engine.allocate(1, 1, false),
    countDecisions: (engine) => engine.countDecisions(nothing, 0),
  };

  it.each(Object.entries(calls))("keeps its instance through refusals, and no other fault: %s", (_, call) => {
    const { engine, made, fail } = faulty();
    expect(engine.variant).toBe("simd");
    call(engine);
    fail(new LossError("RANGE", { argument: "labels", expected: "0 or 1", received: "2" }));
    expect(() => call(engine)).toThrow(LossError);
    fail(undefined);
    call(engine);
    expect(made()).toBe(1);
    for (const fault of [
      new WebAssembly.RuntimeError("unreachable"),
      new RangeError("stack"),
      new Error("x"),
    ]) {
      const before = made();
      fail(fault);
      expect(() => call(engine)).toThrow(fault);
      fail(undefined);
      call(engine);
      call(engine);
      expect(made()).toBe(before + 1);
    }
  });

  it("asks again where a new instance was refused", () => {
    let isRefused = false;
    let made = 0;
    const engine = new RecoveringEngine(() => {
      if (isRefused) {
        throw new LossError("OUT_OF_MEMORY", { argument: "memory", expected: "room", received: "none" });
      }
      const number = ++made;
      const run = () => {
        if (number === 1) throw new WebAssembly.RuntimeError("unreachable");
        return number;
      };
      return { variant: "simd", run, allocate: run, countDecisions: run } as never;
    });
    const run = () => engine.run(nothing, nothing, nothing);
    expect(run).toThrow(WebAssembly.RuntimeError);
    isRefused = true;
    for (let i = 0; i < 2; i++) checkRefused(run, "OUT_OF_MEMORY", "memory: expected room, received none");
    isRefused = false;
    expect(run()).toBe(2);
  });
});

/** Calls from the depth of the stack at which there is none left, and from every depth on the way back. */
function atTheEndOfTheStack(call: () => void): { failures: number } {
  let failures = 0;
  const attempt = () => {
    try {
      call();
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      failures++;
      return false;
    }
  };
  let hasWorked = false;
  const descend = () => {
    try {
      descend();
    } catch {
      // The end; from here, one frame more is left at each step.
    }
    if (!hasWorked) hasWorked = attempt();
  };
  descend();
  expect(hasWorked).toBe(true);
  return { failures };
}

describe.each(names)("%s with an almost exhausted stack", (name) => {
  forEachVariant((losses) => {
    it("throws a RangeError, and the next calls have the right bits", () => {
      for (const [rows, classes] of [
        [3, 5],
        [4, 70],
      ] as const) {
        const given = exampleFor(name, rows, classes, 5, classes);
        const call = { classes, reduction: "none" } as const;
        const kinds = [given.labels, toSparse(given.labels, classes)];
        const right = lossOf(losses, name)(given.logits, given.labels, call);
        const batch = losses.allocate(rows, classes);
        batch.logits.set(given.logits);
        batch.labels.set(given.labels);
        let failures = 0;
        for (const marks of kinds) {
          failures += atTheEndOfTheStack(() => lossOf(losses, name)(given.logits, marks, call)).failures;
          for (const again of kinds) expectSameResult(lossOf(losses, name)(given.logits, again, call), right);
        }
        failures += atTheEndOfTheStack(() => lossOf(losses, name)(batch.logits, batch.labels, call)).failures;
        expectSameResult(lossOf(losses, name)(batch.logits, batch.labels, call), right);
        expect(failures).toBeGreaterThan(0);
        batch.free();
      }
    });
  });
});
