/**
 * The losses on all cores: over memory that several threads share.
 *
 * @module zlpr/parallel
 */
import { binaries } from "../build/threadBinaries.js";
import { script } from "../build/worker.js";
import { type Losses, type LossesByName, lossesOn, variantOf } from "./createLosses.js";
import { count, describe, fail, record } from "./engine/checks.js";
import { compile } from "./engine/compile.js";
import { definitionOf } from "./engine/definitions.js";
import { bestEngine, engineFor, ofBestVariant } from "./engine/load.js";
import { lossLaterOn } from "./engine/loss.js";
import * as registry from "./losses/index.js";
import { ParallelEngine } from "./parallel/engine.js";
import { cores, lackOfThreads, mayWait } from "./parallel/host.js";
import { SingleEngine } from "./parallel/single.js";
import type { ThreadedEngine } from "./parallel/threaded.js";
import type { Later, Variant } from "./types.js";

// Programs for Node need not have the library of the DOM, nor programs the newest libraries, where these are declared.
declare global {
  interface URL {}
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** What `createParallelLosses` may be told. */
export interface ParallelLossesOptions {
  /** How many threads compute, default: as many as the machine has cores. */
  threads?: number;
  /** Default: the best that this engine runs. */
  variant?: Variant;
  /**
   * Where `zlpr/parallel-worker` is served, for pages whose content security policy does not allow workers from `blob:`;
   * unused in Node.
   */
  worker?: string | URL;
}

/** Every loss as a function that gives a promise. */
export type LaterLosses = { readonly [Name in keyof LossesByName]: Later<LossesByName[Name]> };

/** What instances of several threads have besides the losses. */
export interface ParallelInstance {
  /** Which build of the kernels it is. */
  readonly variant: Variant;
  /** How many threads compute: 1 where the host has none, or where the page is not cross-origin isolated. */
  readonly threads: number;
  /**
   * The same losses without promises: the thread that calls computes too, and waits for the others. In a page it
   * computes alone, since it may not wait; so it does while other calls are not done.
   */
  readonly sync: Losses;
  /** Settles when all threads are there. Calls need not wait for it. */
  readonly ready: Promise<void>;
  /**
   * Takes memory for a batch, which all threads share: its arrays are used where they lie, without a copy, and must not be
   * changed until the call is done.
   */
  allocate: Losses["allocate"];
  /** Ends the threads. Calls that are not done are rejected, and so are all later ones. */
  terminate(): Promise<void>;
  /** The same, at the end of the block of an `await using` declaration. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Measured on two cores of an AMD EPYC, where to wake a thread takes 10 µs of the caller's time and 20 to 80 of its own. */
const CROSSOVER = { scores: 2 ** 12, awake: 0.04, asleep: 0.15, later: 0.25, held: 0.5 };

/** Milliseconds: much more than a busy machine keeps a thread from its core, or than a row takes. */
const LOST_AFTER = 60_000;

/** Every loss as a method that gives a promise, computed by several threads. */
export type ParallelLosses = LaterLosses & ParallelInstance;

/** More would cost more memory than they could ever be worth. */
const MOST_THREADS = 128;

/** An address, from the page on. */
function urlOf(worker: unknown): URL {
  if (typeof worker !== "string" && !(worker instanceof URL)) {
    fail("TYPE", "options.worker", "a URL or a string", describe(worker));
  }
  const page = globalThis.location?.href ?? "file:///";
  if (!URL.canParse(worker, page)) fail("RANGE", "options.worker", "a URL", describe(worker));
  return new URL(worker, page);
}

function engineOf(options: Record<string, unknown>): ThreadedEngine {
  const asked = variantOf(options.variant);
  const available = cores();
  const threads =
    options.threads === undefined
      ? Math.min(available, MOST_THREADS)
      : count(options.threads, "options.threads", 1, MOST_THREADS);
  const url = options.worker === undefined ? undefined : urlOf(options.worker);
  if (lackOfThreads() !== undefined || asked === "js") {
    return new SingleEngine(asked === undefined ? bestEngine() : engineFor(asked));
  }
  const make = (variant: Variant): ThreadedEngine => {
    if (variant === "js") return new SingleEngine(engineFor("js"));
    return new ParallelEngine({
      variant,
      threads,
      module: compile(binaries, variant, "options.variant"),
      script: { text: script, url },
      cores: available,
      mayWait: mayWait(),
      crossover: CROSSOVER,
      lostAfter: LOST_AFTER,
    });
  };
  return asked === undefined ? ofBestVariant(make) : make(asked);
}

/**
 * Makes an instance whose losses are computed by several threads, over memory that they share.
 *
 * The rows of a call are shared out; a call of few scores is computed by the thread that calls. Results have the same bits
 * as those of one thread. Where there are no threads, or the page is not cross-origin isolated, there is one thread.
 *
 * Arrays of a batch are used where they lie. Others are copied when the call is made, and may be changed then; arrays in
 * `out` are written when the promise settles, or before. In which order calls are computed is not promised.
 *
 * @param options `threads`, from 1 to 128; `variant`; `worker`
 * @throws LossError `UNSUPPORTED` or `CSP_BLOCKED` if the variant asked for cannot run here. `ready`, and calls that need
 *   threads, are rejected with `UNSUPPORTED` if these do not start; a call is rejected with `WORKER_LOST` if a thread ended before it was done; then new ones are started, and the next call works.
 * @category Instances and loading
 * @example
 * const losses = createParallelLosses({ threads: 2 });
 * const batch = losses.allocate(1, 3);
 * batch.logits.set([2, -1, 0.5]);
 * batch.labels.set([1, 0, 0]);
 * const { loss } = await losses.zlpr(batch.logits, batch.labels, { classes: 3, out: { grad: batch.grad } });
 * // loss 1.2310…
 * await losses.terminate();
 */
export function createParallelLosses(options: ParallelLossesOptions = {}): ParallelLosses {
  const engine = engineOf(record(options, "options", ["threads", "variant", "worker"]));
  const methods = Object.entries(registry).map(([name, loss]) => [
    name,
    lossLaterOn(engine, definitionOf(loss)),
  ]);
  const sync = lossesOn(engine);
  const terminate = () => engine.terminate();
  return {
    ...(Object.fromEntries(methods) as LaterLosses),
    variant: engine.variant,
    threads: engine.threads,
    sync,
    get ready() {
      return engine.ready;
    },
    allocate: sync.allocate,
    terminate,
    [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: terminate,
  } as ParallelLosses;
}
