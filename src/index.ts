/**
 * The losses, as functions that need no preparation; instances with memory of their own; predictions and their measures.
 *
 * @module zlpr
 */
export { type CreateLossesOptions, createLosses, type Losses } from "./createLosses.js";
export { init } from "./engine/default.js";
export type { Batch } from "./engine/engine.js";
export { LossError, type LossErrorCode, type LossErrorDetails } from "./engine/error.js";
export type { BinarySource } from "./engine/load.js";
export * from "./losses/index.js";
export { type AboveThresholdOptions, aboveThreshold } from "./predict/aboveThreshold.js";
export {
  type BestThreshold,
  type BestThresholdOptions,
  bestThreshold,
  type ThresholdMetric,
} from "./predict/bestThreshold.js";
export type { ClassRanking } from "./predict/classScores.js";
export type { Curve, CurvePoint } from "./predict/curve.js";
export type { ClassDecisions, Decisions } from "./predict/decisions.js";
export { type EvaluateOptions, type Evaluation, evaluate } from "./predict/evaluate.js";
export {
  createEvaluator,
  type Evaluator,
  type EvaluatorJson,
  type EvaluatorResult,
  type MeasuresOf,
} from "./predict/evaluator.js";
export { type EvaluatorFromJsonOptions, evaluatorFromJSON } from "./predict/evaluatorFromJSON.js";
export type { EvaluatorOptions, LossFunction } from "./predict/evaluatorOptions.js";
export type { MeanLoss } from "./predict/meanLoss.js";
export type { Predictions } from "./predict/predictions.js";
export type { RowRanking } from "./predict/rowRanking.js";
export type { Measures } from "./predict/tallies.js";
export { type TopKOptions, topK } from "./predict/topK.js";
export type { SparseLabels } from "./sparse.js";
export type {
  ClassIndices,
  CommonThreshold,
  ForwardOnly,
  Given,
  Later,
  Loss,
  LossOptions,
  LossResult,
  LossWithThreshold,
  MultiHot,
  OpenLoss,
  OpenThreshold,
  PerRow,
  Reduction,
  RowThresholds,
  Soft,
  ThresholdResult,
  Variant,
  When,
} from "./types.js";
