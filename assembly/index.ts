/*
 * What the host calls: `setCall`, then a loss with its own options. A loss returns sum + Σ weight·loss, added up in the
 * order of the rows.
 */
import { lossOfPoints } from "./driver/points";
import { lossOfSums } from "./driver/sums";
import { SigmoidCrossEntropy } from "./loss/sigmoidCrossEntropy";
import { Zlpr } from "./loss/zlpr";

export { setCall } from "./driver/call";
export { firstInvalidLabel } from "./driver/labels";

/** Whether multiply and add are fused. */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** Where the host's part of the memory begins. */
export const HEAP_BASE: usize = __heap_base;

export function zlpr(threshold: f64): f64 {
  return lossOfSums<Zlpr>(-threshold, threshold);
}

export function sigmoidCrossEntropy(): f64 {
  return lossOfPoints<SigmoidCrossEntropy>();
}
