import { refuse } from "../errors.js";
import { openFile, readAt } from "../files.js";
import type { LogitsFile } from "../logits.js";
import { NpyFile, shapeName } from "../npyFile.js";
import { isNpy } from "../npyHeader.js";
import { DenseLabels } from "./dense.js";
import { ClassIndexLabels } from "./indices.js";
import { JsonLineLabels } from "./lines.js";
import type { LabelSource } from "./source.js";
import { CsrLabels } from "./sparse.js";

const FORMATS = "a .npy array, a .npz of scipy.sparse.save_npz, or lines of JSON";

/** Opens labels of any form, which the first bytes of the file tell. */
export function openLabels(
  path: string,
  { rows, classes }: LogitsFile,
  ignoreIndex: number | undefined,
): LabelSource {
  if (path === "-") return new JsonLineLabels(path, rows, classes);
  const first = firstBytes(path);
  if (isNpy(first)) {
    const file = new NpyFile(path);
    const { shape } = file.header;
    if (shape.length === 1) return new ClassIndexLabels(file, rows, classes, ignoreIndex);
    if (shape.length === 2) return new DenseLabels(file, rows, classes);
    refuse(path, "a shape [rows, classes], or [rows] for class indices", shapeName(shape));
  }
  const text = Buffer.from(first).toString("utf8");
  if (text.startsWith("PK")) return new CsrLabels(path, rows, classes);
  if (/^\uFEFF?\s*[[{]/.test(text) || /\.(ndjson|jsonl)$/.test(path))
    return new JsonLineLabels(path, rows, classes);
  return refuse(path, FORMATS, "something else");
}

function firstBytes(path: string): Uint8Array {
  const file = openFile(path);
  if (file.bytes === 0) refuse(path, FORMATS, "an empty file");
  const bytes = new Uint8Array(Math.min(16, file.bytes));
  readAt(file, bytes, 0);
  return bytes;
}
