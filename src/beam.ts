/**
 * The measures as a combiner of pipelines of Apache Beam.
 *
 * @module zlpr/beam
 */
import { requireForSerialization } from "apache-beam/serialization";
import { EvaluateFn } from "./beam/evaluateFn.js";

export type { Accumulator, SentEvaluator } from "./beam/accumulator.js";
export type { Element, Numbers, SparseLists } from "./beam/element.js";
export { EvaluateFn, type EvaluateFnOptions } from "./beam/evaluateFn.js";

// A pipeline is sent to its workers with the class by its name, and they load this module to find it.
requireForSerialization("zlpr/beam", { EvaluateFn });
