import { afterEach, describe, expect, it, vi } from "vitest";
import { cores, lackOfThreads, mayWait, startThread } from "../../src/parallel/host.ts";

/* Hosts of all kinds, as far as the way to threads depends on them. */

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A host that is not Node. */
function withoutNode(): void {
  vi.stubGlobal("process", {});
}

describe("a host lacks threads", () => {
  it("in no Node", () => {
    expect(lackOfThreads()).toBeUndefined();
    vi.stubGlobal("Worker", undefined);
    expect(lackOfThreads()).toBeUndefined();
  });

  it("where a page is not isolated from others", () => {
    const expected = "a page that is not cross-origin isolated";
    vi.stubGlobal("crossOriginIsolated", false);
    expect(lackOfThreads()).toBe(expected);
    vi.stubGlobal("crossOriginIsolated", true);
    expect(lackOfThreads()).toBeUndefined();
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(lackOfThreads()).toBe(expected);
  });

  it("where there are no workers", () => {
    withoutNode();
    vi.stubGlobal("Worker", class {});
    expect(lackOfThreads()).toBeUndefined();
    vi.stubGlobal("Worker", undefined);
    expect(lackOfThreads()).toBe("one without threads");
    vi.stubGlobal("process", undefined);
    expect(lackOfThreads()).toBe("one without threads");
  });
});

it("the cores are those of the navigator, of Node, or one", () => {
  vi.stubGlobal("navigator", { hardwareConcurrency: 13 });
  expect(cores()).toBe(13);
  vi.stubGlobal("navigator", {});
  const { availableParallelism } = process.getBuiltinModule("node:os");
  expect(cores()).toBe(availableParallelism());
  vi.stubGlobal("navigator", undefined);
  expect(cores()).toBe(availableParallelism());
  withoutNode();
  expect(cores()).toBe(1);
  vi.stubGlobal("process", undefined);
  expect(cores()).toBe(1);
});

it("a thread may wait, unless its host forbids it", () => {
  expect(mayWait()).toBe(true);
  vi.spyOn(Atomics, "wait").mockImplementation(() => {
    throw new TypeError("not here");
  });
  expect(mayWait()).toBe(false);
});

describe("a thread of a browser", () => {
  /** The workers that were started. */
  const workers: FakeWorker[] = [];
  class FakeWorker {
    onmessage?: (event: { data: unknown }) => void;
    onerror?: (event: { message: string; preventDefault(): void }) => void;
    readonly posted: unknown[] = [];
    isEnded = false;
    readonly url: string;
    constructor(url: string) {
      this.url = url;
      workers.push(this);
    }
    postMessage(message: unknown): void {
      this.posted.push(message);
    }
    terminate(): void {
      this.isEnded = true;
    }
  }

  function start(url: URL | undefined) {
    workers.length = 0;
    withoutNode();
    vi.stubGlobal("Worker", FakeWorker);
    const create = vi.spyOn(URL, "createObjectURL");
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    const events = { message: vi.fn(), end: vi.fn() };
    const thread = startThread({ text: "work();", url }, "first", events);
    return { thread, events, create, revoke, worker: workers[0] as FakeWorker };
  }

  it("runs the text of its script, from a place that is given back", async () => {
    const { create, revoke, worker } = start(undefined);
    expect(worker.url).toMatch(/^blob:/);
    expect(revoke).toHaveBeenCalledWith(worker.url);
    const blob = create.mock.calls[0]?.[0] as Blob;
    expect(blob.type).toBe("text/javascript");
    expect(await blob.text()).toBe("work();");
    expect(worker.posted).toEqual(["first"]);
  });

  it("runs the script from its address, where there is one", () => {
    const { create, revoke, worker } = start(new URL("https://example.com/worker.mjs"));
    expect(worker.url).toBe("https://example.com/worker.mjs");
    expect(create).not.toHaveBeenCalled();
    expect(revoke).not.toHaveBeenCalled();
  });

  it("tells what it posts, and that it failed, with a message or without", () => {
    const { worker, events } = start(undefined);
    worker.onmessage?.({ data: 5 });
    expect(events.message).toHaveBeenCalledWith(5);
    const preventDefault = vi.fn();
    worker.onerror?.({ message: "broken", preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
    expect(events.end).toHaveBeenLastCalledWith(new Error("broken"));
    worker.onerror?.({ message: "", preventDefault });
    expect(events.end).toHaveBeenLastCalledWith(new Error("the script of the worker cannot be loaded"));
  });

  it("is ended, which nobody tells, so that it has a while for it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const { thread, worker } = start(undefined);
    thread.keepAlive(true);
    let isKnown: boolean | undefined;
    const ending = thread.terminate().then((known) => {
      isKnown = known;
    });
    expect(worker.isEnded).toBe(true);
    await vi.advanceTimersByTimeAsync(99);
    expect(isKnown).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await ending;
    expect(isKnown).toBe(false);
  });
});

describe("a thread of Node", () => {
  it("keeps the process alive while it is wanted, and tells when it has ended", async () => {
    const threads = process.getBuiltinModule("node:worker_threads");
    const ref = vi.spyOn(threads.Worker.prototype, "ref");
    const unref = vi.spyOn(threads.Worker.prototype, "unref");
    const events = { message: vi.fn(), end: vi.fn() };
    const text = `const { parentPort } = require("node:worker_threads");
      parentPort.once("message", (first) => parentPort.postMessage([first, process.execArgv]));
      setInterval(() => {}, 1000);`;
    const thread = startThread({ text, url: undefined }, "first", events);
    thread.keepAlive(true);
    expect(ref).toHaveBeenCalled();
    expect(unref).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(events.message).toHaveBeenCalledWith(["first", []]));
    thread.keepAlive(false);
    expect(unref).toHaveBeenCalledOnce();
    expect(await thread.terminate()).toBe(true);
    expect(events.end).toHaveBeenCalledWith(undefined);
  });

  it("tells why it failed", async () => {
    const events = { message: vi.fn(), end: vi.fn() };
    startThread({ text: "throw new Error('no')", url: undefined }, "first", events);
    await vi.waitFor(() => expect(events.end).toHaveBeenCalledOnce());
    expect(events.end.mock.calls[0]?.[0]).toMatchObject({ message: "no" });
  });
});
