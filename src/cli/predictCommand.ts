import { aboveThreshold } from "../predict/aboveThreshold.js";
import type { Predictions } from "../predict/predictions.js";
import { topK } from "../predict/topK.js";
import { refuse } from "./errors.js";
import { LogitsFile } from "./logits.js";
import { openOutput, type Sink } from "./outputFile.js";
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
  const output = openOutput(out, [["--logits", options.logits]]);
  const Writer = writerOf(out, output.isFile);
  const logits = new LogitsFile(options.logits);
  const predict = predictorOf(options, logits.classes);
  const checks = new ScoreChecks(logits.classes);
  output.write((sink) => predictTo(new Writer(sink, logits.classes), logits, predict, checks));
  return checks.warnings(logits.path, "predict");
}

type Predict = (logits: Float32Array) => Predictions;

function predictorOf({ threshold, top }: PredictOptions, classes: number): Predict {
  if (top === undefined) return (logits) => aboveThreshold(logits, { classes, threshold });
  if (top > classes) refuse("--top", `at most the ${classes} classes there are`, `${top}`);
  return (logits) => topK(logits, { classes, k: top, threshold });
}

/** The writer of what the name of a file says. Other things may have any name, and get lines. */
function writerOf(
  out: string | undefined,
  isFile: boolean,
): new (
  sink: Sink,
  classes: number,
) => PredictionWriter {
  if (out?.endsWith(".npz")) return CsrWriter;
  if (!isFile || /\.(ndjson|jsonl)$/.test(out as string)) return JsonLineWriter;
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
