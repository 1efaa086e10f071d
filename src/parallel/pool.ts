import { LossError } from "../engine/error.js";
import type { Block, Memory } from "../engine/memory.js";
import { startThread, type Thread, type ThreadScript } from "./host.js";
import { JOBS_BYTES, type Slot, slotOf, slotsAt, type Waits, WORDS_BYTES } from "./slots.js";
import type { Bell } from "./turns.js";
import type { ThreadStart } from "./worker.js";

/** What the threads of a pool have in common. */
export interface PoolOptions {
  threads: number;
  script: ThreadScript;
  module: WebAssembly.Module;
  shared: WebAssembly.Memory;
  memory: Memory;
  /** Bytes of what the kernels of a thread work with. */
  staticBytes: number;
  waits: Waits;
  /** Called when jobs can be opened again that could not. */
  onRoom(): void;
}

/** Somebody waits for a job. */
interface Pending {
  resolve(isDone: boolean): void;
  reject(error: unknown): void;
}

interface Member {
  thread: Thread;
  /** Tells those who wait for it that it will not come. */
  giveUp(reason: unknown): void;
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

function notStarted(cause: unknown): LossError {
  return new LossError("UNSUPPORTED", {
    argument: "threads",
    expected: "threads that start",
    received:
      "one that does not; where a policy forbids workers from blob:, options.worker names their script",
    cause,
  });
}

/** Threads that end before they are there are started again so often. */
const MOST_STARTS = 3;

/** Threads that wait for jobs. If one ends, all of them are replaced: what it has left behind, nobody knows. */
export class Pool {
  readonly #options: PoolOptions;
  #bell!: Bell;
  #slots!: Slot[];
  #members: Member[] = [];
  #blocks: Block[] = [];
  /** By the numbers of the jobs. */
  readonly #pending = new Map<number, Pending>();
  #ready!: Promise<void>;
  /** Why there are no threads. */
  #end: unknown;
  /** Whether all threads were there once; and how often they were started since. */
  #hasStarted = false;
  #starts = 0;
  /** While threads are replaced: settles when there are new ones, or none ever. */
  #replacement: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#start();
  }

  /** Settles when all threads wait for jobs: those that took the place of others, if one has ended meanwhile. */
  get ready(): Promise<void> {
    return this.#whenReady();
  }

  async #whenReady(): Promise<void> {
    for (;;) {
      await this.#replacement;
      const ready = this.#ready;
      const isLast = () => this.#ready === ready && !this.#replacement;
      try {
        await ready;
        if (isLast()) return;
      } catch (error) {
        if (isLast()) throw error;
      }
    }
  }

  get bell(): Bell {
    return this.#bell;
  }

  /** Why no job will ever be opened again. */
  get end(): unknown {
    return this.#replacement ? undefined : this.#end;
  }

  /** Whether there is no job. */
  get isIdle(): boolean {
    return this.#end === undefined && this.#pending.size === 0;
  }

  /** The slot of the next job, if it is free. */
  get slot(): Slot | undefined {
    const number = this.#bell.next;
    const isTaken = [...this.#pending.keys()].some(
      (other) => slotOf(this.#slots, other) === slotOf(this.#slots, number),
    );
    return this.#end === undefined && !isTaken ? slotOf(this.#slots, number) : undefined;
  }

  /** How many threads wait for jobs. */
  get present(): number {
    let count = 0;
    for (const { isReady } of this.#members) if (isReady) count++;
    return count;
  }

  /** Whether all threads have a stage of so many bytes. */
  hasStages(bytes: number): boolean {
    return this.#members.every(({ stage }) => stage !== undefined && stage.bytes >= bytes);
  }

  /** Gives each thread a stage of so many bytes. There has to be no job. */
  takeStages(bytes: number): void {
    const { memory } = this.#options;
    for (const member of this.#members) {
      if (member.stage && member.stage.bytes >= bytes) continue;
      if (member.stage) memory.free(member.stage);
      member.stage = undefined;
      member.stage = memory.allocate(bytes);
      member.word[0] = member.stage.start;
    }
  }

  /** Waits for a job, without taking part in it. Gives false if the threads have ended, and none of them had begun it. */
  done(number: number): Promise<boolean> {
    this.#keepAlive(true);
    return new Promise((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
    });
  }

  /** Ends all threads, for a reason that the calls are told. */
  async terminate(reason: unknown): Promise<void> {
    await Promise.all([this.#endAll(reason), this.#replacement]);
  }

  async #endAll(reason: unknown): Promise<void> {
    this.#end = reason;
    const members = this.#members;
    const blocks = this.#blocks;
    this.#members = [];
    this.#blocks = [];
    const { memory } = this.#options;
    for (const { giveUp } of members) giveUp(reason);
    const areOver = await Promise.all(members.map(({ thread }) => thread.terminate()));
    for (const [number, { resolve, reject }] of [...this.#pending].reverse()) {
      if (slotOf(this.#slots, number).turns.isUntouched) resolve(false);
      else reject(reason);
    }
    this.#pending.clear();
    // What a thread may still write to is nobody else's.
    if (areOver.includes(false)) return;
    for (const { stage } of members) if (stage) memory.free(stage);
    for (const block of blocks) memory.free(block);
  }

  #keepAlive(isWanted: boolean): void {
    for (const { thread, isReady } of this.#members) thread.keepAlive(isWanted || !isReady);
  }

  #hear(member: Member, message: unknown): void {
    // Of one that was replaced, the numbers mean nothing any more.
    if (!this.#members.includes(member)) return;
    if (message instanceof Error) {
      this.replace(lost(message));
      return;
    }
    if (typeof message === "number") {
      this.#pending.get(message)?.resolve(true);
      this.#pending.delete(message);
    } else {
      member.isReady = true;
    }
    this.#keepAlive(this.#pending.size > 0);
  }

  #take(bytes: number): number {
    const { memory } = this.#options;
    const block = memory.allocate(bytes);
    memory.bytes(block.start, block.bytes).fill(0);
    this.#blocks.push(block);
    return block.start;
  }

  #start(): void {
    const { memory, threads, staticBytes, module, shared, waits } = this.#options;
    const words = this.#take(WORDS_BYTES);
    const jobs = this.#take(JOBS_BYTES);
    const stages = this.#take(4 * threads);
    const statics = Array.from({ length: threads }, () => this.#take(staticBytes));
    const { bell, slots } = slotsAt(memory.buffer, { words, jobs }, waits);
    this.#bell = bell;
    this.#slots = slots;
    // Threads wait for each other for ever: their pool looks after them.
    const ofThreads = { ...waits, lostAfter: Number.POSITIVE_INFINITY };
    const starting = statics.map((place, i) => {
      const places = { words, jobs, stage: stages + 4 * i, statics: place };
      return this.#startMember({ module, memory: shared, places, waits: ofThreads });
    });
    this.#starts++;
    const ready = Promise.all(starting).then(() => {
      this.#starts = 0;
      this.#hasStarted = true;
    });
    this.#ready = ready;
    // Whoever does not wait for it learns of it from a call.
    ready.catch((error) => {
      if (this.#ready === ready) this.replace(error);
    });
  }

  /** Starts a thread; settles when it waits for jobs. */
  #startMember(start: ThreadStart): Promise<void> {
    return new Promise((resolve, reject) => {
      // Where threads did start before, others will.
      const refuse = (cause: unknown) =>
        reject(this.#hasStarted && this.#starts < MOST_STARTS ? lost(cause) : notStarted(cause));
      try {
        const member: Member = {
          thread: startThread(this.#options.script, start, {
            message: (message) => {
              this.#hear(member, message);
              if (member.isReady) resolve();
            },
            end: (cause) => {
              // One that was ended on purpose is no member any more.
              if (!this.#members.includes(member)) return;
              if (member.isReady) this.replace(lost(cause));
              else refuse(cause);
            },
          }),
          giveUp: reject,
          isReady: false,
          stage: undefined,
          word: this.#options.memory.integers(start.places.stage, 1),
        };
        this.#members.push(member);
      } catch (cause) {
        refuse(cause);
      }
    });
  }

  /** Starts new threads in place of all that there are: one of them cannot go on. */
  replace(error: LossError): void {
    if (this.#end === undefined) this.#replacement = this.#startAnew(error);
  }

  async #startAnew(error: LossError): Promise<void> {
    await this.#endAll(error);
    // Threads that do not even start are not started again and again; nor are others after `terminate`.
    if (error.code === "WORKER_LOST" && this.#end === error) {
      this.#end = undefined;
      try {
        this.#start();
      } catch (cause) {
        // There is no room for them.
        this.#end = cause;
      }
    }
    this.#replacement = undefined;
    this.#options.onRoom();
  }
}
