/** How good the predictions of a scorer are on some sentences. */
import { bestThreshold, evaluate, type SparseLabels } from "zlpr";
import { type Sentence, sparseLabels } from "./batch.ts";
import type { Layout } from "./layout.ts";
import type { Scorer } from "./task.ts";

/** Of all decisions together, for all rows: a span counts as found only if start, end and type are right. */
export interface Quality {
  f1: number;
  precision: number;
  recall: number;
}

export interface Scored {
  logits: Float32Array;
  labels: SparseLabels;
  classes: number;
}

/** The scores of all classes of the sentences; what is not there is at -∞, which no threshold lets through. */
export function scoreAll(scorer: Scorer, { rows, classes }: Layout, sentences: Sentence[]): Scored {
  const logits = new Float32Array(sentences.length * rows * classes);
  scorer.score(sentences, logits);
  return { logits, labels: sparseLabels(sentences), classes };
}

export function qualityAt(threshold: number, { logits, labels, classes }: Scored): Quality {
  const { microF1, microPrecision, microRecall } = evaluate(logits, labels, { classes, threshold });
  return { f1: microF1, precision: microPrecision, recall: microRecall };
}

/** The threshold with the highest F1. */
export function tunedThreshold({ logits, labels, classes }: Scored): number {
  return bestThreshold(logits, labels, { classes }).threshold;
}
