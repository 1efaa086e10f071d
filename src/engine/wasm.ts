import { makeBatch } from "./batch.js";
import { countDecisions } from "./countDecisions.js";
import type { Batch, DecisionCounts, Engine, LabelledScores, Results } from "./engine.js";
import type { Kernels } from "./load.js";
import type { KernelLoss } from "./loss.js";
import { type Block, Memory } from "./memory.js";
import { newArray } from "./newArray.js";
import {
  checkCounts,
  countPositives,
  invalidLabel,
  isSingle,
  labelBytes,
  markRows,
  pack,
  view,
} from "./rows.js";
import type { Call, Mask, SparseTargets, Targets } from "./validate.js";

/** Rows that have to be copied go through a stage of this many bytes, so that they stay in the processor's cache. */
const STAGE_BYTES = 2 ** 18;

/** What the ends of its parts may need besides. */
const STAGE_EXTRA = 2 ** 10;

/** The most bytes a class of a call that has nothing but scores, labels and a gradient: those of rows of one class, with indices. */
const BARE_BYTES = 12;

/** The most classes whose decisions are counted on the stage: it is kept, and has 21 bytes for each of them. */
const MOST_COUNTED = 2 ** 20;

/** Copies some rows to a place on the stage, or from it. */
type Copy = (place: number, start: number, rows: number) => void;

function nothing(): void {}

/**
 * An array of a call as the kernels see it. It lies in the memory already, or its rows have a place on the stage, some at
 * a time, where `write` puts them and from where `read` takes them.
 */
class Part {
  /** Bytes a row. */
  readonly rowBytes: number;
  /** Where the array lies, if it does not have to be copied. */
  readonly pointer: number | undefined;
  readonly #write: Copy;
  readonly #read: Copy;
  #place = 0;

  constructor(rowBytes: number, pointer: number | undefined, write: Copy = nothing, read: Copy = nothing) {
    this.rowBytes = rowBytes;
    this.pointer = pointer;
    this.#write = write;
    this.#read = read;
  }

  /** Bytes that a row takes on the stage. */
  get stagedBytes(): number {
    return this.pointer === undefined ? this.rowBytes : 0;
  }

  /** Takes a place for `rows` rows at `place` of the stage, and returns where the next one may begin. */
  settle(place: number, rows: number): number {
    this.#place = place;
    return place + Math.ceil((this.stagedBytes * rows) / 16) * 16;
  }

  /** The pointer for the rows from `start`. */
  at(start: number): number {
    return this.pointer === undefined ? this.#place : this.pointer + start * this.rowBytes;
  }

  copyIn(start: number, rows: number): number {
    if (this.pointer === undefined) this.#write(this.#place, start, rows);
    return this.at(start);
  }

  copyOut(start: number, rows: number): void {
    if (this.pointer === undefined) this.#read(this.#place, start, rows);
  }
}

/** A mask as the kernels see it: what it keeps is moved to the front of the rows on the stage, and the gradient back. */
interface Masked {
  mask: Part;
  lengths: Part;
}

/** The options of some losses that may be arrays. */
interface ArrayOptions {
  threshold?: number | Float32Array;
  positiveWeights?: number | Float32Array;
}

/** The kernels and their memory. */
export class WasmEngine implements Engine<KernelLoss<object>> {
  readonly variant: "relaxed" | "simd";
  readonly #kernels: Kernels;
  readonly #memory: Memory;

  constructor(kernels: Kernels) {
    this.variant = kernels.RELAXED.value ? "relaxed" : "simd";
    this.#kernels = kernels;
    this.#memory = new Memory(kernels.memory, kernels.HEAP_BASE.value >>> 0);
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    const memory = this.#memory;
    const length = rows * classes;
    const labelBytes = isSoft ? 4 * length : length;
    // Most calls need no more than this: so they do not grow the memory, which would detach the arrays of the batch.
    memory.stage(STAGE_BYTES + STAGE_EXTRA);
    const logits = memory.allocate(4 * length);
    const rest: Block[] = [];
    try {
      rest.push(memory.allocate(labelBytes), memory.allocate(4 * length));
    } catch (error) {
      for (const block of [logits, ...rest]) memory.free(block);
      throw error;
    }
    const [labels, grad] = rest as [Block, Block];
    memory.bytes(labels.start, labelBytes).fill(0);
    return makeBatch(rows, classes, {
      logits: () => memory.floats(logits.start, length),
      labels: () => (isSoft ? memory.floats(labels.start, length) : memory.bytes(labels.start, length)),
      grad: () => memory.floats(grad.start, length),
      release: () => {
        for (const block of [logits, labels, grad]) memory.free(block);
      },
    });
  }

  run(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    const isBare = this.#isBare(definition, call, results);
    return isBare ? this.#runBare(definition, call, results) : this.#runParts(definition, call, results);
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    const { logits, labels, rows, classes } = scores;
    if (classes > MOST_COUNTED) return countDecisions(scores, threshold);
    const memory = this.#memory;
    const kernels = this.#kernels;
    const ofRows = newArray(Uint32Array, 3 * rows);
    // Some rows at a time, that stay in the cache: logits, their counts, labels; behind them the counts of the classes.
    const chunk = Math.max(1, Math.min(rows, Math.floor(STAGE_BYTES / (5 * classes + 12))));
    const logitBytes = 4 * chunk * classes;
    const countBytes = 12 * chunk;
    const logitsAt = memory.stage(logitBytes + countBytes + 16 * classes + chunk * classes).start;
    const rowsAt = logitsAt + logitBytes;
    const classesAt = rowsAt + countBytes;
    const workAt = classesAt + 12 * classes;
    const labelsAt = workAt + 4 * classes;
    memory.integers(classesAt, 3 * classes).fill(0);
    for (let start = 0; start < rows; start += chunk) {
      const count = Math.min(chunk, rows - start);
      const length = count * classes;
      memory.write(logitsAt, view(logits, start * classes, length));
      const marks = memory.bytes(labelsAt, length);
      const bytes = labelBytes(labels, start, count, classes, marks);
      if (bytes !== marks) marks.set(bytes);
      const found = kernels.firstInvalidLabel(labelsAt, length);
      if (found >= 0) {
        throw invalidLabel("multi-hot", marks[found] as number, start * classes + found, classes);
      }
      kernels.countDecisions(logitsAt, labelsAt, count, classes, threshold, rowsAt, classesAt, workAt);
      ofRows.set(memory.integers(rowsAt, 3 * count), 3 * start);
    }
    const ofClasses = newArray(Uint32Array, 3 * classes);
    ofClasses.set(memory.integers(classesAt, 3 * classes));
    return { ofRows, ofClasses };
  }

  /**
   * Whether a call has nothing but scores, multi-hot labels or class indices that the kernel takes, and a gradient, which all
   * have room on the stage. That is what most calls of small batches have, and the objects of the general way would take as
   * long as their kernels.
   */
  #isBare(definition: KernelLoss<object>, call: Call<object>, { loss, thresholdGrad }: Results): boolean {
    const { targets, mask, rowWeights, logits, classes, gradient } = call;
    const { threshold, positiveWeights } = call.own as ArrayOptions;
    if (mask || rowWeights || loss || thresholdGrad || threshold) return false;
    if (positiveWeights !== undefined && positiveWeights !== 1) return false;
    if (logits.length * BARE_BYTES > STAGE_BYTES) return false;
    if (!this.#takesIndices(definition, call) && (targets.kind !== "multi-hot" || definition.wrongCount)) {
      return false;
    }
    return !definition.scratch?.(this.#kernels, call.own, { classes, positives: 0, isSoft: false, gradient });
  }

  #runBare(definition: KernelLoss<object>, call: Call<object>, { grad }: Results): number {
    const memory = this.#memory;
    const kernels = this.#kernels;
    const { targets, logits, rows, classes, factor, own } = call;
    const length = logits.length;
    const labels = targets.kind === "multi-hot" ? targets.values : undefined;
    const logitsAt = memory.pointerTo(logits, "logits");
    const labelsAt = labels && memory.pointerTo(labels, "labels");
    const gradAt = grad && memory.pointerTo(grad, "options.out.grad");
    // A batch whose arrays these may be has taken the stage beforehand: nothing moves.
    const isCopied = logitsAt === undefined || labelsAt === undefined || (grad && gradAt === undefined);
    const stage = isCopied ? memory.stage(STAGE_BYTES + STAGE_EXTRA).start : 0;
    const apart = Math.ceil((4 * length) / 16) * 16;
    const scores = logitsAt ?? stage;
    const slopes = grad ? (gradAt ?? stage + apart) : 0;
    const place = labelsAt ?? stage + 2 * apart;

    if (labels) {
      if (labelsAt === undefined) memory.write(place, labels);
      const found = kernels.firstInvalidLabel(place, length);
      if (found >= 0) {
        throw invalidLabel("multi-hot", memory.bytes(place + found, 1)[0] as number, found, classes);
      }
    }
    if (logitsAt === undefined) memory.write(scores, logits);
    kernels.setCall(scores, labels ? place : 0, slopes, 0, 0, rows, classes, factor, 0);
    if (!labels) {
      memory.integers(place, rows).set((targets as SparseTargets).indices);
      kernels.setParts(0, 0, 0, 0, 0, place);
    }
    const sum = definition.kernel(kernels, own, false);
    if (grad && gradAt === undefined) memory.read(slopes, grad);
    return sum;
  }

  /** Whether the kernel is given the one positive class of each row, in place of labels. */
  #takesIndices(definition: KernelLoss<object>, call: Call<object>): boolean {
    return isSingle(call) && definition.takesIndices?.(this.#kernels, call.own, call.classes) === true;
  }

  #runParts(definition: KernelLoss<object>, given: Call<object>, results: Results): number {
    const memory = this.#memory;
    const call = this.#packable(given);
    const { rows, classes, targets, mask } = call;
    const own = call.own as ArrayOptions;
    const isSoft = targets.kind === "soft";

    const masked = call.mask && this.#mask(call.mask, classes);
    const logits = this.#matrix(call, call.logits, "logits", masked);
    const indices = this.#takesIndices(definition, call)
      ? this.#indices(targets as SparseTargets)
      : undefined;
    const labels = indices ? new Part(0, 0) : this.#labels(call, masked);
    const grad = results.grad && this.#matrix(call, results.grad, "options.out.grad", masked);
    const gradPointer =
      masked && results.grad ? memory.pointerTo(results.grad, "options.out.grad") : grad?.pointer;
    const loss = results.loss && this.#column(results.loss, "options.out.loss");
    const weights = call.rowWeights && this.#column(call.rowWeights, "options.rowWeights");
    const thresholdGrad = results.thresholdGrad && this.#column(results.thresholdGrad, "thresholdGrad");
    const { threshold, positiveWeights } = own;
    const thresholds = threshold
      ? new Part(8, undefined, (place, start, count) => {
          const into = memory.doubles(place, count);
          if (typeof threshold === "number") into.fill(threshold);
          else into.set(view(threshold, start, count));
        })
      : undefined;
    const classWeights =
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
        : undefined;
    // Dense labels as they are: of masked and sparse ones, the host counts.
    const isPlain = targets.kind === "multi-hot" && !mask;
    // Whether the rows have a right number of positive classes, and may have a wrong one.
    const isCounted =
      definition.wrongCount !== undefined &&
      !isSoft &&
      !(isSingle(call) && definition.wrongCount(1, call.own) === undefined);
    const counts = isCounted && isPlain ? new Part(4, undefined) : undefined;
    const parts: Part[] = [logits, labels];
    if (grad) parts.push(grad);
    if (loss) parts.push(loss);
    if (weights) parts.push(weights);
    if (thresholdGrad) parts.push(thresholdGrad);
    if (masked) parts.push(masked.mask, masked.lengths);
    if (thresholds) parts.push(thresholds);
    if (classWeights) parts.push(classWeights);
    if (counts) parts.push(counts);
    if (indices) parts.push(indices);

    // Pointers are known from here on: growing the memory for the stage may detach the arrays themselves.
    let rowBytes = 0;
    for (const part of parts) rowBytes += part.stagedBytes;
    const chunk = rowBytes > 0 ? Math.min(rows, Math.max(1, Math.floor(STAGE_BYTES / rowBytes))) : rows;
    /** Of the weights of the classes, kernels read whole vectors. */
    const slack = 32;
    const partBytes = rowBytes > 0 ? chunk * rowBytes + 16 * parts.length + slack : 0;
    const shape = { classes, positives: 0, isSoft, gradient: call.gradient };
    const scratchBytes = () => definition.scratch?.(this.#kernels, call.own, shape) ?? 0;
    const place = (bytes: number): Block | undefined => {
      if (bytes === 0) return undefined;
      const stage = memory.stage(bytes);
      let at = stage.start;
      for (const part of parts) at = part.settle(at, chunk);
      return stage;
    };

    let stage = place(isCounted ? partBytes : partBytes + scratchBytes());
    let isStaged = chunk === rows && !mask && targets.kind !== "sparse";
    if (targets.kind !== "sparse") {
      const { kind, values } = targets;
      const perLabel = isSoft ? 4 : 1;
      const firstInvalid = isSoft ? this.#kernels.firstInvalidTarget : this.#kernels.firstInvalidLabel;
      for (let start = 0; start < rows; start += chunk) {
        const count = Math.min(chunk, rows - start);
        // Those that the mask leaves out are checked as well.
        let pointer = labels.at(start);
        if (mask) memory.write(pointer, view(values, start * classes, count * classes));
        else pointer = labels.copyIn(start, count);
        const found = firstInvalid(pointer, count * classes);
        if (found >= 0) {
          const value = isSoft
            ? memory.floats(pointer + perLabel * found, 1)[0]
            : memory.bytes(pointer + found, 1)[0];
          throw invalidLabel(kind, value as number, start * classes + found, classes);
        }
        if (counts) {
          this.#kernels.countRows(pointer, count, classes, counts.at(start));
          const inChunk = memory.integers(counts.at(start), count);
          const most = checkCounts(definition, call, (row) => inChunk[row - start] as number, start, count);
          shape.positives = Math.max(shape.positives, most);
        }
      }
    }
    if (isCounted && !isPlain) {
      shape.positives = checkCounts(definition, call, (row) => countPositives(call, row));
    }
    if (isCounted) {
      const before = stage;
      stage = place(partBytes + scratchBytes());
      isStaged &&= stage === before;
    }
    const scratch = (stage?.start ?? 0) + partBytes;

    let sum = 0;
    for (let start = 0; start < rows; start += chunk) {
      const count = Math.min(chunk, rows - start);
      masked?.mask.copyIn(start, count);
      const lengths = masked?.lengths.copyIn(start, count) ?? 0;
      this.#kernels.setCall(
        logits.copyIn(start, count),
        // A single chunk is where the check has left it.
        isStaged ? labels.at(start) : labels.copyIn(start, count),
        grad?.at(start) ?? 0,
        loss?.at(start) ?? 0,
        weights?.copyIn(start, count) ?? 0,
        count,
        classes,
        call.factor,
        sum,
      );
      if (stage) {
        this.#kernels.setParts(
          lengths,
          thresholds?.copyIn(start, count) ?? 0,
          thresholdGrad?.at(start) ?? 0,
          classWeights?.copyIn(start, count) ?? 0,
          scratch,
          indices?.copyIn(start, count) ?? 0,
        );
      }
      sum = definition.kernel(this.#kernels, call.own, isSoft);
      grad?.copyOut(start, count);
      loss?.copyOut(start, count);
      thresholdGrad?.copyOut(start, count);
    }
    // What was given as `out` may have been left behind by growing memory.
    if (gradPointer !== undefined && results.grad?.length === 0) {
      results.grad = memory.floats(gradPointer, rows * classes);
    }
    if (loss?.pointer !== undefined && results.loss?.length === 0) {
      results.loss = memory.floats(loss.pointer, rows);
    }
    return sum;
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
