import { makeBatch } from "./batch.js";
import { countDecisions } from "./countDecisions.js";
import type { Batch, DecisionCounts, Engine, LabelledScores, Results } from "./engine.js";
import type { Kernels } from "./load.js";
import type { KernelLoss } from "./loss.js";
import { type Block, Memory } from "./memory.js";
import { newArray } from "./newArray.js";
import { invalidLabel, labelBytes, takesIndices, view } from "./rows.js";
import { type ArrayOptions, RowWork, STAGE_BYTES } from "./rowWork.js";
import type { Call, SparseTargets } from "./validate.js";

/** What the ends of its parts may need besides. */
const STAGE_EXTRA = 2 ** 10;

/** The most bytes a class of a call that has nothing but scores, labels and a gradient: those of rows of one class, with indices. */
const BARE_BYTES = 12;

/** The most classes whose decisions are counted on the stage: it is kept, and has 21 bytes for each of them. */
const MOST_COUNTED = 2 ** 20;

/** The kernels and their memory. */
export class WasmEngine implements Engine<KernelLoss<object>> {
  readonly variant: "relaxed" | "simd";
  readonly #kernels: Kernels;
  readonly #memory: Memory;

  /** `memory`: that of the kernels, if it is not theirs alone. */
  constructor(kernels: Kernels, memory = new Memory(kernels.memory, kernels.HEAP_BASE.value >>> 0)) {
    this.variant = kernels.RELAXED.value ? "relaxed" : "simd";
    this.#kernels = kernels;
    this.#memory = memory;
  }

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    const memory = this.#memory;
    const length = rows * classes;
    const labelBytes = isSoft ? 4 * length : length;
    // Most calls need no more than this: so they do not grow the memory, which would detach the arrays of the batch.
    memory.stage(STAGE_BYTES + STAGE_EXTRA);
    const logits = memory.lend(4 * length);
    const rest: Block[] = [];
    try {
      rest.push(memory.lend(labelBytes), memory.lend(4 * length));
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
        for (const block of [logits, labels, grad]) memory.retire(block);
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
    if (
      !takesIndices(this.#kernels, definition, call) &&
      (targets.kind !== "multi-hot" || definition.wrongCount)
    ) {
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

  #runParts(definition: KernelLoss<object>, call: Call<object>, results: Results): number {
    const work = new RowWork(this.#kernels, this.#memory, definition, call, results);
    const sum = work.run();
    work.renew();
    return sum;
  }
}
