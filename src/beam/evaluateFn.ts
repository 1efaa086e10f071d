import { createLosses, variantOf } from "../createLosses.js";
import { describe, fail } from "../engine/checks.js";
import { LossError } from "../engine/error.js";
import * as registry from "../losses/index.js";
import {
  createEvaluator,
  type EvaluatorJson,
  type EvaluatorResult,
  type MeasuresOf,
} from "../predict/evaluator.js";
import type { EvaluatorOptions, LossFunction } from "../predict/evaluatorOptions.js";
import type { Variant } from "../types.js";
import { type Accumulator, open } from "./accumulator.js";
import { type Element, readElement } from "./element.js";

/** The options of `EvaluateFn`: those of `createEvaluator`, and the variant of the loss. */
export interface EvaluateFnOptions extends EvaluatorOptions {
  /** The kernels of the loss on all workers, default the best of each. Their losses differ in the last bits. */
  variant?: Variant;
}

/**
 * A combiner (`CombineFn`) for Apache Beam that measures what `createEvaluator` does, with the same bits in any bundling.
 *
 *     result = extractOutput(mergeAccumulators([addInput(createAccumulator(), rows), …]))
 *
 * An element has one or some rows, `{ logits, labels }`: float32 [rows, classes] and 0 or 1 [rows, classes], each as a list of
 * numbers, a typed array or base64; or sparse labels of two lists. An accumulator is an evaluator within a worker, and its JSON
 * between workers; its size does not depend on the rows, but for `classRanking`.
 *
 * A pipeline is sent to its workers without functions of this package: they find the loss by its name. It has to be one that
 * `zlpr` exports, and no method of an instance; `variant` gives all workers the same kernels.
 *
 * @category Apache Beam
 * @example
 * const measure = new EvaluateFn({ classes: 3, loss: zlpr });
 * const first = measure.addInput(measure.createAccumulator(), { logits: [2, -1, 0.5], labels: [1, 0, 0] });
 * const second = measure.addInput(measure.createAccumulator(), { logits: [-3, -1, 1], labels: [0, 1, 0] });
 * const measures = measure.extractOutput(measure.mergeAccumulators([first, second]));
 * // rows 2, microF1 0.4, averagePrecision 0.75, rankingLoss 0.25, coverageError 1.5, oneError 0.5, loss 1.9354…
 */
export class EvaluateFn<Options extends EvaluateFnOptions> {
  // The SDK takes objects apart and puts them together elsewhere, where they have what is in plain properties.
  /** @internal */
  readonly empty: EvaluatorJson;
  /** @internal */
  readonly variant: Variant | undefined;

  /**
   * @param options those of `createEvaluator`, and the optional `variant` of the loss
   * @throws LossError for options of the wrong type or range
   */
  constructor(options: Options & { [Name in Exclude<keyof Options, keyof EvaluateFnOptions>]: never }) {
    const given: unknown = options;
    if (typeof given !== "object" || given === null) fail("TYPE", "options", "an object", describe(given));
    const { variant, ...own } = given as EvaluateFnOptions;
    this.empty = createEvaluator(own as EvaluatorOptions).toJSON();
    this.variant = variant;
    if (own.loss !== undefined && own.loss !== registry[nameIn(this.empty) as keyof typeof registry]) {
      fail(
        "TYPE",
        "options.loss",
        "a loss that zlpr exports, which workers find by its name",
        describe(own.loss),
      );
    }
    variantOf(variant);
  }

  /** An evaluator without rows. */
  createAccumulator(): Accumulator {
    return open(this.empty, lossOf(this));
  }

  /**
   * Adds the rows of an element.
   *
   * @throws LossError that names the place at fault, `element.labels[3]`: none of the rows is added then
   */
  addInput(accumulator: Accumulator, element: Element): Accumulator {
    const evaluator = open(accumulator, lossOf(this));
    const { logits, labels, lossLabels } = readElement(element, "element");
    inElement(() => evaluator.add(logits, labels, lossLabels));
    return evaluator;
  }

  /** Merges accumulators, which stay as they are, into a new one. */
  mergeAccumulators(accumulators: Iterable<Accumulator>): Accumulator {
    const loss = lossOf(this);
    const whole = open(this.empty, loss);
    for (const accumulator of accumulators) whole.merge(open(accumulator, loss));
    return whole;
  }

  /**
   * The measures, numbers by their names.
   *
   * @throws LossError `EMPTY_REDUCTION` if there was no row
   */
  extractOutput(accumulator: Accumulator): EvaluatorResult<MeasuresOf<Options>> {
    return open(accumulator, lossOf(this)).result() as EvaluatorResult<MeasuresOf<Options>>;
  }
}

function nameIn({ options }: EvaluatorJson): string | undefined {
  return (options as { loss?: { name: string } }).loss?.name;
}

/** The losses of each variant that was asked for in this process. */
const losses = new Map<Variant, Partial<Record<string, LossFunction>>>();

function lossOf({ empty, variant }: Pick<EvaluateFn<never>, "empty" | "variant">): LossFunction | undefined {
  const name = nameIn(empty);
  if (name === undefined) return undefined;
  if (variant === undefined) return registry[name as keyof typeof registry] as LossFunction;
  const known = losses.get(variant) ?? (createLosses({ variant }) as never);
  losses.set(variant, known);
  return known[name];
}

/** Adds, and says of the element what an evaluator says of its arguments. */
function inElement(add: () => void): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof LossError) || !/^(logits|labels|lossLabels)/.test(error.argument)) throw error;
    throw new LossError(error.code, { ...error, argument: `element.${error.argument}` });
  }
}
