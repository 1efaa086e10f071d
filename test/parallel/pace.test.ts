import { describe, expect, it, vi } from "vitest";
import { definitionOf } from "../../src/engine/definitions.ts";
import { createLosses } from "../../src/index.ts";
import { asymmetric, zlpr } from "../../src/losses/index.ts";
import { type Extent, Paces, type Way } from "../../src/parallel/pace.ts";
import { exampleFor } from "../support/losses.ts";
import { expectSameResult } from "../support/results.ts";
import { lossesOf, sharingEngine } from "./engines.ts";

const loss = definitionOf(zlpr);
const other = definitionOf(asymmetric);

/** So many scores in rows of ten. */
function of(scores: number): Extent {
  return { rows: scores / 10, classes: 10 };
}

/** Paces of a loss that takes a microsecond a score. */
function known(): Paces {
  const paces = new Paces();
  paces.noteShared(loss, of(1000), 1);
  return paces;
}

function waysOf(paces: Paces, scores: number, least: number, count: number): Way[] {
  return Array.from({ length: count }, () => paces.wayOf(loss, of(scores), least));
}

describe("the way of a call", () => {
  it("is, of a loss that was not measured, that of the fastest", () => {
    const paces = new Paces();
    expect(paces.expected(loss, of(10))).toBeUndefined();
    expect(paces.wayOf(loss, of(999_999), 1)).toBe("measured");
    expect(paces.wayOf(loss, of(1_000_000), 1)).toBe("all");
  });

  it("is clear where a call takes twice or half of what is worth sharing, of which one in 32 is measured", () => {
    expect(waysOf(known(), 2000, 1, 64)).toEqual(Array(64).fill("all"));
    const few = waysOf(known(), 499, 1, 64);
    expect(few.filter((way) => way === "measured")).toHaveLength(2);
    expect(few.filter((way) => way === "one")).toHaveLength(62);
  });

  it("is measured now and then on one side of the mark, and always on the other", () => {
    const above = waysOf(known(), 1000, 1, 64);
    expect(above.filter((way) => way === "measured")).toHaveLength(2);
    expect(above.filter((way) => way === "all")).toHaveLength(62);
    expect(waysOf(known(), 999, 1, 64)).toEqual(Array(64).fill("measured"));
  });

  it("is that of each loss for itself", () => {
    const paces = known();
    expect(paces.expected(loss, of(500))).toBeCloseTo(0.5, 12);
    expect(paces.expected(other, of(500))).toBeUndefined();
  });
});

describe("a pace", () => {
  it("is that of several calls together where the clock stands still for short ones", () => {
    // As in browsers, at every fifth reading; a call takes a fifth of that.
    let readings = 0;
    vi.spyOn(performance, "now").mockImplementation(() => 0.04 * Math.floor(++readings / 10));
    try {
      const paces = new Paces();
      for (let call = 0; call < 100; call++) paces.measure(loss, of(1000), () => 0);
      // 0.04 ms in five calls of 1000 scores.
      expect(paces.expected(loss, of(5000))).toBeGreaterThan(0.03);
      expect(paces.expected(loss, of(5000))).toBeLessThan(0.05);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it("comes down from a slow first call by others that are shared, each of which is too short to tell", () => {
    const paces = known();
    for (let call = 0; call < 9; call++) paces.noteShared(loss, of(1000), 0.0125);
    expect(paces.expected(loss, of(1000))).toBeCloseTo(0.0125, 12);
  });

  it("becomes slower by a tenth at most from one measurement to the next, of one thread or of all", () => {
    const paces = known();
    // A few scores, so that whatever it takes is slow.
    const result = paces.measure(loss, { rows: 1, classes: 10 }, () => {
      const end = performance.now() + 0.2;
      while (performance.now() < end);
      return 7;
    });
    expect(result).toBe(7);
    expect(paces.expected(loss, of(1000))).toBeCloseTo(1.1, 12);
    paces.noteShared(loss, of(1000), 5);
    expect(paces.expected(loss, of(1000))).toBeCloseTo(1.21, 12);
    paces.noteShared(loss, of(1000), 0.25);
    expect(paces.expected(loss, of(1000))).toBe(0.25);
  });

  it("follows calls that become as slow as they are from then on", () => {
    const paces = known();
    for (let call = 0; call < 40; call++) paces.noteShared(loss, of(1000), 14);
    expect(paces.expected(loss, of(1000))).toBe(14);
  });

  it("is that of rows of a like length, since a row takes its time besides that of its scores", () => {
    const paces = known();
    expect(paces.expected(loss, { rows: 100, classes: 15 })).toBe(1.5);
    expect(paces.expected(loss, { rows: 100, classes: 16 })).toBeUndefined();
    expect(paces.expected(loss, { rows: 100, classes: 7 })).toBeUndefined();
    paces.noteShared(loss, { rows: 100, classes: 1 }, 0.25);
    expect(paces.expected(loss, { rows: 100, classes: 1 })).toBe(0.25);
    expect(paces.expected(loss, of(1000))).toBe(1);
  });

  it("is not told by a clock that was set back, or gives no number", () => {
    const paces = known();
    for (const milliseconds of [-1e6, Number.NaN]) paces.noteShared(loss, of(1000), milliseconds);
    expect(paces.expected(loss, of(1000))).toBe(1);
    paces.noteShared(loss, of(1000), 0.5);
    expect(paces.expected(loss, of(1000))).toBe(0.5);
  });
});

describe("a promise", () => {
  const [rows, classes] = [64, 50];
  const { logits, labels } = exampleFor("zlpr", rows, classes, 5, 1);
  const right = createLosses({ variant: "simd" }).zlpr(logits, labels, { classes, reduction: "none" });
  const crossover = { scores: 0, awake: 0, asleep: 0, later: 0 };

  /** Whether a second call has written its gradient when it returns. */
  async function isAtOnce(held: number): Promise<boolean> {
    const engine = sharingEngine("simd", 2, { crossover: { ...crossover, held } });
    await engine.ready;
    const { later } = lossesOf(engine, "zlpr");
    const call = () => {
      const out = { grad: new Float32Array(rows * classes) };
      const promise = later(logits, labels, { classes, reduction: "none", out });
      return { out, promise };
    };
    // The first is measured by the threads.
    const first = call();
    expect(first.out.grad.every((value) => value === 0)).toBe(true);
    expectSameResult((await first.promise) as never, right);
    const second = call();
    const isWritten = second.out.grad.some((value) => value !== 0);
    expectSameResult((await second.promise) as never, right);
    expect(engine.sharedCalls).toBe(2);
    await engine.terminate();
    return isWritten;
  }

  it("is computed by the caller and all threads where it does not hold the caller up for long", async () => {
    expect(await isAtOnce(1000)).toBe(true);
    expect(await isAtOnce(0)).toBe(false);
  });
});
