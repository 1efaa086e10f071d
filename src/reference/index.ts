export { sigmoidCrossEntropy } from "./sigmoidCrossEntropy.js";
export { zlpr } from "./zlpr.js";
