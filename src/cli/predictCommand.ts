import { aboveThreshold } from "../predict/aboveThreshold.js";
import type { Predictions } from "../predict/predictions.js";
import { topK } from "../predict/topK.js";
import { refuse } from "./errors.js";
import { writeWhole } from "./files.js";
import { LogitsFile } from "./logits.js";
import { STANDARD_OUTPUT } from "./output.js";
import { CsrWriter } from "./predictions/csr.js";
import { JsonLineWriter } from "./predictions/lines.js";
import type { PredictionWriter } from "./predictions/writer.js";
import { createProgress } from "./progress.js";
import { ScoreChecks } from "./scoreChecks.js";

/** What `zlpr predict` is told. */
export interface PredictOptions {
  logits: string;
  /** Default: 0, or with `top` none. */
  threshold?: number;
  top?: number;
  /** Default: lines of JSON to standard output. */
  out?: string;
}

/** Writes the predictions, and returns what is odd about the scores. */
export function predictFile(options: PredictOptions): string[] {
  const { out } = options;
  const logits = new LogitsFile(options.logits);
  const predict = predictorOf(options, logits.classes);
  const checks = new ScoreChecks(logits.classes);
  if (out === undefined) {
    predictTo(new JsonLineWriter(STANDARD_OUTPUT), logits, predict, checks);
  } else {
    const Writer = writerOf(out);
    writeWhole(out, (descriptor) =>
      predictTo(new Writer(descriptor, logits.classes), logits, predict, checks),
    );
  }
  return checks.warnings(logits.path, "predict");
}

type Predict = (logits: Float32Array) => Predictions;

function predictorOf({ threshold, top }: PredictOptions, classes: number): Predict {
  if (top === undefined) return (logits) => aboveThreshold(logits, { classes, threshold });
  if (top > classes) refuse("--top", `at most the ${classes} classes there are`, `${top}`);
  return (logits) => topK(logits, { classes, k: top, threshold });
}

function writerOf(out: string): new (descriptor: number, classes: number) => PredictionWriter {
  if (out.endsWith(".npz")) return CsrWriter;
  if (/\.(ndjson|jsonl)$/.test(out)) return JsonLineWriter;
  return refuse("--out", "a name that ends in .npz, .ndjson or .jsonl", JSON.stringify(out));
}

function predictTo(
  writer: PredictionWriter,
  logits: LogitsFile,
  predict: Predict,
  checks: ScoreChecks,
): void {
  const { rows, classes, chunkRows } = logits;
  const chunk = new Float32Array(chunkRows * classes);
  const progress = createProgress();
  try {
    for (let row = 0; row < rows; row += chunkRows) {
      const some = chunk.subarray(0, Math.min(chunkRows, rows - row) * classes);
      logits.readInto(some, row);
      writer.add(predict(some));
      checks.seeRange(some);
      checks.countNaN(some, (i) => row + i);
      progress.update("predict", row / rows);
    }
    writer.end();
  } finally {
    progress.clear();
  }
}
