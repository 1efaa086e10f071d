import { describe, expect, it } from "vitest";
import type { AnyArray } from "../../src/engine/checks.ts";
import { definitionOf } from "../../src/engine/definitions.ts";
import { Memory } from "../../src/engine/memory.ts";
import { validatorOf } from "../../src/engine/validate.ts";
import * as registry from "../../src/losses/index.ts";
import { JOB_NUMBERS, type Job, memoryOf, readJob, writeJob } from "../../src/parallel/job.ts";

/* What a thread reads of a call is what was written of it. */

const [rows, classes] = [2, 3];
const memory = new Memory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }), 0);
const { buffer } = memory;

/** The same numbers in the memory of all. */
function shared<T extends AnyArray>(array: T): T {
  const Type = array.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => T;
  const place = new Type(buffer, memory.lend(array.byteLength).start, array.length);
  place.set(array as never);
  return place;
}

const logits = () => shared(new Float32Array([2, -1, 0.5, -3, 1, 4]));
const labels = () => shared(new Uint8Array([1, 0, 0, 0, 0, 1]));
const offsets = new Int32Array([0, 1, 3]);
const indices = new Int32Array([0, 1, 2]);

function jobOf(name: keyof typeof registry, targets: unknown, options: object, results: Job["results"]): Job {
  const definition = definitionOf(registry[name]);
  const call = validatorOf(definition)(logits(), targets, { classes, reduction: "none", ...options });
  const { targets: read } = call;
  // Of class indices, as SharedCall copies them.
  if (read.kind === "sparse" && read.offsets.buffer !== buffer) {
    read.offsets = shared(read.offsets as Int32Array);
  }
  return { definition, call, results, rowLosses: 1024, positives: 2 };
}

function sent(job: Job): Job {
  const numbers = new Float64Array(JOB_NUMBERS);
  writeJob(job, 4096, numbers);
  expect(memoryOf(numbers)).toBe(4096);
  return readJob(numbers, buffer);
}

const nothing = { loss: undefined, grad: undefined, thresholdGrad: undefined };

describe("a job is read as it was written", () => {
  const cases: [string, () => Job][] = [
    ["plain labels", () => jobOf("zlpr", labels(), {}, nothing)],
    [
      "all results",
      () =>
        jobOf(
          "zlpr",
          labels(),
          { threshold: shared(new Float32Array([1, 2])) },
          {
            loss: shared(new Float32Array(rows)),
            grad: shared(new Float32Array(rows * classes)),
            thresholdGrad: shared(new Float32Array(rows)),
          },
        ),
    ],
    ["without a gradient", () => jobOf("zlpr", labels(), { gradient: false }, nothing)],
    ["soft labels", () => jobOf("zlpr", shared(new Float32Array(6).fill(0.25)), {}, nothing)],
    [
      "sparse labels",
      () => jobOf("zlpr", { offsets: shared(offsets), indices: shared(indices) }, {}, nothing),
    ],
    ["class indices", () => jobOf("softmaxCrossEntropy", shared(new Int32Array([2, 0])), {}, nothing)],
    [
      "a mask and weights of the rows",
      () =>
        jobOf(
          "sigmoidCrossEntropy",
          labels(),
          {
            mask: shared(new Uint8Array([1, 0, 1])),
            rowWeights: shared(new Float32Array([1, 3])),
            positiveWeights: shared(new Float32Array([1, 2, 3])),
          },
          nothing,
        ),
    ],
    [
      "a mask of each row",
      () => jobOf("zlpr", labels(), { mask: shared(new Uint8Array(6).fill(1)) }, nothing),
    ],
    ["numbers as options", () => jobOf("focal", labels(), { gamma: 3, alpha: 0.25 }, nothing)],
    [
      "an option that has no value",
      () => jobOf("combinatorialSoftmax", shared(new Uint8Array([1, 0, 0, 1, 0, 0])), {}, nothing),
    ],
  ];

  it.each(cases)("%s", (_, make) => {
    const job = make();
    const got = sent(job);
    expect(got.definition).toBe(job.definition);
    expect(got.rowLosses).toBe(1024);
    expect(got.positives).toBe(2);
    expect(got.results).toEqual(job.results);
    const { out: _out, returned: _returned, reduction: _reduction, targets, mask, ...rest } = job.call;
    const { targets: gotTargets, mask: gotMask, reduction, out, ...gotRest } = got.call;
    expect(gotRest).toMatchObject(rest);
    expect(gotTargets).toEqual({ ...targets });
    expect(gotMask).toEqual(mask);
    expect(reduction).toBe("none");
    expect(out).toEqual({ loss: undefined, grad: undefined });
    // The very memory, not a copy.
    expect(got.call.logits.buffer).toBe(buffer);
    expect(got.call.logits.byteOffset).toBe(job.call.logits.byteOffset);
  });
});
