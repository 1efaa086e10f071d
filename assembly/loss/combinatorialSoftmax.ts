import { lossOfSubsets, subsetsScratch } from "../driver/subsets";

/** See driver/subsets.ts: this loss is the only one of its kind. */
export function combinatorialSoftmax(maxLabels: i32): f64 {
  return lossOfSubsets(maxLabels);
}

/** Bytes of scratch memory, for rows of which none has more than `most` positive classes, or may have. */
export function combinatorialSoftmaxScratch(
  classes: i32,
  most: i32,
  isPadded: bool,
  needsGradient: bool,
): f64 {
  return subsetsScratch(classes, most, isPadded, needsGradient);
}
