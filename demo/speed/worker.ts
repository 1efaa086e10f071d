/* Measures apart from the page, which would otherwise stand still. */
import { createLosses } from "zlpr";
import { makeData, randomNumbers, shapeName } from "../../bench/data.ts";
import { type Effort, measure, quantile } from "../../bench/measure.ts";
import { type Candidate, fused, library, type Task } from "./candidates.ts";
import type { Order, Report } from "./messages.ts";
import { SHAPES } from "./shapes.ts";

const SEED = 1;

interface Thoroughness extends Effort {
  leastCalls: number;
}

const THOROUGH: Thoroughness = { rounds: 9, warmUpMs: 250, sampleMs: 15, leastCalls: 8 };
/** Of TensorFlow.js, of which a call takes up to half a second. */
const SHORT: Thoroughness = { rounds: 3, warmUpMs: 50, sampleMs: 15, leastCalls: 1 };

const losses = createLosses();
const report = (message: Report): void => self.postMessage(message);

async function measureAll({ withTensorFlow }: Order): Promise<void> {
  report({ kind: "variant", variant: losses.variant });
  if (withTensorFlow) report({ kind: "progress", text: "Loading TensorFlow.js" });
  const composed = withTensorFlow ? await (await import("./tensorflow.ts")).loadTensorFlow() : undefined;
  for (const shape of SHAPES) {
    const task = makeData(shape, "multi-hot", SEED) as Task;
    report({ kind: "progress", text: `Measuring ${shapeName(shape)}` });
    await time(task, [library(losses, task), fused(task)], THOROUGH);
    if (composed) {
      report({ kind: "progress", text: `Measuring ${shapeName(shape)}, TensorFlow.js` });
      await time(task, [composed(task)], SHORT);
    }
  }
  report({ kind: "done" });
}

async function time(
  { rows, classes }: Task,
  candidates: Candidate[],
  thoroughness: Thoroughness,
): Promise<void> {
  const { warmUpMs, sampleMs, leastCalls } = thoroughness;
  const paces = new Map<Candidate, number>();
  for (const candidate of candidates) {
    paceOf(candidate, warmUpMs, leastCalls);
    paces.set(candidate, paceOf(candidate, sampleMs, 1));
  }
  for (const [candidate, { samples }] of await measure(paces, thoroughness, randomNumbers(SEED))) {
    candidate.free();
    const nsPerCall = quantile(samples, 0.5);
    report({ kind: "timing", timing: { shape: { rows, classes }, candidate: candidate.name, nsPerCall } });
  }
}

/** Milliseconds a call, over many of them: the clocks of browsers are too coarse for a single one. */
function paceOf(candidate: Candidate, ms: number, leastCalls: number): number {
  const begin = performance.now();
  let calls = 0;
  let passed = 0;
  while (passed < ms || calls < leastCalls) {
    candidate.run();
    calls++;
    passed = performance.now() - begin;
  }
  return passed / calls;
}

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  measureAll(data).catch((error: unknown) => report({ kind: "failed", reason: String(error) }));
});
