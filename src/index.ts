export { type CreateLossesOptions, createLosses, type Losses } from "./createLosses.js";
export { init } from "./engine/default.js";
export type { Batch } from "./engine/engine.js";
export { LossError, type LossErrorCode } from "./engine/error.js";
export type { BinarySource } from "./engine/load.js";
export { sigmoidCrossEntropy } from "./losses/sigmoidCrossEntropy.js";
export { type ZlprOptions, zlpr } from "./losses/zlpr.js";
export type { ForwardOnly, Loss, LossOptions, LossResult, PerRow, Reduction, Variant } from "./types.js";
