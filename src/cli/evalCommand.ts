import { LossError } from "../engine/error.js";
import { watched } from "../engine/loss.js";
import { createEvaluator } from "../predict/evaluator.js";
import type { LossFunction } from "../predict/evaluatorOptions.js";
import { ThresholdSearch } from "../predict/thresholdSearch.js";
import type { Variant } from "../types.js";
import { type Chunk, Dataset } from "./dataset.js";
import { explained, refuse } from "./errors.js";
import { fingerprintOf } from "./fingerprint.js";
import { forLoss, forMeasures } from "./labels/convert.js";
import { openLabels } from "./labels/open.js";
import { LogitsFile } from "./logits.js";
import { definitionOfName, type LossName, type LossOptions, lossOptions } from "./lossOptions.js";
import type { Part } from "./part.js";
import { createProgress, type Progress } from "./progress.js";
import { hasNaNSum, ScoreChecks } from "./scoreChecks.js";
import { rowsOf, type Shard, WHOLE } from "./shard.js";

/** What is to be measured, and how. */
export interface EvalQuestion {
  logits: string;
  labels: string;
  loss: LossName;
  threshold: number | "best";
  ranking: boolean;
}

/** What `zlpr eval` is told. */
export interface EvalOptions extends EvalQuestion {
  variant?: Variant;
  shard?: Shard;
  out?: string;
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
  loss: { name: LossName; options: Omit<LossOptions, "values">; mean: number };
  threshold: number;
  measures: Record<string, number>;
  /** What is odd about the scores. */
  warnings: string[];
}

/** Measures the rows of a shard, or all. */
export function evaluateFiles(options: EvalOptions): Part {
  const { shard = WHOLE } = options;
  if (options.shard) checkShardable(options);
  const logits = new LogitsFile(options.logits);
  const own = lossOptions(options.loss, options, logits.classes);
  const ignoreIndex = own.all.ignoreIndex as number | undefined;
  const labels = openLabels(options.labels, logits, ignoreIndex);
  const dataset = new Dataset(logits, labels, ignoreIndex, options.variant);
  // Before they are read, which may take long.
  const contents = options.shard && {
    logits: fingerprintOf(options.logits),
    labels: fingerprintOf(options.labels),
  };
  const progress = createProgress();
  try {
    const threshold = options.threshold === "best" ? findBest(dataset, progress) : options.threshold;
    return {
      shards: [shard.index],
      of: shard.of,
      logits: options.logits,
      labels: options.labels,
      contents,
      rows: logits.rows,
      classes: logits.classes,
      labelKind: labels.kind,
      variant: dataset.losses.variant,
      options: {
        loss: options.loss,
        lossOptions: own.all,
        lossOptionsGiven: own.given,
        threshold: options.threshold,
        ranking: options.ranking,
      },
      threshold,
      ...measure(dataset, options, own, threshold, rowsOf(shard, logits.rows), progress),
    };
  } finally {
    progress.clear();
  }
}

/** Refuses what needs all rows at once, or can be read by one process alone. */
function checkShardable({ threshold, labels }: EvalOptions): void {
  if (threshold === "best") {
    refuse("--threshold", "a number with --shard, as --threshold best found it before on all rows", '"best"');
  }
  if (labels === "-") refuse("--labels", "a file with --shard", "standard input");
}

/** Calls back with chunks; what the library refuses of one is said of the files. */
function eachChunk(
  dataset: Dataset,
  what: string,
  progress: Progress,
  rows: { from: number; to: number },
  visit: (chunk: Chunk) => void,
): void {
  const { logits, labels } = dataset;
  for (const chunk of dataset.chunks(rows)) {
    explained({ logits: logits.path, labels: labels.path, row: chunk.row }, () => visit(chunk));
    progress.update(what, (chunk.row - rows.from) / (rows.to - rows.from));
  }
}

function findBest(dataset: Dataset, progress: Progress): number {
  const { logits, labels } = dataset;
  if (!labels.isRepeatable) {
    refuse("--threshold", "a number with labels that can be read only once", `"best" with ${labels.path}`);
  }
  const search = new ThresholdSearch(logits.classes);
  const all = { from: 0, to: logits.rows };
  do {
    eachChunk(dataset, "threshold", progress, all, (chunk) =>
      search.add(chunk.logits, forMeasures(chunk.labels)),
    );
  } while (search.endPass());
  return search.result().threshold;
}

function measure(
  dataset: Dataset,
  { loss: name, ranking }: EvalOptions,
  own: LossOptions,
  threshold: number,
  rows: { from: number; to: number },
  progress: Progress,
): Pick<Part, "evaluator" | "checks"> {
  const { classes } = dataset.logits;
  const kinds = definitionOfName(name).labels;
  let isAnyNaN = false;
  const loss = watched(dataset.losses[name] as LossFunction, (outcome) => {
    isAnyNaN = hasNaNSum(outcome.loss as Float32Array);
  });
  const evaluator = createEvaluator({ classes, threshold, ranking, loss, lossOptions: own.values });
  const checks = new ScoreChecks(classes);
  eachChunk(dataset, "eval", progress, rows, (chunk) => {
    const targets = forLoss(chunk.labels, kinds, { path: dataset.labels.path, row: chunk.row, classes });
    evaluator.add(chunk.logits, forMeasures(chunk.labels), targets);
    checks.seeRange(chunk.logits);
    // Any NaN among the scores makes the loss of its row NaN.
    if (isAnyNaN) checks.countNaN(chunk.logits, chunk.rowOf);
  });
  return { evaluator, checks };
}

/** What was found in all shards together. */
export function reportOf(part: Part): EvalReport {
  const { logits, labels, rows, classes, labelKind, variant, options, threshold, evaluator, checks } = part;
  const { rows: counted, loss: mean, ...measures } = resultOf(evaluator, labels);
  return {
    rows,
    classes,
    ignoredRows: rows - counted,
    labelKind,
    variant,
    loss: {
      name: options.loss,
      options: { given: options.lossOptionsGiven, all: options.lossOptions },
      mean,
    },
    threshold,
    measures,
    warnings: checks.warnings(logits, options.loss),
  };
}

function resultOf(evaluator: Part["evaluator"], labels: string) {
  try {
    return evaluator.result();
  } catch (error) {
    if (!(error instanceof LossError) || error.code !== "EMPTY_REDUCTION") throw error;
    return refuse(labels, "a row that is not ignored", "none");
  }
}
