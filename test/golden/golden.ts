import { readFileSync } from "node:fs";

/** The own options of all losses. */
export interface OwnOptions {
  threshold?: number;
  scale?: number;
  margin?: number;
}

/** A row worth testing, and why it is. */
export interface Case {
  name: string;
  reason: string;
  /** Float32 numbers. */
  scores: number[];
  /** 1 for the positive classes, 0 for the others. */
  labels: number[];
  options?: OwnOptions;
}

/** A case as it is stored, with its exact results to 26 significant digits. Numbers in a row are parted by a space. */
export interface StoredCase {
  name: string;
  reason: string;
  options?: OwnOptions;
  /** All digits of each score. */
  scores: string;
  /** A digit a class. */
  labels: string;
  loss: string;
  grad: string;
}

/** A case with its exact results, which are decimals of more digits than a number holds. */
export interface GoldenCase {
  name: string;
  options: OwnOptions;
  logits: Float32Array;
  labels: Uint8Array;
  loss: string;
  grad: string[];
}

/** Where the golden cases of a loss are stored. */
export function fileOf(loss: string): URL {
  return new URL(`${loss}.json`, import.meta.url);
}

export function readGolden(loss: string): GoldenCase[] {
  const stored: StoredCase[] = JSON.parse(readFileSync(fileOf(loss), "utf8"));
  return stored.map(({ name, options = {}, scores, labels, loss, grad }) => ({
    name,
    options,
    logits: Float32Array.from(scores.split(" "), Number),
    labels: Uint8Array.from(labels, Number),
    loss,
    grad: grad.split(" "),
  }));
}
