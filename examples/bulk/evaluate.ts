/** Measures scores that lie in files, in two ways: by the library, and by the command line. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createEvaluator, createLosses } from "zlpr";
import { NpyReader } from "./npy.ts";

/** Files of scores and multi-hot labels [rows, classes]. */
export interface Files {
  logits: string;
  labels: string;
  rows: number;
  classes: number;
}

/** The mean loss, and the measures of the predictions. */
export interface Outcome {
  loss: number;
  measures: Record<string, number>;
}

/** Reads some rows at a time into the memory of the kernels: the files may be larger than the memory. */
export function byLibrary({ logits, labels, rows, classes }: Files, chunkRows: number): Outcome {
  const losses = createLosses();
  const batch = losses.allocate(chunkRows, classes);
  const evaluator = createEvaluator({ classes, loss: losses.zlpr });
  const [scores, targets] = [new NpyReader(logits), new NpyReader(labels)];
  for (let row = 0; row < rows; row += chunkRows) {
    const length = Math.min(chunkRows, rows - row) * classes;
    const [some, positive] = [batch.logits.subarray(0, length), batch.labels.subarray(0, length)];
    scores.read(some);
    targets.read(positive);
    evaluator.add(some, positive);
  }
  scores.close();
  targets.close();
  batch.free();
  const { rows: _, loss, ...measures } = evaluator.result();
  return { loss, measures };
}

/** The same as `npx zlpr eval --logits … --labels … --json`, where the package is installed. */
export function byCommand({ logits, labels }: Files): Outcome {
  const cli = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));
  const args = [cli, "eval", "--logits", logits, "--labels", labels, "--json"];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}
