/**
 * The losses and measures for models of TensorFlow.js.
 *
 * @module zlpr/tfjs
 */
export {
  type LossFunction,
  type OwnOptions,
  type TfjsLosses,
  type TfjsLossName,
  type TfjsLossOptions,
  tfjsLosses,
} from "./tfjs/losses.js";
export {
  type MetricFunction,
  type TfjsMetrics,
  type TfjsMetricsOptions,
  tfjsMetrics,
} from "./tfjs/metrics.js";
export type { Numbers, PerBatch } from "./tfjs/numbers.js";
export type { Via } from "./tfjs/options.js";
export type { TensorFlow } from "./tfjs/tensorflow.js";
