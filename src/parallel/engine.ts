import type { Batch, DecisionCounts, LabelledScores, Results } from "../engine/engine.js";
import { LossError } from "../engine/error.js";
import type { KernelLoss } from "../engine/loss.js";
import { Memory } from "../engine/memory.js";
import { RowWork } from "../engine/rowWork.js";
import type { Call } from "../engine/validate.js";
import { WasmEngine } from "../engine/wasm.js";
import { rowsOf, type SharedKernels, sharedKernels } from "./instance.js";
import { writeJob } from "./job.js";
import { Paces } from "./pace.js";
import { lost, Pool } from "./pool.js";
import { SharedCall } from "./sharedCall.js";
import type { Slot } from "./slots.js";
import { ended, type ThreadedEngine } from "./threaded.js";
import type { Fault } from "./turns.js";

/** What a call has to take one thread, in milliseconds, for it to be shared out. */
export interface Crossover {
  /** Where threads look for work. */
  awake: number;
  /** Where they have to be woken: that takes time, and they come late. */
  asleep: number;
  /** Where the caller does not wait, and has to be told. */
  later: number;
}

/** Of a call, every thread takes rows about so often: the last one to finish is not much later than the others. */
const TAKES = 4;

/** But so many scores at least. */
const LEAST_TAKE = 2 ** 12;

/** Milliseconds. */
const PATIENCE = 0.1;

/** What an engine over shared memory is made of. */
export interface ParallelParts {
  variant: "relaxed" | "simd";
  threads: number;
  module: WebAssembly.Module;
  /** The script of a thread, as text or where it is. */
  script: string | URL;
  /** Whether every thread has a core of its own: then it may look for work for a while. */
  hasCores: boolean;
  /** Whether this thread may wait for the others. */
  mayWait: boolean;
  crossover: Crossover;
}

/** A call that nobody has begun. */
interface Waiting {
  definition: KernelLoss<object>;
  shared: SharedCall;
  resolve(sum: number): void;
  reject(error: unknown): void;
}

interface Local {
  kernels: SharedKernels;
  engine: WasmEngine;
}

/** Pages of shared memory are reserved at once: all that there are, or as many as the host has addresses for. */
const MOST_PAGES = [65536, 32768, 16384, 4096];

function sharedMemory(): WebAssembly.Memory {
  let refusal: unknown;
  for (const maximum of MOST_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: 6, maximum, shared: true });
    } catch (cause) {
      refusal = cause;
    }
  }
  throw new LossError("OUT_OF_MEMORY", {
    argument: "memory",
    expected: "room for a new instance",
    received: "a refusal from the engine",
    cause: refusal,
  });
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof LossError && error.code === "OUT_OF_MEMORY";
}

/** The kernels over memory that several threads share. Calls whose rows are few are computed by the thread that calls. */
export class ParallelEngine implements ThreadedEngine {
  readonly variant: "relaxed" | "simd";
  readonly threads: number;
  readonly #module: WebAssembly.Module;
  readonly #shared = sharedMemory();
  readonly #memory: Memory;
  readonly #pool: Pool;
  readonly #mayWait: boolean;
  readonly #crossover: Crossover;
  readonly #paces = new Paces();
  #local: Local | undefined;
  #isEnded = false;
  readonly #queue: Waiting[] = [];
  /** A promise for each call that is not done. */
  readonly #unsettled = new Set<Promise<void>>();

  constructor({ variant, threads, module, script, hasCores, mayWait, crossover }: ParallelParts) {
    this.#mayWait = mayWait;
    this.#crossover = crossover;
    this.variant = variant;
    this.threads = threads;
    this.#module = module;
    const kernels = sharedKernels(module, this.#shared, 0);
    const staticBytes = kernels.HEAP_BASE.value >>> 0;
    this.#memory = new Memory(this.#shared, staticBytes);
    this.#pool = new Pool({
      threads,
      script,
      module,
      shared: this.#shared,
      memory: this.#memory,
      staticBytes,
      patience: hasCores ? PATIENCE : 0,
      onRoom: () => this.#openNext(),
    });
    this.#memory.settled = () => (this.#unsettled.size > 0 ? Promise.all(this.#unsettled) : undefined);
    this.#local = this.#makeLocal();
  }

  get ready(): Promise<void> {
    return this.#pool.ready;
  }

  terminate(): Promise<void> {
    this.#isEnded = true;
    return this.#pool.terminate(ended());
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.#attempt(({ engine }) => engine.allocate(rows, classes, isSoft));
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.#attempt(({ engine }) => engine.countDecisions(scores, threshold));
  }

  /** Computes a call at once, with the help of the threads that are there. */
  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    const pool = this.#pool;
    const { awake, asleep } = this.#crossover;
    const isShared =
      this.#mayWait &&
      pool.isIdle &&
      pool.present > 0 &&
      this.#isWorthwhile(definition, call, pool.bell.isHeard ? awake : asleep);
    return this.#attempt((local) => {
      const shared = isShared ? this.#share(call, results) : undefined;
      const slot = pool.slot;
      if (!shared || !slot) return this.#computeAlone(local, definition, call, results);
      try {
        const work = this.#begin(local, definition, shared);
        if (!work) return local.engine.run(definition, call, results);
        const { turns } = slot;
        this.#open(slot, work, shared, definition, true);
        try {
          turns.work(rowsOf(local.kernels, work, shared.rowLosses));
        } finally {
          local.kernels.setLosses(0);
          turns.waitForOthers();
        }
        return this.#finish(local, definition, shared, turns.fault);
      } finally {
        shared.free();
      }
    });
  }

  /** Has a call computed by the threads, in turn. */
  async runLater(definition: KernelLoss<object>, call: Call<object>, results: Results): Promise<number> {
    const isShared = this.#isWorthwhile(definition, call, this.#crossover.later);
    const shared = isShared ? this.#share(call, results) : undefined;
    if (!shared) return this.#attempt((local) => this.#computeAlone(local, definition, call, results));
    const result = new Promise<number>((resolve, reject) => {
      this.#queue.push({ definition, shared, resolve, reject });
    });
    const settled = result
      .catch(() => {})
      .then(() => {
        shared.free();
        this.#unsettled.delete(settled);
      });
    this.#unsettled.add(settled);
    this.#openNext();
    return result;
  }

  /** Opens the calls that wait, as many as there is room for. */
  #openNext(): void {
    const pool = this.#pool;
    for (;;) {
      const next = this.#queue[0];
      if (!next) return;
      const slot = pool.slot;
      // While threads are being replaced, it waits.
      if (!slot && (pool.end === undefined || pool.isRestarting)) return;
      try {
        if (!slot) throw pool.end;
        const isOpen = this.#attempt((local) => this.#openLater(local, slot, next));
        if (!isOpen) return;
      } catch (error) {
        next.reject(error);
      }
      this.#queue.shift();
    }
  }

  /** Opens a call that waits, or does it if there is no room for it; returns whether it has not to wait longer. */
  #openLater(local: Local, slot: Slot, { definition, shared, resolve, reject }: Waiting): boolean {
    const pool = this.#pool;
    const work = this.#begin(local, definition, shared);
    if (!work) {
      if (!pool.isIdle) return false;
      resolve(this.#alone(local.engine, definition, shared));
      return true;
    }
    const { turns } = slot;
    const number = this.#open(slot, work, shared, definition, false);
    pool
      .done(number)
      .then(() => this.#attempt((local) => this.#finish(local, definition, shared, turns.fault)))
      .then(resolve, reject)
      .finally(() => this.#openNext());
    return true;
  }

  #open(
    { turns, job }: Slot,
    { isCounted, positives }: RowWork,
    { call, results, rowLosses }: SharedCall,
    definition: KernelLoss<object>,
    isPresent: boolean,
  ): number {
    const { rows, classes } = call;
    const { threads } = this;
    const { bell } = this.#pool;
    const number = bell.next;
    writeJob({ definition, call, results, rowLosses, positives }, job);
    const range = Math.max(Math.ceil(rows / (TAKES * threads)), Math.ceil(LEAST_TAKE / classes));
    turns.open({ number, rows, range, isChecked: isCounted, seats: threads }, isPresent);
    bell.ring(isPresent ? threads - 1 : threads);
    return number;
  }

  #alone(engine: WasmEngine, definition: KernelLoss<object>, shared: SharedCall): number {
    const sum = engine.run(definition, shared.call, shared.results);
    shared.copyOut();
    return sum;
  }

  #computeAlone(
    { engine }: Local,
    definition: KernelLoss<object>,
    call: Call<object>,
    results: Results,
  ): number {
    const { length } = call.logits;
    return this.#paces.measure(definition, length, () => engine.run(definition, call, results));
  }

  #isWorthwhile(definition: KernelLoss<object>, { rows, logits }: Call<object>, least: number): boolean {
    return rows > 1 && this.#paces.expected(definition, logits.length) >= least;
  }

  /** The call in shared memory, unless there is no room for it. */
  #share(call: Call<object>, results: Results): SharedCall | undefined {
    try {
      return new SharedCall(this.#memory, call, results);
    } catch (error) {
      if (isOutOfMemory(error)) return undefined;
      throw error;
    }
  }

  /** Gets a call ready to be opened, unless there is no room for it, or none yet. */
  #begin({ kernels }: Local, definition: KernelLoss<object>, shared: SharedCall): RowWork | undefined {
    const memory = this.#memory;
    const pool = this.#pool;
    const { call, results } = shared;
    const work = new RowWork(kernels, memory, definition, call, results);
    try {
      if (work.isCounted) {
        work.place(memory.stage(work.stageBytes(false)).start);
        work.check(0, call.rows);
      }
      const bytes = work.stageBytes(true);
      work.place(memory.stage(bytes).start);
      if (!pool.hasStages(bytes)) {
        if (!pool.isIdle) return undefined;
        pool.takeStages(bytes);
      }
    } catch (error) {
      if (isOutOfMemory(error)) return undefined;
      throw error;
    }
    return work;
  }

  #finish({ engine }: Local, definition: KernelLoss<object>, shared: SharedCall, fault: Fault): number {
    // Nothing was written: of what was refused, this tells what a single thread would have told.
    if (fault === "refused") return this.#alone(engine, definition, shared);
    if (fault === "lost") throw lost(undefined);
    shared.copyOut();
    return shared.sum();
  }

  #makeLocal(): Local {
    const memory = this.#memory;
    const kernels = sharedKernels(this.#module, this.#shared, 0);
    const { start, bytes } = memory.allocate(kernels.HEAP_BASE.value >>> 0);
    memory.bytes(start, bytes).fill(0);
    kernels.setPlace(start);
    return { kernels, engine: new WasmEngine(kernels, memory) };
  }

  /** An instance that has failed within its work is discarded, as RecoveringEngine does it. */
  #attempt<T>(work: (local: Local) => T): T {
    if (this.#isEnded) throw ended();
    const local = this.#local ?? this.#makeLocal();
    this.#local = undefined;
    try {
      const result = work(local);
      this.#local = local;
      return result;
    } catch (error) {
      if (error instanceof LossError) this.#local = local;
      throw error;
    }
  }
}
