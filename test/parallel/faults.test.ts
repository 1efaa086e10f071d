import { setTimeout } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { binaries } from "../../build/threadBinaries.ts";
import { bytesOf } from "../../src/engine/binaries.ts";
import { engineFor } from "../../src/engine/load.ts";
import { createLosses } from "../../src/index.ts";
import type { ParallelEngine } from "../../src/parallel/engine.ts";
import { SingleEngine } from "../../src/parallel/single.ts";
import { createParallelLosses } from "../../src/parallel.ts";
import { withTrap } from "../support/binary.ts";
import { checkError, checkRefused, thrownBy } from "../support/errors.ts";
import { collectGarbage } from "../support/garbage.ts";
import { exampleFor } from "../support/losses.ts";
import { expectSameBits, expectSameResult } from "../support/results.ts";
import { lossesOf, sharingEngine } from "./engines.ts";

const LOST = "threads: expected threads that live until the call is done, received one that has ended";
const NOT_STARTED =
  "threads: expected threads that start, received one that does not; where a policy forbids workers from blob:, options.worker names their script";
const ENDED = "losses: expected losses in use, received ones that were terminated";

const threads = process.getBuiltinModule("node:worker_threads");
const OriginalWorker = threads.Worker;
/** The threads that were started since `watchThreads`. */
const started: Worker[] = [];

function watchThreads(): void {
  started.length = 0;
  threads.Worker = class extends OriginalWorker {
    constructor(...given: ConstructorParameters<typeof OriginalWorker>) {
      super(...given);
      started.push(this);
    }
  };
}

const engines: ParallelEngine[] = [];

async function engineOf(count: number): Promise<ParallelEngine> {
  const engine = sharingEngine("simd", count);
  engines.push(engine);
  await engine.ready;
  return engine;
}

afterEach(async () => {
  threads.Worker = OriginalWorker;
  await Promise.all(engines.splice(0).map((engine) => engine.terminate()));
});

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const createEngine = () => engineFor("simd");
const plain = createLosses({ variant: "simd" });
const [rows, classes] = [200, 50];
const given = exampleFor("zlpr", rows, classes, 5, 1);
const OPTIONS = { classes, reduction: "none" } as const;
const right = plain.zlpr(given.logits, given.labels, OPTIONS);

/** A call that takes some hundred milliseconds. */
const slow = exampleFor("combinatorialSoftmax", 256, 3000, 3, 2);

describe("labels that are refused", () => {
  it("give the error of a single thread, at once and later, and nothing is written", async () => {
    const engine = await engineOf(2);
    const { now, later } = lossesOf(engine, "zlpr");
    const batch = engine.allocate(rows, classes, false);
    batch.logits.set(given.logits);
    for (const row of [0, 3, 101, 199]) {
      batch.labels.set(given.labels);
      batch.labels[row * classes + 7] = 2;
      batch.grad.fill(7);
      const loss = new Float32Array(rows).fill(7);
      const options = { ...OPTIONS, out: { grad: batch.grad, loss } };
      const message = `labels: expected 0 or 1, received 2 (row ${row}, index 7)`;
      checkRefused(() => now(batch.logits, batch.labels, options), "RANGE", message);
      checkError(await rejection(later(batch.logits, batch.labels, options)), "RANGE", message);
      const fresh = Uint8Array.from(batch.labels);
      checkError(await rejection(later(batch.logits, fresh, options)), "RANGE", message);
      expect(batch.grad.every((value) => value === 7)).toBe(true);
      expect(loss.every((value) => value === 7)).toBe(true);
    }
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
  });

  it("are also those of a wrong number of positive classes, and soft ones", async () => {
    const engine = await engineOf(2);
    const softmax = lossesOf(engine, "softmaxCrossEntropy");
    const labels = exampleFor("softmaxCrossEntropy", rows, classes, 5, 1).labels;
    labels.fill(0, 150 * classes, 151 * classes);
    const message = "labels: expected one positive class, received 0 (row 150)";
    checkRefused(() => softmax.now(given.logits, labels, OPTIONS), "RANGE", message);
    checkError(await rejection(softmax.later(given.logits, labels, OPTIONS)), "RANGE", message);
    const soft = new Float32Array(rows * classes).fill(0.5);
    soft[123 * classes + 4] = 1.5;
    const outside = "labels: expected a number from 0 to 1, received 1.5 (row 123, index 4)";
    const { now, later } = lossesOf(engine, "zlpr");
    checkRefused(() => now(given.logits, soft, OPTIONS), "RANGE", outside);
    checkError(await rejection(later(given.logits, soft, OPTIONS)), "RANGE", outside);
  });
});

describe("a thread that ends", () => {
  it("in the middle of a call rejects it; the calls that wait for it and the next ones work", async () => {
    watchThreads();
    const engine = await engineOf(2);
    const { later: slowly } = lossesOf(engine, "combinatorialSoftmax");
    const { now, later } = lossesOf(engine, "zlpr");
    // An array of a batch shows what is done in the middle of the call.
    const losses = engine.allocate(1, 256, false).grad;
    const out = { grad: new Float32Array(slow.logits.length).fill(7), loss: losses };
    const options = { classes: 3000, reduction: "none", out } as const;
    const held = rejection(slowly(slow.logits, slow.labels, options));
    const waiting = [1, 2, 3].map(() => later(given.logits, given.labels, OPTIONS));
    const first = [...started];
    expect(first).toHaveLength(2);
    while (losses.every((loss) => loss === 0)) await new Promise(setImmediate);
    await first[0]?.terminate();
    checkError(await held, "WORKER_LOST", LOST);
    expect(out.grad.every((value) => value === 7)).toBe(true);
    const results = await Promise.allSettled(waiting);
    // One that was open as well is lost with it.
    const kept = results.filter(({ status }) => status === "fulfilled");
    expect(kept.length).toBeGreaterThanOrEqual(2);
    for (const result of results) {
      if (result.status === "fulfilled") expectSameResult(result.value as never, right);
      else checkError(result.reason, "WORKER_LOST", LOST);
    }
    expect(started).toHaveLength(4);
    await engine.ready;
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
    expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
  });

  it("before it has begun a call leaves it to those that take its place", async () => {
    watchThreads();
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const ending = started.map((thread) => thread.terminate());
    await Promise.all(ending);
    const calls = [1, 2, 3, 4].map(() => later(given.logits, given.labels, OPTIONS));
    for (const result of await Promise.all(calls)) expectSameResult(result as never, right);
  });

  it("before it is there is replaced where others were, but not for ever", async () => {
    watchThreads();
    const engine = await engineOf(2);
    const { now, later } = lossesOf(engine, "zlpr");
    const Watched = threads.Worker;
    let failing = 1;
    threads.Worker = class extends Watched {
      constructor(script: string | URL, options?: ConstructorParameters<typeof OriginalWorker>[1]) {
        super(failing-- > 0 ? "throw new Error('no')" : script, options);
      }
    };
    await started[0]?.terminate();
    await engine.ready;
    expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
    expect(started).toHaveLength(6);
    failing = 100;
    await started[4]?.terminate();
    checkError(await rejection(engine.ready), "UNSUPPORTED", NOT_STARTED);
    checkError(await rejection(later(given.logits, given.labels, OPTIONS)), "UNSUPPORTED", NOT_STARTED);
    expect(started).toHaveLength(12);
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
  });

  it("in the middle of a call at once is not waited for for ever", async () => {
    // As if the host had ended it there: it never says that it is done.
    const stuck = "Atomics.and = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    let count = 0;
    threads.Worker = class extends OriginalWorker {
      constructor(script: string | URL, options?: ConstructorParameters<typeof OriginalWorker>[1]) {
        super(count++ < 2 ? `${stuck}\n${script}` : script, options);
      }
    };
    const engine = sharingEngine("simd", 2, { lostAfter: 200 });
    engines.push(engine);
    await engine.ready;
    const { now: slowly } = lossesOf(engine, "combinatorialSoftmax");
    const { now, later } = lossesOf(engine, "zlpr");
    const out = { grad: new Float32Array(slow.logits.length).fill(7) };
    checkRefused(() => slowly(slow.logits, slow.labels, { classes: 3000, out }), "WORKER_LOST", LOST);
    expect(out.grad.every((value) => value === 7)).toBe(true);
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
    expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
    await engine.ready;
    expect(count).toBe(4);
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
  });

  it("while nothing is to be done is replaced", async () => {
    watchThreads();
    const engine = await engineOf(2);
    const { now, later } = lossesOf(engine, "zlpr");
    await started[1]?.terminate();
    // A call at once does without threads until there are new ones.
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
    expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
    expect(started).toHaveLength(4);
  });
});

describe("threads that do not start", () => {
  const refusals: [string, typeof OriginalWorker, string][] = [
    [
      "that fail at once",
      class extends OriginalWorker {
        constructor(_: string | URL, options?: ConstructorParameters<typeof OriginalWorker>[1]) {
          super("throw new Error('no')", options);
        }
      },
      "no",
    ],
    [
      "that the host refuses",
      class {
        constructor() {
          throw new Error("denied");
        }
      } as never,
      "denied",
    ],
  ];

  it.each(refusals)(
    "%s, are told of by `ready` and by later calls; calls at once work",
    async (_, Type, message) => {
      threads.Worker = Type;
      const engine = sharingEngine("simd", 3);
      engines.push(engine);
      const error = await rejection(engine.ready);
      checkError(error, "UNSUPPORTED", NOT_STARTED);
      expect((error as Error).cause).toMatchObject({ message });
      const { now, later } = lossesOf(engine, "zlpr");
      checkError(await rejection(later(given.logits, given.labels, OPTIONS)), "UNSUPPORTED", NOT_STARTED);
      expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
    },
  );
});

describe("threads of which one does not start", () => {
  it("are all ended, and work nowhere", async () => {
    watchThreads();
    const Watched = threads.Worker;
    let count = 0;
    threads.Worker = class extends Watched {
      constructor(...given: ConstructorParameters<typeof OriginalWorker>) {
        if (++count === 2) throw new Error("denied");
        super(...given);
      }
    };
    const engine = sharingEngine("simd", 3);
    engines.push(engine);
    checkError(await rejection(engine.ready), "UNSUPPORTED", NOT_STARTED);
    const { now, later } = lossesOf(engine, "zlpr");
    checkError(await rejection(later(given.logits, given.labels, OPTIONS)), "UNSUPPORTED", NOT_STARTED);
    expect(started).toHaveLength(2);
    // An ended one has no number any more.
    expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
  });
});

describe("a fault within a kernel", () => {
  it("rejects the call, and others go on with new threads and a new instance", async () => {
    const bytes = withTrap(bytesOf(binaries, "simd"), "focal");
    const engine = sharingEngine("simd", 2, { module: new WebAssembly.Module(bytes) });
    engines.push(engine);
    await engine.ready;
    const focal = lossesOf(engine, "focal");
    const { now, later } = lossesOf(engine, "zlpr");
    for (let i = 0; i < 3; i++) {
      checkError(await rejection(focal.later(given.logits, given.labels, OPTIONS)), "WORKER_LOST", LOST);
      expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
      expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
      expect(() => focal.now(given.logits, given.labels, OPTIONS)).toThrow(/unreachable|has ended/);
      expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
      await engine.ready;
    }
  });
});

describe("terminate", () => {
  it("is told to those who wait for threads that were not there yet", async () => {
    const engine = sharingEngine("simd", 2);
    const ready = rejection(engine.ready);
    await engine.terminate();
    checkError(await ready, "DISPOSED", ENDED);
  });

  it("rejects what is not done, and every later call", async () => {
    const engine = await engineOf(2);
    const { later: slowly } = lossesOf(engine, "combinatorialSoftmax");
    const { now, later } = lossesOf(engine, "zlpr");
    const held = rejection(slowly(slow.logits, slow.labels, { classes: 3000 }));
    const waiting = [1, 2, 3].map(() => rejection(later(given.logits, given.labels, OPTIONS)));
    await engine.terminate();
    checkError(await held, "DISPOSED", ENDED);
    for (const error of await Promise.all(waiting)) checkError(error, "DISPOSED", ENDED);
    checkRefused(() => now(given.logits, given.labels, OPTIONS), "DISPOSED", ENDED);
    checkError(await rejection(later(given.logits, given.labels, OPTIONS)), "DISPOSED", ENDED);
    checkRefused(() => engine.allocate(1, 1, false), "DISPOSED", ENDED);
    await engine.terminate();
  });

  it("gives the memory back, which nothing holds any more", async () => {
    /** What lies in the memory of an instance that was used and has ended. */
    async function leftovers(): Promise<WeakRef<object>[]> {
      const engine = await engineOf(2);
      const { now, later } = lossesOf(engine, "zlpr");
      const { logits, labels, grad } = engine.allocate(rows, classes, false);
      const options = { classes, out: { grad } };
      now(logits, labels, options);
      await later(logits, labels, options);
      await engine.terminate();
      engines.length = 0;
      // Also where its arrays are looked at afterwards.
      checkRefused(() => now(logits, labels, options), "DISPOSED", ENDED);
      return [new WeakRef(engine), new WeakRef(logits.buffer)];
    }
    const left = await leftovers();
    for (let i = 0; i < 100 && left.some((ref) => ref.deref()); i++) {
      await setTimeout(5);
      collectGarbage();
    }
    expect(left.map((ref) => ref.deref())).toEqual([undefined, undefined]);
  });

  it("is at the end of a block too", async () => {
    const losses = createParallelLosses({ threads: 2, variant: "simd" });
    await losses[Symbol.asyncDispose]();
    checkError(await rejection(losses.zlpr(given.logits, given.labels, OPTIONS)), "DISPOSED", ENDED);
    checkRefused(() => losses.sync.zlpr(given.logits, given.labels, OPTIONS), "DISPOSED", ENDED);
  });
});

describe("calls that are not waited for", () => {
  it("read what they were given when they are called, and write when they are done", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const logits = given.logits.slice();
    const labels = given.labels.slice();
    const promise = later(logits, labels, { ...OPTIONS, out: { grad: logits } });
    expectSameBits(logits, given.logits);
    labels.fill(2);
    expectSameResult((await promise) as never, right);
    expectSameBits(logits, right.grad);
  });

  it("keep the memory of a batch that is freed meanwhile, which nobody else gets", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const batch = engine.allocate(rows, classes, false);
    batch.logits.set(given.logits);
    batch.labels.set(given.labels);
    const { logits, labels } = batch;
    const promises = [1, 2, 3, 4].map(() => later(logits, labels, OPTIONS));
    batch.free();
    for (let i = 0; i < 3; i++) engine.allocate(rows, classes, false).logits.fill(NaN);
    for (const result of await Promise.all(promises)) expectSameResult(result as never, right);
    const { message } = (await rejection(later(logits, labels, OPTIONS))) as Error;
    expect(message).toBe(
      "logits: expected an array of a batch that is in use, received one of a batch that was freed",
    );
    await setTimeout(0);
    // Then it is given to the next.
    expect(engine.allocate(rows, classes, false).logits.byteOffset).toBe(logits.byteOffset);
  });

  it("refuse arrays of a batch that was freed, also where their copies lie now", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const batch = engine.allocate(rows, classes, false);
    const { grad } = batch;
    batch.free();
    const pending = [1, 2, 3, 4].map(() => later(given.logits, given.labels, OPTIONS));
    for (let start = 0; start < grad.length; start += classes) {
      const out = { grad: grad.subarray(start, start + classes) };
      const row = later(given.logits.subarray(0, classes), given.labels.subarray(0, classes), {
        classes,
        out,
      });
      expect(await rejection(row)).toMatchObject({ code: "DISPOSED", argument: "options.out.grad" });
    }
    for (const result of await Promise.all(pending)) expectSameResult(result as never, right);
  });

  it("tell of labels that are wrong also where the batch was freed meanwhile", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const batch = engine.allocate(rows, classes, false);
    batch.labels[7 * classes + 3] = 2;
    const promise = later(batch.logits, batch.labels, OPTIONS);
    batch.free();
    const message = "labels: expected 0 or 1, received 2 (row 7, index 3)";
    checkError(await rejection(promise), "RANGE", message);
  });

  it("do not write to a batch of others that was freed meanwhile, nor to an array that has another length", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const one = createLosses({ variant: "simd" });
    const other = one.allocate(rows, classes);
    const loss = new Float32Array(rows).fill(7);
    const freed = later(given.logits, given.labels, { ...OPTIONS, out: { loss, grad: other.grad } });
    other.free();
    const next = one.allocate(rows, classes);
    next.grad.fill(7);
    expect(await rejection(freed)).toMatchObject({ code: "DISPOSED", argument: "options.out.grad" });
    expect(next.grad.every((value) => value === 7)).toBe(true);

    const bytes = 4 * rows * classes;
    const buffer: ArrayBuffer & { resize?(bytes: number): void } = Reflect.construct(ArrayBuffer, [
      bytes,
      { maxByteLength: bytes },
    ]);
    const tracking = new Float32Array(buffer);
    const shrunk = later(given.logits, given.labels, { ...OPTIONS, out: { loss, grad: tracking } });
    buffer.resize?.(400);
    checkError(
      await rejection(shrunk),
      "DETACHED",
      "options.out.grad: expected 10000 elements, as when it was given, received 100",
    );
    expect(loss.every((value) => value === 7)).toBe(true);
  });

  it("tell of an array that is gone when it should be written, and write no other", async () => {
    const engine = await engineOf(2);
    const { later } = lossesOf(engine, "zlpr");
    const loss = new Float32Array(rows);
    const grad = new Float32Array(rows * classes);
    const promise = later(given.logits, given.labels, { ...OPTIONS, out: { loss, grad } });
    structuredClone(grad.buffer, { transfer: [grad.buffer] });
    const error = (await rejection(promise)) as { code: string; argument: string };
    expect(error).toMatchObject({ code: "DETACHED", argument: "options.out.grad" });
    expect(loss.every((value) => value === 0)).toBe(true);
  });
});

describe("memory that the host refuses", () => {
  const { Memory } = WebAssembly;
  afterEach(() => {
    WebAssembly.Memory = Memory;
  });

  it("is asked for again, smaller, and then no more", async () => {
    const asked: (number | undefined)[] = [];
    let most = 16384;
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        asked.push(descriptor.maximum);
        if (Number(descriptor.maximum) > most) throw new RangeError("no room");
        super(descriptor);
      }
    };
    const engine = await engineOf(2);
    expect(asked).toEqual([65536, 32768, 16384]);
    expectSameResult(lossesOf(engine, "zlpr").now(given.logits, given.labels, OPTIONS) as never, right);
    most = 0;
    checkRefused(
      () => sharingEngine("simd", 2),
      "OUT_OF_MEMORY",
      "memory: expected room for a new instance, received a refusal from the engine",
    );
    expect(asked).toHaveLength(7);
  });

  it("for the copies of a call or for the threads, leaves it to one thread, or tells of it", async () => {
    // 300 pages are 19 MB: there is room for one copy of what follows, not for two.
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        super({ ...descriptor, maximum: 300 });
      }
    };
    const engine = await engineOf(2);
    const { now, later } = lossesOf(engine, "zlpr");
    const large = exampleFor("zlpr", 3000, 500, 5, 1);
    const same = plain.zlpr(large.logits, large.labels, { classes: 500, reduction: "none" });
    const options = { classes: 500, reduction: "none" } as const;
    const before = engine.sharedCalls;
    expectSameResult(now(large.logits, large.labels, options) as never, same);
    const two = [1, 2].map(() => later(large.logits, large.labels, options));
    for (const result of await Promise.all(two)) expectSameResult(result as never, same);
    // Of batches there are no copies.
    const batch = engine.allocate(2000, 500, false);
    batch.logits.set(large.logits.subarray(0, batch.logits.length));
    batch.labels.set((large.labels as Uint8Array).subarray(0, batch.labels.length));
    const { loss } = await later(batch.logits, batch.labels, { ...options, out: { grad: batch.grad } });
    expectSameBits(loss as Float32Array, (same.loss as Float32Array).subarray(0, 2000));
    expect(engine.sharedCalls).toBeGreaterThan(before);
    expect(thrownBy(() => engine.allocate(3000, 1000, false))).toMatchObject({
      code: "OUT_OF_MEMORY",
      expected: "room for 12000000 bytes more",
    });
  });
});

describe("one thread in place of several", () => {
  it("does at once what could be done later, and has an end", async () => {
    const engine = new SingleEngine(createEngine());
    expect(engine).toMatchObject({ variant: "simd", threads: 1 });
    await engine.ready;
    const { now, later } = lossesOf(engine as never, "zlpr");
    expectSameResult(now(given.logits, given.labels, OPTIONS) as never, right);
    expectSameResult((await later(given.logits, given.labels, OPTIONS)) as never, right);
    expect(engine.allocate(2, 3, true).labels).toEqual(new Float32Array(6));
    const scores = { logits: given.logits, labels: given.labels as Uint8Array, rows, classes };
    expect(engine.countDecisions(scores, 0)).toEqual(createEngine().countDecisions(scores, 0));
    await engine.terminate();
    checkRefused(() => now(given.logits, given.labels, OPTIONS), "DISPOSED", ENDED);
    checkRefused(() => engine.allocate(2, 3, true), "DISPOSED", ENDED);
    checkRefused(() => engine.countDecisions(scores, 0), "DISPOSED", ENDED);
    checkError(await rejection(later(given.logits, given.labels, OPTIONS)), "DISPOSED", ENDED);
  });

  it("counts decisions as several do", async () => {
    const engine = await engineOf(2);
    const scores = { logits: given.logits, labels: given.labels as Uint8Array, rows, classes };
    expect(engine.countDecisions(scores, 0)).toEqual(createEngine().countDecisions(scores, 0));
    await engine.terminate();
    checkRefused(() => engine.countDecisions(scores, 0), "DISPOSED", ENDED);
  });
});

describe("createParallelLosses", () => {
  it.each([
    [{ threads: 0 }, "RANGE", "options.threads: expected a whole number from 1 to 128, received 0"],
    [{ threads: "2" }, "TYPE", 'options.threads: expected a number, received "2"'],
    [{ variant: "avx" }, "RANGE", 'options.variant: expected "relaxed", "simd" or "js", received "avx"'],
    [{ worker: 3 }, "TYPE", "options.worker: expected a URL or a string, received 3"],
    [{ worker: "http://" }, "RANGE", 'options.worker: expected a URL, received "http://"'],
    [
      { thread: 3 },
      "TYPE",
      "options.thread: expected one of threads, variant, worker, received an unknown name",
    ],
  ])("refuses %o", (options, code, message) => {
    checkRefused(() => createParallelLosses(options as never), code as "TYPE", message);
  });

  it("computes small calls by the thread that calls, and js without others", async () => {
    watchThreads();
    const losses = createParallelLosses({ threads: 2, variant: "js" });
    expect(losses.threads).toBe(1);
    expect(started).toHaveLength(0);
    const small = exampleFor("zlpr", 3, 4, 5, 1);
    const js = createLosses({ variant: "js" }).zlpr(small.logits, small.labels, {
      classes: 4,
      reduction: "none",
    });
    const later = await losses.zlpr(small.logits, small.labels, { classes: 4, reduction: "none" });
    expectSameResult(later, js);
    await losses.terminate();
  });
});
