/**
 * Bulk scoring: a model writes its scores to .npy files, which are then evaluated without ever being in memory as a whole.
 * npm run example:bulk
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { byCommand, byLibrary } from "./evaluate.ts";
import { Source, score, train } from "./model.ts";
import { NpyWriter } from "./npy.ts";

const CHUNK_ROWS = 1000;

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("It has to be a whole number of at least 1.");
  }
  return value;
}

const { rows, classes, out } = new Command("npm run example:bulk --")
  .description("Scores rows with a small model, writes them to .npy files, and evaluates those.")
  .option("--rows <n>", "rows to score", wholeNumber, 200_000)
  .option("--classes <n>", "classes of the model", wholeNumber, 50)
  .option("--out <folder>", "where to write logits.npy and labels.npy", "results/bulk")
  .parse()
  .opts<{ rows: number; classes: number; out: string }>();

const source = new Source(classes);
const weights = train(source);

mkdirSync(out, { recursive: true });
const files = { logits: join(out, "logits.npy"), labels: join(out, "labels.npy"), rows, classes };
const logitsFile = new NpyWriter(files.logits, "<f4", [rows, classes]);
const labelsFile = new NpyWriter(files.labels, "|u1", [rows, classes]);
for (let row = 0; row < rows; row += CHUNK_ROWS) {
  const { inputs, labels } = source.draw(Math.min(CHUNK_ROWS, rows - row));
  logitsFile.add(score(inputs, weights, new Float32Array(labels.length)));
  labelsFile.add(labels);
}
logitsFile.close();
labelsFile.close();
console.log(`${rows} rows of ${classes} scores in ${files.logits}, their labels in ${files.labels}\n`);

for (const [name, evaluate] of [
  ["by the library", () => byLibrary(files, CHUNK_ROWS)],
  ["by the command line", () => byCommand(files)],
] as const) {
  const begin = performance.now();
  const { loss, measures } = evaluate();
  const seconds = ((performance.now() - begin) / 1000).toFixed(2);
  const { microF1, macroF1, averagePrecision } = measures;
  console.log(
    `${name}: loss ${loss.toFixed(6)}, micro F1 ${microF1.toFixed(4)}, macro F1 ${macroF1.toFixed(4)}, ` +
      `LRAP ${averagePrecision.toFixed(4)} (${seconds} s)`,
  );
}
console.log(`\nnpx zlpr eval --logits ${files.logits} --labels ${files.labels}`);
