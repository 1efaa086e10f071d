import { LossError } from "../engine/error.js";
import type { Block, Memory } from "../engine/memory.js";
import { startThread, type Thread } from "./host.js";
import { JOB_NUMBERS } from "./job.js";
import { Turns, WORDS } from "./turns.js";
import type { ThreadStart } from "./worker.js";

/** What the threads of a pool have in common. */
export interface PoolOptions {
  threads: number;
  script: string | URL;
  module: WebAssembly.Module;
  shared: WebAssembly.Memory;
  memory: Memory;
  /** Bytes of what the kernels of a thread work with. */
  staticBytes: number;
  patience: number;
}

/** A job that threads of the pool do, all but the caller's. */
interface Pending {
  resolve(): void;
  reject(error: unknown): void;
}

interface Member {
  thread: Thread;
  isReady: boolean;
  stage: Block | undefined;
  /** The word that tells it where its stage is. */
  word: Int32Array;
}

/** What a call is told whose thread has ended. */
export function lost(cause: unknown): LossError {
  return new LossError("WORKER_LOST", {
    argument: "threads",
    expected: "threads that live until the call is done",
    received: "one that has ended",
    cause,
  });
}

/** Threads that wait for jobs. If one ends, all of them are replaced: what it has left behind, nobody knows. */
export class Pool {
  readonly #options: PoolOptions;
  #turns!: Turns;
  #job!: Float64Array;
  #members: Member[] = [];
  #blocks: Block[] = [];
  #pending: Pending | undefined;
  #ready!: Promise<void>;
  /** Why there are no threads any more. */
  #end: unknown;
  /** Settles when there are threads again. */
  #restart: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#start();
  }

  /** Settles when all threads wait for jobs. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  get turns(): Turns {
    return this.#turns;
  }

  /** The numbers of the next job. */
  get job(): Float64Array {
    return this.#job;
  }

  /** Whether a job can be opened. */
  get isIdle(): boolean {
    return this.#end === undefined && this.#pending === undefined;
  }

  /** How many threads wait for jobs. */
  get present(): number {
    return this.#members.filter(({ isReady }) => isReady).length;
  }

  /** Waits until a job can be opened. @throws LossError if none ever can. */
  async usable(): Promise<void> {
    await this.#restart;
    if (this.#end !== undefined) throw this.#end;
  }

  /** Gives each thread a stage of so many bytes. */
  stage(bytes: number): void {
    const { memory } = this.#options;
    for (const member of this.#members) {
      if (member.stage && member.stage.bytes >= bytes) continue;
      if (member.stage) memory.free(member.stage);
      member.stage = undefined;
      member.stage = memory.allocate(bytes);
      member.word[0] = member.stage.start;
    }
  }

  /** Waits for the job that was opened, without taking part in it. */
  done(): Promise<void> {
    for (const { thread } of this.#members) thread.keepAlive(true);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }

  /** Ends all threads, for a reason that the calls are told. */
  async terminate(reason: unknown): Promise<void> {
    this.#end = reason;
    const members = this.#members;
    this.#members = [];
    await Promise.all(members.map(({ thread }) => thread.terminate()));
    this.#settle(reason);
    for (const { stage } of members) if (stage) this.#options.memory.free(stage);
    for (const block of this.#blocks) this.#options.memory.free(block);
    this.#blocks = [];
  }

  #settle(error: unknown): void {
    const pending = this.#pending;
    this.#pending = undefined;
    for (const { thread } of this.#members) thread.keepAlive(false);
    if (error === undefined) pending?.resolve();
    else pending?.reject(error);
  }

  #start(): void {
    const { memory, threads, staticBytes, module, shared, patience, script } = this.#options;
    const take = (bytes: number) => {
      const block = memory.allocate(bytes);
      memory.bytes(block.start, block.bytes).fill(0);
      this.#blocks.push(block);
      return block.start;
    };
    const words = take(4 * WORDS);
    const job = take(8 * JOB_NUMBERS);
    const stages = take(4 * threads);
    this.#turns = new Turns(memory.integers(words, WORDS), patience);
    this.#job = memory.doubles(job, JOB_NUMBERS);
    const all: Promise<void>[] = [];
    for (let i = 0; i < threads; i++) {
      const stage = stages + 4 * i;
      const start: ThreadStart = {
        module,
        memory: shared,
        places: { words, job, stage, statics: take(staticBytes) },
        patience,
      };
      all.push(
        new Promise((resolve, reject) => {
          const member: Member = {
            thread: startThread(script, start, {
              message: (text) => {
                if (text === "done") {
                  this.#settle(undefined);
                  return;
                }
                member.isReady = true;
                member.thread.keepAlive(this.#pending !== undefined);
                resolve();
              },
              end: (cause) => {
                reject(lost(cause));
                this.#lose(member, cause);
              },
            }),
            isReady: false,
            stage: undefined,
            word: memory.integers(stage, 1),
          };
          this.#members.push(member);
        }),
      );
    }
    this.#ready = Promise.all(all).then(() => {});
    // Whoever does not wait for it learns of it from a call.
    this.#ready.catch(() => {});
  }

  /** A thread has ended, by itself or by somebody else's hand. */
  #lose(member: Member, cause: unknown): void {
    if (!this.#members.includes(member)) return;
    const error = lost(cause);
    const isOver = this.terminate(error);
    // Threads that do not even start are not started again and again.
    if (!member.isReady) return;
    this.#restart = isOver.then(() => {
      this.#restart = undefined;
      if (this.#end !== error) return;
      this.#end = undefined;
      this.#start();
    });
  }
}
