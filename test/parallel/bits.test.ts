import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Losses } from "../../src/index.ts";
import type { ParallelEngine } from "../../src/parallel/engine.ts";
import { SETTINGS } from "../bits/calls.ts";
import { called, callsOf, expectSame, type Result } from "../bits/everyCall.ts";
import { effort } from "../support/effort.ts";
import { type AnyLoss, allNames, type LossName, lossOf } from "../support/losses.ts";
import { forEachVariant } from "../support/variants.ts";
import { lossesOf, sharingEngine } from "./engines.ts";

/* Threads share out the rows in whatever way they happen to come: no bit may depend on it. */

const THREADS = [1, 2, 7];

/** Rows around what a thread takes at once, and more than a block of the kernels has; classes around its vectors. */
const SHAPES = effort(
  [
    [2, 5],
    [9, 67],
    [131, 19],
    [300, 129],
    [40, 1001],
  ],
  [[131, 19]],
) as [number, number][];

/** Everything that a loss can be called with, for one shape. */
function checkShape(losses: Losses, engine: ParallelEngine, name: LossName, rows: number, classes: number) {
  const { now, later } = lossesOf(engine, name);
  const promises: Promise<void>[] = [];
  for (const [title, call] of callsOf(name, rows, classes, Object.entries(SETTINGS))) {
    const right = called(lossOf(losses, name), call);
    expectSame(called(now, call), right, title);
    const given = later(call.logits, call.labels, call.options as never);
    promises.push(given.then((result) => expectSame(result as Result, right, `${title}, later`)));
  }
  return Promise.all(promises);
}

describe.each(allNames)("%s has the same bits", (name) => {
  forEachVariant(
    (losses) => {
      describe.each(THREADS)("in %d threads", (threads) => {
        let engine: ParallelEngine;
        beforeAll(async () => {
          engine = sharingEngine(losses.variant as "simd", threads);
          await engine.ready;
        });
        afterAll(() => engine.terminate());

        it.each(SHAPES)(
          "for %d rows of %d classes, at once and later, in every setting",
          async (rows, classes) => {
            await checkShape(losses, engine, name, rows, classes);
            expect(engine.sharedCalls).toBeGreaterThan(0);
          },
        );
      });
    },
    inject("variants").filter((variant) => variant !== "js"),
  );
});

describe("arrays of a batch", () => {
  forEachVariant(
    (losses) => {
      it("are used where they lie, in place too, and stay valid when the memory grows", async () => {
        const engine = sharingEngine(losses.variant as "simd", 2);
        await engine.ready;
        const { now, later } = lossesOf(engine, "zlpr");
        const [rows, classes] = [70, 33];
        const batch = engine.allocate(rows, classes, false);
        const { logits, labels, grad } = batch;
        expect(logits.buffer).toBeInstanceOf(SharedArrayBuffer);
        logits.forEach((_, i) => {
          logits[i] = Math.fround(((i * 37) % 101) / 9 - 6);
          labels[i] = Number(i % 11 === 3);
        });
        const right = losses.zlpr(logits.slice(), Uint8Array.from(labels), { classes });
        const options = { classes, out: { grad } };
        const check = (result: ReturnType<AnyLoss>, place: Float32Array) => {
          expect(result.grad).toBe(place);
          expectSame(result as Result, right, "batch");
          place.fill(NaN);
        };
        check(now(logits, labels, options), grad);
        check(await later(logits, labels, options), grad);
        const before = logits.buffer;
        engine.allocate(3000, 1000, false);
        expect(batch.logits.buffer).not.toBe(before);
        check(now(logits, labels, options), grad);
        check(await later(batch.logits, labels, options), grad);
        expectSame(
          (await later(logits, labels, { classes, out: { grad: batch.logits } })) as Result,
          right,
          "in place",
        );
        await engine.terminate();
      });
    },
    inject("variants").filter((variant) => variant !== "js"),
  );
});
