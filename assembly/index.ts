/*
 * What the host calls. All pointers are byte offsets into the memory; `grad`, `losses` and `weights` may be 0 for none.
 *
 *   logits   float32 [rows, classes]
 *   labels   uint8   [rows, classes], 0 or 1
 *   grad     float32 [rows, classes]   receives factor·weight·∂loss/∂logit; may be `logits` itself
 *   losses   float32 [rows]            receives weight·loss
 *   weights  float32 [rows]
 *
 * Each loss returns sum + Σ weight·loss, added up in the order of the rows: a batch may come in several calls.
 */
import { lossOfPoints } from "./driver/points";
import { lossOfSums } from "./driver/sums";
import { SigmoidCrossEntropy } from "./loss/sigmoidCrossEntropy";
import { Zlpr } from "./loss/zlpr";

export { firstInvalidLabel } from "./driver/labels";

/** Whether multiply and add are fused. */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** Where the host's part of the memory begins. */
export const HEAP_BASE: usize = __heap_base;

export function zlpr(
  logits: usize,
  labels: usize,
  grad: usize,
  losses: usize,
  weights: usize,
  rows: i32,
  classes: i32,
  factor: f64,
  sum: f64,
  threshold: f64,
): f64 {
  return lossOfSums<Zlpr>(
    logits,
    labels,
    grad,
    losses,
    weights,
    rows,
    classes,
    factor,
    sum,
    -threshold,
    threshold,
  );
}

export function sigmoidCrossEntropy(
  logits: usize,
  labels: usize,
  grad: usize,
  losses: usize,
  weights: usize,
  rows: i32,
  classes: i32,
  factor: f64,
  sum: f64,
): f64 {
  return lossOfPoints<SigmoidCrossEntropy>(logits, labels, grad, losses, weights, rows, classes, factor, sum);
}
