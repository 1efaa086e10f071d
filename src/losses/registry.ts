import { definition as sigmoidCrossEntropy } from "./sigmoidCrossEntropy.js";
import { definition as zlpr } from "./zlpr.js";

/** Every loss by its name. The instances of `createLosses`, the tests and the benchmark run over this list. */
export const registry = { zlpr, sigmoidCrossEntropy };
