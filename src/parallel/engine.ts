import type { Batch, DecisionCounts, LabelledScores, Results } from "../engine/engine.js";
import { LossError } from "../engine/error.js";
import type { KernelLoss } from "../engine/loss.js";
import { type Block, Memory } from "../engine/memory.js";
import { RecoveringEngine } from "../engine/recovering.js";
import { RowWork } from "../engine/rowWork.js";
import type { Call } from "../engine/validate.js";
import { WasmEngine } from "../engine/wasm.js";
import type { ThreadScript } from "./host.js";
import { rowsOf, type SharedKernels, sharedKernels } from "./instance.js";
import { writeJob } from "./job.js";
import { Paces } from "./pace.js";
import { lost, Pool } from "./pool.js";
import { SharedCall } from "./sharedCall.js";
import type { Slot } from "./slots.js";
import { ended, type ThreadedEngine } from "./threaded.js";
import type { Turns } from "./turns.js";

/** What a call has to take one thread, in milliseconds but for the first, for it to be shared out; and how it is then. */
export interface Crossover {
  /** Of fewer scores, the time of a call is mostly that of the call itself. */
  scores: number;
  /** Where threads look for work. */
  awake: number;
  /** Where they have to be woken: that takes time, and they come late. */
  asleep: number;
  /** Where the caller does not wait, and has to be told. */
  later: number;
  /** What a promise may hold its caller up, which computes too and waits for the others: to be told takes longer. */
  held: number;
}

/** Of a call, every thread takes rows about so often: the last one to finish is not much later than the others. */
const TAKES = 4;

/** But so many scores at least. */
const LEAST_TAKE = 2 ** 12;

/** Milliseconds. */
const PATIENCE = 0.2;

/** More threads wait for memory, so that a caller cannot count on them. */
const MOST_GAIN = 4;

/** What an engine over shared memory is made of. */
export interface ParallelParts {
  variant: "relaxed" | "simd";
  threads: number;
  module: WebAssembly.Module;
  /** The script of a thread. */
  script: ThreadScript;
  /** How many cores there are: where every thread has one of its own, it may look for work for a while. */
  cores: number;
  /** Whether this thread may wait for the others. */
  mayWait: boolean;
  crossover: Crossover;
  /** Milliseconds after which this thread does not wait any longer for one that does not come. */
  lostAfter: number;
}

/** A call in the memory of all. */
interface Prepared {
  definition: KernelLoss<object>;
  shared: SharedCall;
  work: RowWork;
}

/** One that nobody has begun. */
interface Waiting extends Prepared {
  resolve(sum: number): void;
  reject(error: unknown): void;
}

/** What computes on the thread that calls. */
class LocalEngine extends WasmEngine {
  readonly kernels: SharedKernels;

  constructor(kernels: SharedKernels, memory: Memory) {
    super(kernels, memory);
    this.kernels = kernels;
  }
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
  /** What the kernels of this thread work with. */
  readonly #statics: Block;
  readonly #pool: Pool;
  readonly #mayWait: boolean;
  readonly #crossover: Crossover;
  readonly #paces = new Paces();
  /** How many times as fast as one thread all of them are, at most. */
  readonly #gain: number;
  readonly #local: RecoveringEngine<LocalEngine>;
  /** How many calls were shared out. */
  sharedCalls = 0;
  /** Of all threads, once it was asked for. */
  #end: Promise<void> | undefined;
  readonly #queue: Waiting[] = [];
  /** A promise for each call that is not done. */
  readonly #unsettled = new Set<Promise<void>>();

  constructor(parts: ParallelParts) {
    const { variant, threads, module, script, cores, mayWait, crossover, lostAfter } = parts;
    this.#mayWait = mayWait;
    this.#crossover = crossover;
    this.variant = variant;
    this.threads = threads;
    this.#gain = Math.min(threads, cores, MOST_GAIN);
    this.#module = module;
    const kernels = sharedKernels(module, this.#shared, 0);
    const staticBytes = kernels.HEAP_BASE.value >>> 0;
    this.#memory = new Memory(this.#shared, staticBytes);
    this.#statics = this.#memory.allocate(staticBytes);
    this.#pool = new Pool({
      threads,
      script,
      module,
      shared: this.#shared,
      memory: this.#memory,
      staticBytes,
      waits: { patience: threads <= cores ? PATIENCE : 0, lookers: threads - 1, lostAfter },
      onRoom: () => this.#openNext(),
    });
    this.#memory.settled = () => (this.#unsettled.size > 0 ? Promise.all(this.#unsettled) : undefined);
    this.#local = new RecoveringEngine(() => this.#makeLocal());
  }

  get ready(): Promise<void> {
    return this.#pool.ready;
  }

  terminate(): Promise<void> {
    this.#end ??= this.#pool.terminate(ended());
    this.#memory.close();
    return this.#end;
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    return this.#live.allocate(rows, classes, isSoft);
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return this.#live.countDecisions(scores, threshold);
  }

  /** Computes a call at once, with the help of the threads that are there. */
  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    const live = this.#live;
    if (!this.#isLarge(call)) return live.run(definition, call, results);
    const { awake, asleep } = this.#crossover;
    const way = this.#paces.wayOf(definition, call, this.#pool.bell.isHeard ? awake : asleep);
    if (way === "one") return live.run(definition, call, results);
    if (way === "all" && this.#isPossible) {
      return live.attempt((local) => this.#runByAll(local, definition, call, results));
    }
    return this.#paces.measure(definition, call, () => live.run(definition, call, results));
  }

  #runByAll(
    local: LocalEngine,
    definition: KernelLoss<object>,
    call: Call<object>,
    results: Results,
  ): number {
    const slot = this.#pool.slot as Slot;
    const prepared = this.#prepare(local, definition, call, results);
    if (!prepared) return local.run(definition, call, results);
    const { shared, work } = prepared;
    let areOver = true;
    try {
      if (this.#place(work) !== "placed") return local.run(definition, call, results);
      const { turns } = slot;
      this.#open(slot, prepared, true);
      try {
        turns.work(rowsOf(local.kernels, work, shared.rowLosses));
      } catch (error) {
        turns.fail("lost");
        throw error;
      } finally {
        local.kernels.setLosses(0);
        areOver = turns.waitForOthers();
      }
      return this.#finish(prepared, turns);
    } finally {
      // What a thread may still write to is nobody else's.
      if (areOver) shared.free();
      else this.#pool.replace(lost(undefined));
    }
  }

  /** Has a call computed by the threads; or does it at once, if that does not take long. */
  runLater(definition: KernelLoss<object>, call: Call<object>, results: Results): number | Promise<number> {
    if (this.#isAtOnce(definition, call)) return this.run(definition, call, results);
    const prepared = this.#live.attempt((local) => this.#prepare(local, definition, call, results));
    if (!prepared) return this.run(definition, call, results);
    const result = new Promise<number>((resolve, reject) => {
      this.#queue.push({ ...prepared, resolve, reject });
    });
    const settled = result
      .catch(() => {})
      .then(() => {
        prepared.shared.free();
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
      if (!slot && pool.end === undefined) return;
      try {
        if (!slot) throw pool.end;
        const isOpen = this.#live.attempt(() => this.#openLater(slot, next));
        if (!isOpen) return;
      } catch (error) {
        next.reject(error);
      }
      this.#queue.shift();
    }
  }

  /** Opens a call that waits, or does it if there is no room for it; returns whether it has not to wait longer. */
  #openLater(slot: Slot, waiting: Waiting): boolean {
    const { resolve, reject } = waiting;
    const place = this.#place(waiting.work);
    if (place === "later") return false;
    if (place === "never") {
      resolve(this.#alone(waiting));
      return true;
    }
    const { turns } = slot;
    const number = this.#open(slot, waiting, false);
    this.#pool
      .done(number)
      .then((isDone) => {
        if (isDone) resolve(this.#live.attempt(() => this.#finish(waiting, turns)));
        else this.#queue.unshift(waiting);
      })
      .catch(reject)
      .finally(() => this.#openNext());
    return true;
  }

  #open({ turns, job }: Slot, { definition, shared, work }: Prepared, isPresent: boolean): number {
    const { call, results, rowLosses } = shared;
    const { rows, classes } = call;
    const { threads } = this;
    const { bell } = this.#pool;
    const number = bell.next;
    const told = { definition, call, results, rowLosses, positives: work.positives };
    writeJob(told, this.#memory.buffer.byteLength, job);
    const range = Math.max(Math.ceil(rows / (TAKES * threads)), Math.ceil(LEAST_TAKE / classes));
    turns.open({ number, rows, range, isChecked: work.isCounted, seats: threads }, isPresent);
    bell.ring(isPresent ? threads - 1 : threads);
    this.sharedCalls++;
    return number;
  }

  #alone({ shared, work }: Prepared): number {
    const sum = work.run();
    shared.copyOut();
    return sum;
  }

  /** Whether a promise is done at once, by all threads or by the one that calls. */
  #isAtOnce(definition: KernelLoss<object>, call: Call<object>): boolean {
    if (!this.#isLarge(call)) return true;
    const { later, held } = this.#crossover;
    const expected = this.#paces.expected(definition, call);
    if (expected !== undefined) {
      // Whether one thread or all of them do it: so nothing more is asked of a short call.
      if (expected < later && expected < held) return true;
      if (this.#isPossible) return expected / this.#gain < held;
    }
    return this.#paces.wayOf(definition, call, later) !== "all";
  }

  /** Whether the caller can compute with all others, and wait for them. */
  get #isPossible(): boolean {
    const pool = this.#pool;
    return this.#mayWait && pool.isIdle && pool.present > 0;
  }

  #isLarge({ rows, logits }: Call<object>): boolean {
    return rows > 1 && logits.length >= this.#crossover.scores;
  }

  /** Brings a call into the memory of all, unless there is no room for it. What is wrong with it shows here, or in the check. */
  #prepare(
    { kernels }: LocalEngine,
    definition: KernelLoss<object>,
    call: Call<object>,
    results: Results,
  ): Prepared | undefined {
    const memory = this.#memory;
    let shared: SharedCall | undefined;
    try {
      shared = new SharedCall(memory, call, results);
      const { block, call: sharedCall, results: sharedResults } = shared;
      const work = memory.lending(
        block,
        () => new RowWork(kernels, memory, definition, sharedCall, sharedResults),
      );
      if (work.isCounted) {
        work.place(memory.stage(work.stageBytes(false)).start);
        work.check(0, call.rows);
      }
      return { definition, shared, work };
    } catch (error) {
      shared?.free();
      if (isOutOfMemory(error)) return undefined;
      throw error;
    }
  }

  /** Gives all threads room to work in: not before they are done with other calls, nor if there is none. */
  #place(work: RowWork): "placed" | "later" | "never" {
    const pool = this.#pool;
    try {
      const bytes = work.stageBytes(true);
      work.place(this.#memory.stage(bytes).start);
      if (pool.hasStages(bytes)) return "placed";
      if (!pool.isIdle) return "later";
      pool.takeStages(bytes);
      return "placed";
    } catch (error) {
      if (isOutOfMemory(error)) return "never";
      throw error;
    }
  }

  #finish(prepared: Prepared, { fault, busy }: Turns): number {
    // Nothing was written: of what was refused, this tells what a single thread would have told.
    if (fault === "refused") return this.#alone(prepared);
    if (fault === "lost") {
      const error = lost(undefined);
      this.#pool.replace(error);
      throw error;
    }
    const { definition, shared } = prepared;
    this.#paces.noteShared(definition, shared.call, busy);
    shared.copyOut();
    return shared.sum();
  }

  /** An instance for this thread; there is never more than one that works. */
  #makeLocal(): LocalEngine {
    const memory = this.#memory;
    const kernels = sharedKernels(this.#module, this.#shared, this.#statics.start);
    memory.bytes(this.#statics.start, this.#statics.bytes).fill(0);
    return new LocalEngine(kernels, memory);
  }

  /** What computes on this thread, unless all was ended. */
  get #live(): RecoveringEngine<LocalEngine> {
    if (this.#end) throw ended();
    return this.#local;
  }
}
