import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Where what was found is kept, so that a measurement that was broken off goes on where it was. */
export const FOLDER = fileURLToPath(new URL("../../build/accuracy/", import.meta.url));

/** Replaces a file as a whole: one that was broken off is never half written. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

/** Any number as JSON can hold it: what is infinite becomes the greatest there is. */
export function storable(x: number): number {
  return Math.min(x, Number.MAX_VALUE);
}

interface Stored<Part> {
  key: string;
  parts: Record<string, Part>;
}

/** Results by the names of their parts, kept in a file for as long as the key is the same: that of what is measured. */
export class Store<Part> {
  readonly #path: string;
  readonly #stored: Stored<Part>;

  constructor(path: string, key: string, isFresh = false) {
    this.#path = path;
    const before: Stored<Part> | undefined =
      !isFresh && existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
    this.#stored = before?.key === key ? before : { key, parts: {} };
  }

  get(name: string): Part | undefined {
    return this.#stored.parts[name];
  }

  set(name: string, part: Part): void {
    this.#stored.parts[name] = part;
    writeWhole(this.#path, JSON.stringify(this.#stored));
  }
}
