import { definitionOf, describedBy } from "./definitions.js";
import type { Engine, LaterEngine, Results } from "./engine.js";
import type { Kernels } from "./load.js";
import { newArray } from "./newArray.js";
import type { OptionChecks } from "./options.js";
import { type Call, type Validate, validatorOf } from "./validate.js";

/** What a loss accepts as labels: Uint8Array or sparse, Float32Array, or Int32Array. */
export type LabelKind = "multi-hot" | "soft" | "index";

/** The checked options of a loss as the formula for one row sees them: its own threshold, a weight for each class. */
export type RowOptions<Own> = {
  [Name in keyof Own]: Name extends "threshold"
    ? number
    : Name extends "positiveWeights"
      ? Float64Array
      : Own[Name];
};

/**
 * The loss of one row, by its definition: takes scores and targets (1 for a positive class, 0 for the others, or
 * anything between), writes the gradient and returns the loss, all in float64.
 */
export type RowFormula<Own> = (
  scores: Float64Array,
  targets: Float64Array,
  options: RowOptions<Own>,
  grad: Float64Array,
) => number;

/** What a loss is, however it is computed. */
export interface LossDefinition<Own> {
  /** That of the function. */
  name: string;
  labels: readonly LabelKind[];
  /** Checks for its own options. */
  options: OptionChecks<Own>;
  /** How far its results may be from the exact ones, in units in the last place of float32. */
  bounds: { loss: number; grad: number };
  row(...row: Parameters<RowFormula<Own>>): number;
  /** How many numbers the formula has to remember of a row, where they may be more than there is room for. */
  numbers?(classes: number, positives: number, own: Own): number;
  /** What the number of positive classes of a row has to be, if this one is not right. */
  wrongCount?(positives: number, own: Own): string | undefined;
}

/** What the size of a kernel's scratch memory may depend on. */
export interface KernelShape {
  classes: number;
  /** The greatest number of positive classes of a row, of losses that restrict that number. */
  positives: number;
  isSoft: boolean;
  gradient: boolean;
}

/** A loss and its kernel. */
export interface KernelLoss<Own> extends LossDefinition<Own> {
  /** Bytes of memory that the kernel needs to work in, if it needs any. */
  scratch?(kernels: Kernels, own: Own, shape: KernelShape): number;
  /** Whether the kernel takes rows of so many classes, with one positive class each, by its index. */
  takesIndices?(kernels: Kernels, own: Own, classes: number): boolean;
  /** Calls the kernel on the call that was set; returns sum + Σ weight·loss. */
  kernel(kernels: Kernels, own: Own, isSoft: boolean): number;
}

/** What a call gives; which of it, the types of the losses say. */
interface Outcome {
  loss: number | Float32Array;
  grad?: Float32Array;
  thresholdGrad?: Float32Array;
}

/** What was given for a result, if that is where it is. */
function handedBack<T>(result: T, out: T, given: T): T {
  return result === out ? given : result;
}

/** A call that has passed, and where its results go. */
interface Prepared {
  call: Call<object>;
  results: Results;
}

function prepare(validate: Validate<object>, logits: unknown, labels: unknown, options: unknown): Prepared {
  const call = validate(logits, labels, options);
  const { rows, classes, reduction, gradient, out, own } = call;
  const hasThresholds = (own as { threshold?: unknown }).threshold instanceof Object;
  const results: Results = {
    loss: reduction === "none" ? (out.loss ?? newArray(Float32Array, rows)) : undefined,
    grad: gradient ? (out.grad ?? newArray(Float32Array, rows * classes)) : undefined,
    thresholdGrad: gradient && hasThresholds ? newArray(Float32Array, rows) : undefined,
  };
  return { call, results };
}

function outcomeOf({ call, results }: Prepared, sum: number): Outcome {
  const { out, returned } = call;
  const loss = handedBack(results.loss, out.loss, returned.loss);
  const grad = handedBack(results.grad, out.grad, returned.grad);
  const outcome: Outcome = { loss: loss ?? sum * call.factor };
  if (grad) outcome.grad = grad;
  if (results.thresholdGrad) outcome.thresholdGrad = results.thresholdGrad;
  return outcome;
}

/** A loss as a function, run by an engine that is looked up at every call: validate, compute, return. */
export function lossOn<L, Definition extends LossDefinition<object>>(
  engine: () => Engine<Definition>,
  definition: Definition,
): L {
  const validate = validatorOf(definition);
  return describedBy(definition, (logits: unknown, labels: unknown, options: unknown) => {
    const given = engine();
    const prepared = prepare(validate, logits, labels, options);
    return outcomeOf(prepared, given.run(definition, prepared.call, prepared.results));
  }) as L;
}

/** The same for an engine that may compute later. (An async function would make three promises in place of one.) */
export function lossLaterOn<L, Definition extends LossDefinition<object>>(
  engine: LaterEngine<Definition>,
  definition: Definition,
): L {
  const validate = validatorOf(definition);
  const later = (logits: unknown, labels: unknown, options: unknown) => {
    try {
      const prepared = prepare(validate, logits, labels, options);
      const sum = engine.runLater(definition, prepared.call, prepared.results);
      return typeof sum === "number"
        ? Promise.resolve(outcomeOf(prepared, sum))
        : sum.then((result) => outcomeOf(prepared, result));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return later as L;
}

/** A loss that shows what it gives before it gives it. */
export function watched<L extends (...call: never[]) => unknown>(
  loss: L,
  see: (outcome: ReturnType<L>) => void,
): L {
  return describedBy(definitionOf(loss), (...call: never[]) => {
    const outcome = loss(...call);
    see(outcome as ReturnType<L>);
    return outcome;
  }) as L;
}
