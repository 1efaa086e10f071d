/*
 * The registry: every loss by its name, a line each. The package's exports, its reference, the instances of
 * `createLosses`, tests and benchmark run over this list.
 */
export { type LsepOptions, lsep } from "./lsep.js";
export { sigmoidCrossEntropy } from "./sigmoidCrossEntropy.js";
export { zlpr } from "./zlpr.js";
export { zlprDivergence } from "./zlprDivergence.js";
export { zlprJoint } from "./zlprJoint.js";
