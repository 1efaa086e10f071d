import { createEvaluator } from "../predict/evaluator.js";
import { ThresholdSearch } from "../predict/thresholdSearch.js";
import { type Chunk, Dataset } from "./dataset.js";
import { explained, refuse } from "./errors.js";
import { forLoss, forMeasures } from "./labels/convert.js";
import { openLabels } from "./labels/open.js";
import { LogitsFile } from "./logits.js";
import {
  type AnyLoss,
  definitionOfName,
  type LossName,
  type LossOptions,
  lossOptions,
} from "./lossOptions.js";
import { MeanLoss } from "./meanLoss.js";
import { createProgress, type Progress } from "./progress.js";
import { ScoreChecks } from "./scoreChecks.js";

/** What `zlpr eval` is told. */
export interface EvalOptions {
  logits: string;
  labels: string;
  loss: LossName;
  threshold: number | "best";
  ranking: boolean;
  json: boolean;
  /** The options of the losses, by their names. */
  [option: string]: unknown;
}

/** What it finds. */
export interface EvalReport {
  rows: number;
  classes: number;
  /** Rows that class indices take out. */
  ignoredRows: number;
  labelKind: string;
  variant: string;
  loss: { name: LossName; options: LossOptions; mean: number };
  threshold: number;
  measures: Record<string, number>;
  /** What is odd about the scores. */
  warnings: string[];
}

export function evaluateFiles(options: EvalOptions): EvalReport {
  const logits = new LogitsFile(options.logits);
  const own = lossOptions(options.loss, options, logits.classes);
  const ignoreIndex = own.all.ignoreIndex as number | undefined;
  const labels = openLabels(options.labels, logits, ignoreIndex);
  const dataset = new Dataset(logits, labels, ignoreIndex);
  const progress = createProgress();
  try {
    const threshold = options.threshold === "best" ? findBest(dataset, progress) : options.threshold;
    const { mean, measures, checks } = measure(dataset, options, own, threshold, progress);
    const { rows: counted, ...rest } = measures;
    return {
      rows: logits.rows,
      classes: logits.classes,
      ignoredRows: logits.rows - counted,
      labelKind: labels.kind,
      variant: dataset.losses.variant,
      loss: { name: options.loss, options: own, mean },
      threshold,
      measures: rest,
      warnings: checks.warnings(logits.path, options.loss),
    };
  } finally {
    progress.clear();
  }
}

/** Calls back with all chunks; what the library refuses of one is said of the files. */
function eachChunk(dataset: Dataset, what: string, progress: Progress, visit: (chunk: Chunk) => void): void {
  const { logits, labels } = dataset;
  for (const chunk of dataset.chunks()) {
    explained({ logits: logits.path, labels: labels.path, row: chunk.row }, () => visit(chunk));
    progress.update(what, chunk.row / logits.rows);
  }
}

function findBest(dataset: Dataset, progress: Progress): number {
  const { logits, labels } = dataset;
  if (!labels.isRepeatable) {
    refuse("--threshold", "a number with labels that can be read only once", `"best" with ${labels.path}`);
  }
  const search = new ThresholdSearch(logits.classes);
  do {
    eachChunk(dataset, "threshold", progress, (chunk) => search.add(chunk.logits, forMeasures(chunk.labels)));
  } while (search.endPass());
  return search.result().threshold;
}

function measure(
  dataset: Dataset,
  { loss: name, ranking }: EvalOptions,
  own: LossOptions,
  threshold: number,
  progress: Progress,
) {
  const { classes } = dataset.logits;
  const loss = dataset.losses[name] as AnyLoss;
  const kinds = definitionOfName(name).labels;
  const evaluator = createEvaluator({ classes, threshold, ranking });
  const mean = new MeanLoss();
  const checks = new ScoreChecks(classes);
  const options = { ...own.values, classes, reduction: "sum", gradient: false } as const;
  eachChunk(dataset, "eval", progress, (chunk) => {
    const targets = forLoss(chunk.labels, kinds, { path: dataset.labels.path, row: chunk.row, classes });
    const sum = loss(chunk.logits, targets, options).loss as number;
    mean.add(sum, chunk.rows);
    checks.seeRange(chunk.logits);
    // Any NaN among the scores makes the loss of its row NaN.
    if (Number.isNaN(sum)) checks.countNaN(chunk.logits, chunk.rowOf);
    evaluator.add(chunk.logits, forMeasures(chunk.labels));
  });
  if (mean.rows === 0) refuse(dataset.labels.path, "a row that is not ignored", "none");
  return { mean: mean.value, measures: evaluator.result(), checks };
}
