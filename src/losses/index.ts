/*
 * The registry: every loss by its name, a line each. The package's exports, its reference, the instances of
 * `createLosses`, tests and benchmark run over this list.
 */
export { type AsymmetricOptions, asymmetric } from "./asymmetric.js";
export {
  type CombinatorialSoftmax,
  type CombinatorialSoftmaxOptions,
  combinatorialSoftmax,
} from "./combinatorialSoftmax.js";
export { type FocalOptions, focal } from "./focal.js";
export { type LsepOptions, lsep } from "./lsep.js";
export { type SigmoidCrossEntropyOptions, sigmoidCrossEntropy } from "./sigmoidCrossEntropy.js";
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmaxCrossEntropy.js";
export { zlpr } from "./zlpr.js";
export { zlprDivergence } from "./zlprDivergence.js";
export { zlprJoint } from "./zlprJoint.js";
