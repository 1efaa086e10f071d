import { checkComplete, mergePart, type Part, readPart } from "./part.js";

/** What `zlpr merge` is told. */
export interface MergeOptions {
  /** Some of the shards are enough, and the result is such a part again. */
  partial: boolean;
  out?: string;
  json: boolean;
}

/** Puts together what was found in the shards. */
export function mergeFiles([first, ...others]: readonly string[], { partial }: MergeOptions): Part {
  const path = first as string;
  const whole = readPart(path);
  for (const other of others) mergePart(whole, path, readPart(other), other);
  if (!partial) checkComplete(whole);
  return whole;
}
