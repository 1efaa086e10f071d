import type { Evaluator, EvaluatorJson } from "../predict/evaluator.js";
import { evaluatorFromJSON } from "../predict/evaluatorFromJSON.js";
import type { LossFunction } from "../predict/evaluatorOptions.js";
import type { Measures } from "../predict/tallies.js";

/** An evaluator that the coders of Beam can write. */
export interface SentEvaluator<Result> extends Evaluator<Result> {
  /** What is written as BSON: its JSON. */
  toBSON(): EvaluatorJson;
}

/** What some elements have come to: an evaluator within a worker, and its JSON from one worker to another. */
export type Accumulator = SentEvaluator<unknown> | EvaluatorJson;

type Opened = SentEvaluator<Measures>;

const opened = new WeakSet<object>();

/** The evaluator of an accumulator: the very one within a worker, a new one of JSON. */
export function open(accumulator: Accumulator, loss: LossFunction | undefined): Opened {
  if (typeof accumulator === "object" && opened.has(accumulator)) return accumulator as Opened;
  const evaluator = evaluatorFromJSON(accumulator, { loss });
  const result = Object.assign(evaluator, { toBSON: evaluator.toJSON });
  opened.add(result);
  return result;
}
