import type { LabelKind } from "../src/engine/loss.ts";
import type { Losses, Variant } from "../src/index.ts";
import type { Data } from "./data.ts";
import type { Baseline } from "./fused/baseline.ts";
import type { AnyLoss, Subject } from "./fused/index.ts";
import { loadLibrary } from "./library.ts";
import type { Timed } from "./measure.ts";

/** What a call computes. */
export type Pass = "loss and gradient" | "loss alone";

export const PASSES: readonly Pass[] = ["loss and gradient", "loss alone"];

export const VARIANTS: readonly Variant[] = ["relaxed", "simd", "js"];

/** The name of the baseline, the loop in fused/ that the others are compared with. */
export const BASELINE = "fused JS";

/** The name of the same loop as it is usually written. */
const USUAL = "usual JS";

/** The name of what the copies of a copying call cost by themselves. It computes nothing. */
export const COPIES = "the copies alone";

/** The name of a variant's fastest form: the kernels with the arrays of a batch, or what has no memory to copy to. */
export function zeroCopy(variant: Variant): string {
  return variant === "js" ? variant : `${variant}, zero copy`;
}

/** One way to compute a loss: `run` returns it. */
export interface Candidate extends Timed {
  pass: Pass;
  /** Where the last `run` has left the gradient. */
  gradient?(): Float32Array;
}

/** The variants that this engine runs, and why it does not run the others. */
export interface Variants {
  instances: Losses[];
  skipped: { variant: Variant; reason: string }[];
}

export async function findVariants(): Promise<Variants> {
  const { createLosses, LossError } = await loadLibrary();
  const found: Variants = { instances: [], skipped: [] };
  for (const variant of VARIANTS) {
    try {
      found.instances.push(createLosses({ variant }));
    } catch (error) {
      if (!(error instanceof LossError)) throw error;
      found.skipped.push({ variant, reason: error.message });
    }
  }
  return found;
}

function baselineCandidates(name: string, baseline: Baseline<LabelKind>, data: Data): Candidate[] {
  const { logits, labels, classes } = data;
  const grad = new Float32Array(logits.length);
  return [
    {
      name,
      pass: "loss and gradient",
      run: () => baseline.lossAndGradient(logits, labels, grad, classes),
      gradient: () => grad,
    },
    { name, pass: "loss alone", run: () => baseline.lossAlone(logits, labels, classes) },
  ];
}

function copyingCandidates(loss: AnyLoss, own: object, label: string, data: Data): Candidate[] {
  const { logits, labels, classes } = data;
  const grad = new Float32Array(logits.length);
  return [
    {
      name: label,
      pass: "loss and gradient",
      run: () => loss(logits, labels, { ...own, classes, out: { grad } }).loss,
      gradient: () => grad,
    },
    {
      name: label,
      pass: "loss alone",
      run: () => loss(logits, labels, { ...own, classes, gradient: false }).loss,
    },
  ];
}

function freshCandidate(loss: AnyLoss, own: object, label: string, data: Data): Candidate {
  const { logits, labels, classes } = data;
  let grad: Float32Array = new Float32Array(0);
  return {
    name: label,
    pass: "loss and gradient",
    run() {
      const result = loss(logits, labels, { ...own, classes });
      grad = result.grad;
      return result.loss;
    },
    gradient: () => grad,
  };
}

/** A batch with labels of the data's kind; there is none for class indices, which are handed over as they are. */
function batchOf(losses: Losses, { rows, classes, labels }: Data) {
  if (labels instanceof Float32Array) {
    const batch = losses.allocate(rows, classes, { labels: "soft" });
    batch.labels.set(labels);
    return { batch, labelsOf: () => batch.labels };
  }
  const batch = losses.allocate(rows, classes);
  if (labels instanceof Int32Array) return { batch, labelsOf: () => labels };
  batch.labels.set(labels);
  return { batch, labelsOf: () => batch.labels };
}

/** The arrays of the batch are read anew for every call, as the documentation tells users to. */
function zeroCopyCandidates(losses: Losses, loss: AnyLoss, own: object, label: string, data: Data) {
  const { classes } = data;
  const { batch, labelsOf } = batchOf(losses, data);
  batch.logits.set(data.logits);
  const candidates: Candidate[] = [
    {
      name: label,
      pass: "loss and gradient",
      run: () => loss(batch.logits, labelsOf(), { ...own, classes, out: { grad: batch.grad } }).loss,
      gradient: () => batch.grad,
    },
    {
      name: label,
      pass: "loss alone",
      run: () => loss(batch.logits, labelsOf(), { ...own, classes, gradient: false }).loss,
    },
  ];
  return { candidates, free: () => batch.free() };
}

/** Every way to compute a loss of this data; `free` gives their memory back. */
export function makeCandidates(subject: Subject, data: Data, instances: readonly Losses[]) {
  const { options: own = {} } = subject;
  // The labels were drawn for it.
  const candidates = baselineCandidates(BASELINE, subject.baseline as Baseline<LabelKind>, data);
  if (subject.usual) candidates.push(...baselineCandidates(USUAL, subject.usual, data));
  const batches: { free(): void }[] = [];
  for (const losses of instances) {
    const { variant } = losses;
    const loss = losses[subject.loss] as AnyLoss;
    if (variant === "js") {
      // There is no other memory that it could copy to.
      candidates.push(...copyingCandidates(loss, own, variant, data));
      continue;
    }
    const inPlace = zeroCopyCandidates(losses, loss, own, zeroCopy(variant), data);
    batches.push(inPlace);
    candidates.push(
      ...inPlace.candidates,
      ...copyingCandidates(loss, own, `${variant}, copying`, data),
      freshCandidate(loss, own, `${variant}, fresh results`, data),
    );
  }
  return {
    candidates,
    free() {
      for (const batch of batches) batch.free();
    },
  };
}

/** The copies that a copying call cannot do without, of whole arrays. */
export function makeCopies(data: Data): (Timed & { pass: Pass })[] {
  const { logits, labels } = data;
  const grad = new Float32Array(logits.length);
  const inside = {
    logits: new Float32Array(logits.length),
    labels: labels.slice(),
    grad: new Float32Array(logits.length),
  };
  function copyIn(): number {
    inside.logits.set(logits);
    inside.labels.set(labels);
    return inside.logits[0] ?? 0;
  }
  return [
    {
      name: COPIES,
      pass: "loss and gradient",
      run() {
        grad.set(inside.grad);
        return copyIn();
      },
    },
    { name: COPIES, pass: "loss alone", run: copyIn },
  ];
}
