import { count, describe, fail, float32Of, isFloat32Array, own, readable } from "./checks.js";

/** What the checks of a loss's own options know of the call. */
export interface CallShape {
  rows: number;
  classes: number;
  /** The loss's own options, the earlier ones checked, for those that depend on one another. */
  given: Readonly<Record<string, unknown>>;
}

/** Checks the value of one option of a loss and returns it; `undefined` stands for the default. */
export type OptionCheck<T> = (value: unknown, argument: string, shape: CallShape) => T;

/** A check for each option that only one loss has. */
export type OptionChecks<Own> = { [Name in keyof Own]-?: OptionCheck<Own[Name]> };

/** A finite number within limits, both of them included. */
export function finite(
  fallback: number,
  { least = -Infinity, most = Infinity }: { least?: number; most?: number } = {},
): (value: unknown, argument: string) => number {
  return (value, argument) => {
    if (value === undefined) return fallback;
    if (typeof value !== "number") fail("TYPE", argument, "a number", describe(value));
    if (!(Number.isFinite(value) && value >= least && value <= most)) {
      const limits = [
        least === Number.MIN_VALUE ? "above 0" : least > -Infinity && `of at least ${least}`,
        most < Infinity && `of at most ${most}`,
      ];
      const expected = `a finite number ${limits.filter(Boolean).join(" and ")}`.trim();
      fail("RANGE", argument, expected, describe(value));
    }
    return value;
  };
}

/** A class index, or any other int32 that stands for none. */
export function int32(fallback: number): (value: unknown, argument: string) => number {
  return (value, argument) =>
    value === undefined ? fallback : count(value, argument, -(2 ** 31), 2 ** 31 - 1);
}

/** A number of classes, at least 1. */
export const classCount: OptionCheck<number> = (value, argument, { classes }) =>
  count(value, argument, 1, classes);

/** The same for an option that may be left out. */
export function optional<T>(check: OptionCheck<T>): OptionCheck<T | undefined> {
  return (value, argument, shape) => (value === undefined ? undefined : check(value, argument, shape));
}

/** A number for all, or one for each row or class: finite and within limits. */
function numbers(
  fallback: number,
  per: "rows" | "classes",
  limits: { least?: number } = {},
): OptionCheck<number | Float32Array> {
  const one = finite(fallback, limits);
  return (value, argument, shape) => {
    if (value === undefined || typeof value === "number") return one(value, argument);
    if (!isFloat32Array(value)) fail("TYPE", argument, "a number or a Float32Array", describe(value));
    const array = own(readable(float32Of(value, argument, shape[per], `[${per}]`), argument));
    const least = limits.least ?? -Infinity;
    const wrong = array.findIndex((x) => !(Number.isFinite(x) && x >= least));
    if (wrong >= 0) {
      const expected = least > -Infinity ? `finite numbers of at least ${least}` : "finite numbers";
      const place = per === "rows" ? { row: wrong } : { index: wrong };
      fail("RANGE", argument, expected, String(array[wrong]), place);
    }
    return array;
  };
}

/** A threshold for all rows or one a row. */
export const threshold: OptionCheck<number | Float32Array> = numbers(0, "rows");

/** An option that means nothing unless another one is given. */
export function onlyWith<T>(name: string, check: OptionCheck<T>): OptionCheck<T> {
  return (value, argument, shape) => {
    if (value !== undefined && shape.given[name] === undefined) {
      fail("TYPE", argument, `nothing unless ${name} is given`, describe(value));
    }
    return check(value, argument, shape);
  };
}

/** A weight for all classes or one a class. */
export const positiveWeights: OptionCheck<number | Float32Array> = numbers(1, "classes", { least: 0 });
