import { Memory } from "../engine/memory.js";
import { RowWork } from "../engine/rowWork.js";
import { type SharedPlaces, sharedKernels } from "./instance.js";
import { JOB_NUMBERS, readJob } from "./job.js";
import { Turns, WORDS } from "./turns.js";

/*
 * What runs in a thread: it waits for jobs, for ever. The build makes one script of this file, which the package has as text,
 * so that there is no file to be found at run time.
 */

/** What a thread is told at the start. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  places: SharedPlaces;
  /** Milliseconds to look for the next job before sleeping. */
  patience: number;
}

/** The memory as a thread sees it: everything in it is lent, and its stage is one that it was given. */
class ThreadMemory extends Memory {
  override isLent(): boolean {
    return true;
  }
}

function serve({ module, memory, places, patience }: ThreadStart, post: (text: string) => void): never {
  const kernels = sharedKernels(module, memory, places.statics);
  const own = new ThreadMemory(memory, 0);
  const turns = new Turns(new Int32Array(memory.buffer, places.words, WORDS), patience);
  const stage = new Int32Array(memory.buffer, places.stage, 1);
  const numbers = new Float64Array(memory.buffer, places.job, JOB_NUMBERS);
  post("ready");
  for (let last = 0; ; ) {
    last = turns.next(last);
    if (!turns.join()) continue;
    try {
      own.renew();
      const { definition, call, results, rowLosses, positives } = readJob(numbers, memory.buffer);
      const work = new RowWork(kernels, own, definition, call, results);
      work.positives = positives;
      work.place((stage[0] as number) >>> 0);
      turns.work({
        check: (start, rows) => work.check(start, rows),
        compute(start, rows) {
          kernels.setLosses(rowLosses + 8 * start);
          work.compute(start, rows, 0);
        },
      });
    } finally {
      if (turns.leave()) post("done");
    }
  }
}

const parent =
  typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:worker_threads").parentPort;
if (parent) {
  parent.once("message", (start: ThreadStart) => serve(start, (text) => parent.postMessage(text)));
} else {
  globalThis.onmessage = ({ data }) => serve(data as ThreadStart, (text) => globalThis.postMessage(text));
}
