/* What Node and browsers have in different ways: threads. */

/** What a thread runs. */
export interface ThreadScript {
  text: string;
  /** Where the same is served, for pages that may not run the text. */
  url: URL | undefined;
}

/** A thread that was started. */
export interface Thread {
  /** Whether the process is to stay alive for its sake. */
  keepAlive(isWanted: boolean): void;
  /** Ends it, whatever it does. Gives whether it is known to have ended: browsers do not tell. */
  terminate(): Promise<boolean>;
}

/** What a thread tells. */
export interface ThreadEvents {
  message(message: unknown): void;
  /** It has ended, or cannot be started. */
  end(cause: unknown): void;
}

type Threads = typeof import("node:worker_threads");

/** Threads of Node, if this is Node (20.16 or newer). */
function nodeThreads(): Threads | undefined {
  if (typeof process === "undefined") return undefined;
  return process.getBuiltinModule?.("node:worker_threads");
}

/** Why there can be no threads here, if there can be none. */
export function lackOfThreads(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    return "a page that is not cross-origin isolated";
  }
  const hasThreads = nodeThreads() !== undefined || typeof Worker !== "undefined";
  return hasThreads ? undefined : "one without threads";
}

/** How many threads the machine runs at the same time. */
export function cores(): number {
  if (typeof navigator !== "undefined" && navigator.hardwareConcurrency) return navigator.hardwareConcurrency;
  if (typeof process === "undefined") return 1;
  return process.getBuiltinModule?.("node:os").availableParallelism() ?? 1;
}

/** Whether this thread may wait for others: in browsers, the one of a page may not. */
export function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

function startInNode(threads: Threads, script: string, first: unknown, events: ThreadEvents): Thread {
  // Without the flags of this process, which may load what a thread has no use for.
  const worker = new threads.Worker(script, { eval: true, execArgv: [], name: "zlpr" });
  let cause: unknown;
  worker.on("message", events.message);
  worker.on("error", (error) => {
    cause = error;
  });
  worker.on("exit", () => events.end(cause));
  worker.postMessage(first);
  return {
    keepAlive: (isWanted) => (isWanted ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
      return true;
    },
  };
}

/** Milliseconds after which a worker that was told to end is taken to have ended: browsers end it in the middle of its work. */
const LAST_WORK = 100;

function startInBrowser({ text, url }: ThreadScript, first: unknown, events: ThreadEvents): Thread {
  const place = url?.href ?? URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(place);
  if (!url) URL.revokeObjectURL(place);
  worker.onmessage = ({ data }) => events.message(data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.end(new Error(event.message || "the script of the worker cannot be loaded"));
  };
  worker.postMessage(first);
  return {
    keepAlive: () => {},
    terminate: async () => {
      worker.terminate();
      await new Promise((resolve) => setTimeout(resolve, LAST_WORK));
      return false;
    },
  };
}

/** Starts a thread: a script, and the first message to it. */
export function startThread(script: ThreadScript, first: unknown, events: ThreadEvents): Thread {
  const threads = nodeThreads();
  return threads ? startInNode(threads, script.text, first, events) : startInBrowser(script, first, events);
}
