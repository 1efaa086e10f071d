/*
 * The least that an evaluation of stored scores has to do: read both files, and compute the loss. Arguments: the files of
 * scores and labels, and their rows and classes.
 */
import { openSync, readSync } from "node:fs";
import { createLosses } from "../dist/index.mjs";

/** Where the numbers begin in a .npy file with a short header. */
const HEADER = 128;

/** As many bytes of scores at a time as the command line reads. */
const CHUNK_BYTES = 2 ** 19;

const [logitsPath, labelsPath, rows, classes] = process.argv
  .slice(2)
  .map((text, i) => (i < 2 ? text : Number(text)));
const chunkRows = Math.floor(CHUNK_BYTES / (4 * classes));
const losses = createLosses();
const batch = losses.allocate(chunkRows, classes);
const logitsFile = openSync(logitsPath, "r");
const labelsFile = openSync(labelsPath, "r");

function fill(file, array, position) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (readSync(file, bytes, 0, bytes.length, position) !== bytes.length) throw new Error("a short read");
}

let sum = 0;
for (let row = 0; row < rows; row += chunkRows) {
  const length = Math.min(chunkRows, rows - row) * classes;
  const logits = batch.logits.subarray(0, length);
  const labels = batch.labels.subarray(0, length);
  fill(logitsFile, logits, HEADER + 4 * row * classes);
  fill(labelsFile, labels, HEADER + row * classes);
  sum += losses.zlpr(logits, labels, { classes, gradient: false, reduction: "sum" }).loss;
}
console.log(sum / rows);
