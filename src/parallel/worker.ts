import { type Block, Memory } from "../engine/memory.js";
import { RowWork } from "../engine/rowWork.js";
import { rowsOf, sharedKernels } from "./instance.js";
import { memoryOf, readJob } from "./job.js";
import { type SharedPlaces, type Slot, slotOf, slotsAt, type Waits } from "./slots.js";
import { SLOTS } from "./turns.js";

/*
 * What runs in a thread: it waits for jobs, for ever. The build makes one script of this file, which the package has as text,
 * so that there is no file to be found at run time.
 */

/** What a thread is told at the start. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  places: SharedPlaces;
  waits: Waits;
}

/** The memory as a thread sees it: everything in it is lent, and its stage is one that it was given. */
class ThreadMemory extends Memory {
  override pieceAt(start: number, end: number): Block {
    return { start, bytes: end - start };
  }
}

function serve({ module, memory, places, waits }: ThreadStart, post: (message: unknown) => void): never {
  // Asked for, the engine tells of all that the others have grown.
  memory.grow(0);
  const kernels = sharedKernels(module, memory, places.statics);
  const own = new ThreadMemory(memory, 0);
  const { bell, slots } = slotsAt(memory.buffer, places, waits);
  const stage = new Int32Array(memory.buffer, places.stage, 1);

  /** Takes part in a job, if it can. Returns whether to look for the next one: an event loop needs its core for itself. */
  function attend({ turns, job }: Slot): boolean {
    const { hasCaller } = turns;
    // Who was late will be in time for the next one.
    if (!turns.join()) return hasCaller && turns.isOver;
    try {
      own.renew(memoryOf(job));
      const { definition, call, results, rowLosses, positives } = readJob(job, own.buffer);
      const work = new RowWork(kernels, own, definition, call, results);
      work.positives = positives;
      work.place((stage[0] as number) >>> 0);
      turns.work(rowsOf(kernels, work, rowLosses));
    } catch (error) {
      turns.fail("lost");
      // Before it leaves: the end of the call is told after it.
      post(error);
      throw error;
    } finally {
      const { number } = turns;
      if (turns.leave()) post(number);
    }
    return hasCaller;
  }

  post("ready");
  let isEager = false;
  for (let last = 0; ; ) {
    const newest = bell.wait(last, isEager);
    isEager = false;
    for (let before = SLOTS - 1; before >= 0; before--) {
      const number = (newest - before) | 0;
      if (((number - last) | 0) > 0 && attend(slotOf(slots, number))) isEager = true;
    }
    last = newest;
  }
}

const parent =
  typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:worker_threads").parentPort;
if (parent) {
  parent.once("message", (start: ThreadStart) => serve(start, (message) => parent.postMessage(message)));
} else {
  globalThis.onmessage = ({ data }) =>
    serve(data as ThreadStart, (message) => globalThis.postMessage(message));
}
