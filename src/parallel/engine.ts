import type { Batch, DecisionCounts, LabelledScores, Results } from "../engine/engine.js";
import { LossError } from "../engine/error.js";
import type { KernelLoss } from "../engine/loss.js";
import { Memory } from "../engine/memory.js";
import { RowWork } from "../engine/rowWork.js";
import type { Call } from "../engine/validate.js";
import { WasmEngine } from "../engine/wasm.js";
import { type SharedKernels, sharedKernels } from "./instance.js";
import { writeJob } from "./job.js";
import { lost, Pool } from "./pool.js";
import { SharedCall } from "./sharedCall.js";
import { ended, type ThreadedEngine } from "./threaded.js";
import type { SharedRows, Turn } from "./turns.js";

/** From so many scores on, a call is shared out. */
const LEAST_SCORES = 2 ** 14;

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
  #local: Local | undefined;
  #isEnded = false;

  constructor({ variant, threads, module, script, hasCores, mayWait }: ParallelParts) {
    this.#mayWait = mayWait;
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
    });
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
    const isShared = this.#mayWait && this.#isWorthwhile(call) && pool.isIdle && pool.present > 0;
    return this.#attempt((local) => {
      const shared = isShared ? this.#share(call, results) : undefined;
      if (!shared) return local.engine.run(definition, call, results);
      try {
        const work = this.#begin(local, definition, shared);
        if (!work) return local.engine.run(definition, call, results);
        pool.turns.open(this.#turn(call, work), true);
        try {
          pool.turns.work(this.#rowsOf(local, work, shared));
        } finally {
          local.kernels.setLosses(0);
          pool.turns.waitForOthers();
        }
        return this.#finish(local, definition, shared);
      } finally {
        shared.free();
      }
    });
  }

  /** Has a call computed by the threads, one after the other. */
  async runLater(definition: KernelLoss<object>, call: Call<object>, results: Results): Promise<number> {
    const shared = this.#isWorthwhile(call) ? this.#share(call, results) : undefined;
    if (!shared) return this.#attempt(({ engine }) => engine.run(definition, call, results));
    const memory = this.#memory;
    const result = (memory.busy ?? Promise.resolve()).then(() => this.#runNext(definition, shared));
    const done = result
      .catch(() => {})
      .then(() => {
        shared.free();
        if (memory.busy === done) memory.busy = undefined;
      });
    memory.busy = done;
    return result;
  }

  async #runNext(definition: KernelLoss<object>, shared: SharedCall): Promise<number> {
    const pool = this.#pool;
    await pool.usable();
    const work = this.#attempt((local) => this.#begin(local, definition, shared));
    if (work) {
      pool.turns.open(this.#turn(shared.call, work), false);
      await pool.done();
      return this.#attempt((local) => this.#finish(local, definition, shared));
    }
    return this.#attempt(({ engine }) => this.#alone(engine, definition, shared));
  }

  #alone(engine: WasmEngine, definition: KernelLoss<object>, shared: SharedCall): number {
    const sum = engine.run(definition, shared.call, shared.results);
    shared.copyOut();
    return sum;
  }

  #isWorthwhile({ rows, logits }: Call<object>): boolean {
    return rows > 1 && logits.length >= LEAST_SCORES;
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

  /** Gets a job ready to be opened, unless there is no room for it. */
  #begin({ kernels }: Local, definition: KernelLoss<object>, shared: SharedCall): RowWork | undefined {
    const memory = this.#memory;
    const { call, results, rowLosses } = shared;
    const work = new RowWork(kernels, memory, definition, call, results);
    try {
      if (work.isCounted) {
        work.place(memory.stage(work.stageBytes(false)).start);
        work.check(0, call.rows);
      }
      const bytes = work.stageBytes(true);
      work.place(memory.stage(bytes).start);
      this.#pool.stage(bytes);
    } catch (error) {
      if (isOutOfMemory(error)) return undefined;
      throw error;
    }
    writeJob({ definition, call, results, rowLosses, positives: work.positives }, this.#pool.job);
    return work;
  }

  #turn({ rows, classes }: Call<object>, { isCounted }: RowWork): Turn {
    const range = Math.max(Math.ceil(rows / (TAKES * this.threads)), Math.ceil(LEAST_TAKE / classes));
    return { rows, range, isChecked: isCounted, seats: this.threads };
  }

  #rowsOf({ kernels }: Local, work: RowWork, { rowLosses }: SharedCall): SharedRows {
    return {
      check: (start, rows) => work.check(start, rows),
      compute(start, rows) {
        kernels.setLosses(rowLosses + 8 * start);
        work.compute(start, rows, 0);
      },
    };
  }

  #finish({ engine }: Local, definition: KernelLoss<object>, shared: SharedCall): number {
    const { fault } = this.#pool.turns;
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
