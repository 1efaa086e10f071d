import { count, describe, fail, record } from "../engine/checks.js";
import { newArray } from "../engine/newArray.js";

/* Checks of what was parsed from JSON. Each names the place at fault: json.decisions.hits, … */

/** An object with these properties and no others. */
export function recordIn(value: unknown, place: string, names: readonly string[]): Record<string, unknown> {
  const object = record(value, place, names);
  for (const name of names) {
    if (!Object.hasOwn(object, name)) fail("TYPE", `${place}.${name}`, "a value", "none");
  }
  return object;
}

export function textIn(value: unknown, place: string): string {
  if (typeof value !== "string") fail("TYPE", place, "a string", describe(value));
  return value;
}

export function listIn(value: unknown, place: string, length?: number): unknown[] {
  if (!Array.isArray(value)) fail("TYPE", place, "an array", describe(value));
  if (length !== undefined && value.length !== length) {
    fail("RANGE", place, `${length} elements`, String(value.length));
  }
  return value;
}

/** How often something was met. */
export function countIn(value: unknown, place: string, most = Number.MAX_SAFE_INTEGER): number {
  return count(value, place, 0, most);
}

/** So many counts. */
export function countsIn(value: unknown, place: string, length: number, most: number): Float64Array {
  const list = listIn(value, place, length);
  const counts = newArray(Float64Array, length);
  for (let i = 0; i < length; i++) counts[i] = countIn(list[i], `${place}[${i}]`, most);
  return counts;
}
