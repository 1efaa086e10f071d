/*
 * What the host needs besides the losses, which are exported by the files in loss/: it calls `setCall`, `setParts` if the
 * call has such parts, and then a loss with its own options. A loss returns sum + Σ weight·loss, added up in the order of
 * the rows. `countDecisions` is for the measures of predictions.
 */
import { SHORT } from "./driver/shortRows";

export { setCall, setParts } from "./driver/call";
export { countRows, firstInvalidLabel, firstInvalidTarget } from "./driver/labels";
export { packBytes, packFloats, unpackFloats } from "./driver/masks";
export { countDecisions } from "./predict/countDecisions";

/** Whether multiply and add are fused. */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** Up to so many classes, a loss with one positive class a row takes its index in place of labels. */
export const MOST_OF_INDICES: i32 = SHORT;

/** Where the host's part of the memory begins. */
export const HEAP_BASE: usize = __heap_base;
