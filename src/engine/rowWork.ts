import type { Results } from "./engine.js";
import type { LossError } from "./error.js";
import type { Kernels } from "./load.js";
import type { KernelLoss, KernelShape } from "./loss.js";
import type { Memory } from "./memory.js";
import { Part } from "./part.js";
import {
  checkCounts,
  countPositives,
  invalidLabel,
  isSingle,
  markRows,
  pack,
  takesIndices,
  view,
} from "./rows.js";
import type { Call, Mask, SparseTargets, Targets } from "./validate.js";

/** Rows that have to be copied go through a stage of this many bytes, so that they stay in the processor's cache. */
export const STAGE_BYTES = 2 ** 18;

/** Of the weights of the classes, kernels read whole vectors. */
const SLACK = 32;

/** A mask as the kernels see it: what it keeps is moved to the front of the rows on the stage, and the gradient back. */
interface Masked {
  mask: Part;
  lengths: Part;
}

/** The options of some losses that may be arrays. */
export interface ArrayOptions {
  threshold?: number | Float32Array;
  positiveWeights?: number | Float32Array;
}

/** The parts of a call that kernels are given. */
interface Parts {
  logits: Part;
  labels: Part;
  grad: Part | undefined;
  loss: Part | undefined;
  weights: Part | undefined;
  thresholdGrad: Part | undefined;
  mask: Part | undefined;
  lengths: Part | undefined;
  thresholds: Part | undefined;
  classWeights: Part | undefined;
  counts: Part | undefined;
  indices: Part | undefined;
}

/**
 * A call as work on its rows, which may be done some at a time and in any order: first all of them are checked, then
 * they are computed.
 */
export class RowWork {
  readonly #kernels: Kernels;
  readonly #memory: Memory;
  readonly #definition: KernelLoss<object>;
  readonly #call: Call<object>;
  readonly #results: Results;
  /** Whether the rows have a right number of positive classes, and may have a wrong one: memory depends on it. */
  readonly isCounted: boolean;
  readonly #parts: Parts;
  readonly #all: Part[];
  /** Where the gradient lies, also if a mask lets it go over the stage. */
  readonly #gradPointer: number | undefined;
  /** How many rows there is room for on the stage. */
  readonly #chunk: number;
  readonly #partBytes: number;
  readonly #shape: KernelShape;
  /** Where the stage is; -1 for none. */
  #stage = -1;
  /** The first of the rows whose labels are on the stage as the kernels take them; -1 for none. */
  #staged = -1;

  constructor(
    kernels: Kernels,
    memory: Memory,
    definition: KernelLoss<object>,
    given: Call<object>,
    results: Results,
  ) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#definition = definition;
    this.#results = results;
    this.#call = this.#packable(given);
    const call = this.#call;
    const { rows, classes, targets } = call;
    const isSoft = targets.kind === "soft";
    this.isCounted =
      definition.wrongCount !== undefined &&
      !isSoft &&
      !(isSingle(call) && definition.wrongCount(1, call.own) === undefined);
    const masked = call.mask && this.#mask(call.mask, classes);
    this.#parts = this.#makeParts(masked);
    const { grad } = this.#parts;
    this.#gradPointer =
      masked && results.grad ? memory.pointerTo(results.grad, "options.out.grad") : grad?.pointer;
    this.#all = Object.values(this.#parts).filter((part) => part !== undefined);
    // Pointers are known from here on: growing the memory for the stage may detach the arrays themselves.
    let rowBytes = 0;
    for (const part of this.#all) rowBytes += part.stagedBytes;
    this.#chunk = rowBytes > 0 ? Math.min(rows, Math.max(1, Math.floor(STAGE_BYTES / rowBytes))) : rows;
    this.#partBytes = rowBytes > 0 ? this.#chunk * rowBytes + 16 * this.#all.length + SLACK : 0;
    this.#shape = { classes, positives: 0, isSoft, gradient: call.gradient };
  }

  /** Bytes of the stage: before the check, of those that are counted, without what the kernel works in. */
  stageBytes(isChecked: boolean): number {
    if (this.isCounted && !isChecked) return this.#partBytes;
    return this.#partBytes + (this.#definition.scratch?.(this.#kernels, this.#call.own, this.#shape) ?? 0);
  }

  /** The greatest number of positive classes of a row that was found in the check. */
  get positives(): number {
    return this.#shape.positives;
  }

  set positives(count: number) {
    this.#shape.positives = count;
  }

  /** Settles on a stage of at least `stageBytes`. */
  place(stage: number): void {
    if (stage === this.#stage) return;
    this.#stage = stage;
    this.#staged = -1;
    let at = stage;
    for (const part of this.#all) at = part.settle(at, this.#chunk);
  }

  /** Throws for the first of these rows whose labels the loss does not take. */
  check(first: number, rows: number): void {
    const { targets, mask, classes } = this.#call;
    const { labels, counts } = this.#parts;
    if (targets.kind === "sparse") {
      if (this.isCounted) this.#check((row) => countPositives(this.#call, row), first, rows);
      return;
    }
    const { kind, values } = targets;
    const kernels = this.#kernels;
    const firstInvalid = kind === "soft" ? kernels.firstInvalidTarget : kernels.firstInvalidLabel;
    for (let start = first; start < first + rows; start += this.#chunk) {
      const count = Math.min(this.#chunk, first + rows - start);
      // Those that the mask leaves out are checked as well.
      let pointer = labels.at(start);
      if (mask) this.#memory.write(pointer, view(values, start * classes, count * classes));
      else pointer = labels.copyIn(start, count);
      const found = firstInvalid(pointer, count * classes);
      if (found >= 0) throw this.#invalid(kind, pointer, found, start);
      this.#staged = mask ? -1 : start;
      if (!counts) continue;
      kernels.countRows(pointer, count, classes, counts.at(start));
      const inChunk = this.#memory.integers(counts.at(start), count);
      this.#check((row) => inChunk[row - start] as number, start, count);
    }
    // Of masked labels, the host counts.
    if (this.isCounted && !counts) this.#check((row) => countPositives(this.#call, row), first, rows);
  }

  #check(countOf: (row: number) => number, start: number, count: number): void {
    const most = checkCounts(this.#definition, this.#call, countOf, start, count);
    this.#shape.positives = Math.max(this.#shape.positives, most);
  }

  #invalid(kind: "multi-hot" | "soft", pointer: number, found: number, start: number): LossError {
    const { classes } = this.#call;
    const memory = this.#memory;
    const [value] =
      kind === "soft" ? memory.floats(pointer + 4 * found, 1) : memory.bytes(pointer + found, 1);
    return invalidLabel(kind, value as number, start * classes + found, classes);
  }

  /** Computes these rows; returns sum + Σ weight·loss. */
  compute(first: number, rows: number, sumBefore: number): number {
    const kernels = this.#kernels;
    const { classes, factor, own, targets } = this.#call;
    const parts = this.#parts;
    const { logits, labels, grad, loss, weights, thresholdGrad } = parts;
    let sum = sumBefore;
    for (let start = first; start < first + rows; start += this.#chunk) {
      const count = Math.min(this.#chunk, first + rows - start);
      parts.mask?.copyIn(start, count);
      const lengths = parts.lengths?.copyIn(start, count) ?? 0;
      kernels.setCall(
        logits.copyIn(start, count),
        // A single chunk is where the check has left it.
        start === this.#staged ? labels.at(start) : labels.copyIn(start, count),
        grad?.at(start) ?? 0,
        loss?.at(start) ?? 0,
        weights?.copyIn(start, count) ?? 0,
        count,
        classes,
        factor,
        sum,
      );
      this.#staged = -1;
      if (this.#stage >= 0) {
        kernels.setParts(
          lengths,
          parts.thresholds?.copyIn(start, count) ?? 0,
          thresholdGrad?.at(start) ?? 0,
          parts.classWeights?.copyIn(start, count) ?? 0,
          this.#stage + this.#partBytes,
          parts.indices?.copyIn(start, count) ?? 0,
        );
      }
      sum = this.#definition.kernel(kernels, own, targets.kind === "soft");
      grad?.copyOut(start, count);
      loss?.copyOut(start, count);
      thresholdGrad?.copyOut(start, count);
    }
    return sum;
  }

  /** Checks and computes all rows; returns Σ weight·loss. */
  run(): number {
    const { rows } = this.#call;
    this.#takeStage(false);
    this.check(0, rows);
    if (this.isCounted) this.#takeStage(true);
    return this.compute(0, rows, 0);
  }

  #takeStage(isChecked: boolean): void {
    const bytes = this.stageBytes(isChecked);
    if (bytes > 0) this.place(this.#memory.stage(bytes).start);
  }

  /** Looks up what was given as `out` anew, if growing memory has left it behind. */
  renew(): void {
    const { rows, classes } = this.#call;
    const results = this.#results;
    if (this.#gradPointer !== undefined && results.grad?.length === 0) {
      results.grad = this.#memory.floats(this.#gradPointer, rows * classes);
    }
    const { loss } = this.#parts;
    if (loss?.pointer !== undefined && results.loss?.length === 0) {
      results.loss = this.#memory.floats(loss.pointer, rows);
    }
  }

  /** Looks at the arrays of the call, where they are and what has to be copied. */
  #makeParts(masked: Masked | undefined): Parts {
    const call = this.#call;
    const results = this.#results;
    const { classes, targets, mask } = call;
    const memory = this.#memory;
    const logits = this.#matrix(call, call.logits, "logits", masked);
    const indices = takesIndices(this.#kernels, this.#definition, call)
      ? this.#indices(targets as SparseTargets)
      : undefined;
    const { threshold, positiveWeights } = call.own as ArrayOptions;
    return {
      logits,
      labels: indices ? new Part(0, 0) : this.#labels(call, masked),
      grad: results.grad && this.#matrix(call, results.grad, "options.out.grad", masked),
      loss: results.loss && this.#column(results.loss, "options.out.loss"),
      weights: call.rowWeights && this.#column(call.rowWeights, "options.rowWeights"),
      thresholdGrad: results.thresholdGrad && this.#column(results.thresholdGrad, "thresholdGrad"),
      mask: masked?.mask,
      lengths: masked?.lengths,
      thresholds: threshold
        ? new Part(8, undefined, (place, start, count) => {
            const into = memory.doubles(place, count);
            if (typeof threshold === "number") into.fill(threshold);
            else into.set(view(threshold, start, count));
          })
        : undefined,
      classWeights:
        positiveWeights !== undefined && positiveWeights !== 1
          ? new Part(8 * classes, undefined, (place, start, count) => {
              const into = memory.doubles(place, count * classes);
              if (typeof positiveWeights === "number") {
                into.fill(positiveWeights);
                return;
              }
              for (let row = 0; row < count; row++) {
                pack(mask, start + row, classes, positiveWeights, 0, into, row * classes);
              }
            })
          : undefined,
      // Of dense labels as they are; of masked and sparse ones, the host counts.
      counts: this.isCounted && targets.kind === "multi-hot" && !mask ? new Part(4, undefined) : undefined,
      indices,
    };
  }

  /** The same call; what is packed element by element does not lie in the memory. */
  #packable(call: Call<object>): Call<object> {
    const { mask, targets } = call;
    const memory = this.#memory;
    const { threshold, positiveWeights } = call.own as ArrayOptions;
    const hasArrays = typeof threshold === "object" || typeof positiveWeights === "object";
    if (!mask && targets.kind !== "sparse" && !hasArrays) return call;
    const own = Object.entries(call.own).map(([name, value]) => [
      name,
      value instanceof Float32Array ? memory.outside(value) : value,
    ]);
    const result = { ...call, own: Object.fromEntries(own) as never };
    if (mask) result.mask = { ...mask, values: memory.outside(mask.values) };
    if (targets.kind === "sparse") {
      const { offsets, indices } = targets;
      result.targets = { ...targets, offsets: memory.outside(offsets), indices: memory.outside(indices) };
    } else if (mask) {
      result.targets = { ...targets, values: memory.outside(targets.values) } as Targets;
    }
    return result;
  }

  /** The mask, a row for each row of the call, and how many classes of each row count. */
  #mask({ values, isPerRow }: Mask, classes: number): Masked {
    const memory = this.#memory;
    const mask = new Part(classes, undefined, (place, start, count) => {
      if (isPerRow) memory.write(place, view(values, start * classes, count * classes));
      else for (let row = 0; row < count; row++) memory.write(place + row * classes, values);
    });
    const lengths = new Part(4, undefined, (place, start, count) =>
      this.#kernels.countRows(mask.at(start), count, classes, place),
    );
    return { mask, lengths };
  }

  /** A float32 array of [rows, classes]. */
  #matrix(
    { classes }: Call<object>,
    array: Float32Array,
    argument: string,
    masked: Masked | undefined,
  ): Part {
    const memory = this.#memory;
    const kernels = this.#kernels;
    const pointer = memory.pointerTo(array, argument);
    if (pointer !== undefined && !masked) return new Part(4 * classes, pointer);
    const length = array.length;
    /** Growing the memory detaches an array that lies in it, so that it is looked up anew. */
    const some = (start: number, count: number) => {
      const current = pointer === undefined ? array : memory.floats(pointer, length);
      return view(current, start * classes, count * classes);
    };
    return new Part(
      4 * classes,
      masked ? undefined : pointer,
      (place, start, count) => {
        memory.write(place, some(start, count));
        if (masked) kernels.packFloats(place, masked.mask.at(start), count, classes);
      },
      (place, start, count) => {
        if (masked) {
          kernels.unpackFloats(place, masked.mask.at(start), count, classes, masked.lengths.at(start));
        }
        memory.read(place, some(start, count));
      },
    );
  }

  /** A float32 array of [rows]. */
  #column(array: Float32Array, argument: string): Part {
    const memory = this.#memory;
    return new Part(
      4,
      memory.pointerTo(array, argument),
      (place, start, count) => memory.write(place, view(array, start, count)),
      (place, start, count) => memory.read(place, view(array, start, count)),
    );
  }

  /** The one positive class of each row. */
  #indices({ indices }: SparseTargets): Part {
    return new Part(4, undefined, (place, start, count) => {
      const some = new Int32Array(indices.buffer, indices.byteOffset + 4 * start, count);
      this.#memory.integers(place, count).set(some);
    });
  }

  #labels(call: Call<object>, masked: Masked | undefined): Part {
    const memory = this.#memory;
    const kernels = this.#kernels;
    const { targets, classes } = call;
    if (targets.kind === "sparse") {
      return new Part(classes, undefined, (place, start, count) => {
        const into = memory.bytes(place, count * classes);
        markRows(targets, start, count, classes, into);
        if (masked) kernels.packBytes(place, masked.mask.at(start), count, classes);
      });
    }
    const { kind, values } = targets;
    const rowBytes = values.BYTES_PER_ELEMENT * classes;
    const pointer = memory.pointerTo(values, "labels");
    if (pointer !== undefined && !masked) return new Part(rowBytes, pointer);
    return new Part(rowBytes, undefined, (place, start, count) => {
      memory.write(place, view(values, start * classes, count * classes));
      if (!masked) return;
      const pack = kind === "soft" ? kernels.packFloats : kernels.packBytes;
      pack(place, masked.mask.at(start), count, classes);
    });
  }
}
