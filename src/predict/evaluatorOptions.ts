import { count, describe, fail, flag, isFloat32Array, MAX_CLASSES, plain, record } from "../engine/checks.js";
import { knownDefinition } from "../engine/definitions.js";
import type { LossDefinition } from "../engine/loss.js";
import { newArray } from "../engine/newArray.js";
import { finite } from "../engine/options.js";
import { MAX_INDEX } from "../sparse.js";
import type { OpenLoss } from "../types.js";
import { mostThresholds } from "./curve.js";
import { listIn, recordIn, textIn } from "./json.js";

/** Any loss of this package, as a function: `zlpr`, the method of an instance, or that of `zlpr/reference`. */
export type LossFunction = (logits: Float32Array, labels: never, options: never) => OpenLoss;

/** The options of `createEvaluator`. */
export interface EvaluatorOptions {
  /** Number of classes: the length of a row. */
  classes: number;
  /** The score above which a class is predicted, default 0. */
  threshold?: number;
  /** `false`: without the measures of rankings, which take most of the time. */
  ranking?: boolean;
  /** `true`: with `macroAveragePrecision`, for which all scores and labels are kept, 4 bytes a logit. */
  classRanking?: boolean;
  /** Finite numbers, each above the one before: with `curve`, the measures at each of them. */
  thresholds?: readonly number[] | Float32Array;
  /** A loss of this package: with `loss`, the mean of the losses of the rows. */
  loss?: LossFunction;
  /** Its own options. */
  lossOptions?: object;
}

const NAMES: readonly (keyof EvaluatorOptions)[] = [
  "classes",
  "threshold",
  "ranking",
  "classRanking",
  "thresholds",
  "loss",
  "lossOptions",
];

/** A loss by its name, with the options that are in force, as JSON has them. */
export interface NamedLoss {
  name: string;
  options: Record<string, number | number[]>;
}

/** The options that are in force, as JSON has them. */
export interface Settings {
  classes: number;
  threshold: number;
  ranking: boolean;
  classRanking: boolean;
  thresholds?: number[];
  loss?: NamedLoss;
}

/** The loss of each row, [rows]. */
export type RowLosses = (logits: Float32Array, labels: unknown) => Float32Array;

/** Checks what `createEvaluator` is given. */
export function readOptions(options: unknown): { settings: Settings; rowLosses: RowLosses | undefined } {
  const given = { ...record(options, "options", NAMES) };
  const { loss } = given;
  const classes = count(given.classes, "options.classes", 1, loss === undefined ? MAX_INDEX : MAX_CLASSES);
  const settings: Settings = {
    classes,
    threshold: finite(0)(given.threshold, "options.threshold") + 0,
    ranking: flag(given.ranking, "options.ranking", true),
    classRanking: flag(given.classRanking, "options.classRanking", false),
  };
  if (given.thresholds !== undefined) {
    settings.thresholds = ascending(plain(given.thresholds), "options.thresholds", classes);
  }
  if (loss === undefined) {
    if (given.lossOptions !== undefined) {
      fail("TYPE", "options.lossOptions", "nothing unless loss is given", describe(given.lossOptions));
    }
    return { settings, rowLosses: undefined };
  }
  const definition = definitionOfLoss(loss);
  settings.loss = {
    name: definition.name,
    options: optionsOf(definition, given.lossOptions ?? {}, "options.lossOptions", classes),
  };
  return { settings, rowLosses: rowLossesOf(loss as LossFunction, definition, settings) };
}

/** The numbers, which have to rise. */
function ascending(value: unknown, place: string, classes: number): number[] {
  if (!Array.isArray(value) && !isFloat32Array(value)) {
    fail("TYPE", place, "an array of numbers or a Float32Array", describe(value));
  }
  const thresholds = Array.from(value as ArrayLike<unknown>, (threshold, i) => {
    if (threshold === undefined) fail("TYPE", `${place}[${i}]`, "a number", "undefined");
    return finite(0)(threshold, `${place}[${i}]`) + 0;
  });
  if (thresholds.length === 0) fail("RANGE", place, "at least one threshold", "none");
  const most = mostThresholds(classes);
  if (thresholds.length > most) {
    fail("RANGE", place, `at most ${most} thresholds for ${classes} classes`, `${thresholds.length}`);
  }
  for (let i = 1; i < thresholds.length; i++) {
    const last = thresholds[i - 1] as number;
    const threshold = thresholds[i] as number;
    if (threshold <= last) fail("RANGE", `${place}[${i}]`, `a number above ${last}`, String(threshold));
  }
  return thresholds;
}

function definitionOfLoss(loss: unknown): LossDefinition<object> {
  const definition = knownDefinition(loss);
  if (definition) return definition;
  return fail("TYPE", "options.loss", "a loss of this package, as a function", describe(loss));
}

/** Those of the loss's own options that have a value, checked. */
function optionsOf(
  definition: LossDefinition<object>,
  given: unknown,
  place: string,
  classes: number,
): NamedLoss["options"] {
  const checks = Object.entries((definition as LossDefinition<Record<string, unknown>>).options);
  const { ...values } = record(
    given,
    place,
    checks.map(([name]) => name),
  );
  const options: NamedLoss["options"] = {};
  for (const [name, check] of checks) {
    const at = `${place}.${name}`;
    const value = plain(values[name]);
    // A number for each row of all calls makes no sense.
    if (name === "threshold" && typeof value === "object") fail("TYPE", at, "a number", describe(value));
    const checked = check(value, at, { rows: 1, classes, given: values });
    values[name] = checked;
    if (checked !== undefined) {
      options[name] = typeof checked === "number" ? checked + 0 : Array.from(checked as Float32Array);
    }
  }
  return options;
}

/** The options as the loss takes them. Without those that have their default: some may be given with others alone. */
function givenOptions(definition: LossDefinition<object>, { options }: NamedLoss): Record<string, unknown> {
  const defaults = optionsOf(definition, {}, "", 1);
  const given = Object.entries(options).filter(([name, value]) => value !== defaults[name]);
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === "number" ? value : floats(value)]),
  );
}

function floats(values: readonly number[]): Float32Array {
  const array = newArray(Float32Array, values.length);
  array.set(values);
  return array;
}

/** What computes the losses of rows, with the options that the settings have. */
function rowLossesOf(
  loss: LossFunction,
  definition: LossDefinition<object>,
  { classes, loss: named }: Settings,
): RowLosses {
  const own = givenOptions(definition, named as NamedLoss);
  const options = { ...own, classes, reduction: "none", gradient: false };
  return (logits, labels) => loss(logits, labels as never, options as never).loss as Float32Array;
}

/** Checks that a loss is the one that the settings name, and returns what computes it. */
export function sameLoss(loss: unknown, settings: Settings): RowLosses {
  const definition = definitionOfLoss(loss);
  const { classes, loss: named } = settings;
  if (definition.name !== named?.name) {
    fail("RANGE", "options.loss", `${named?.name ?? "none"}, as json.options has`, definition.name);
  }
  const place = "json.options.loss.options";
  const known = optionsOf(definition, givenOptions(definition, named), place, classes);
  const [expected, received] = differing(known, named.options);
  if (received !== expected) fail("RANGE", place, expected, received);
  return rowLossesOf(loss as LossFunction, definition, settings);
}

/** Checks settings that were parsed from JSON. */
export function settingsIn(json: unknown, place: string): Settings {
  const { thresholds, loss, ...required } = record(
    json,
    place,
    NAMES.filter((name) => name !== "lossOptions"),
  );
  const given = recordIn(required, place, ["classes", "threshold", "ranking", "classRanking"]);
  const classes = count(given.classes, `${place}.classes`, 1, loss === undefined ? MAX_INDEX : MAX_CLASSES);
  return {
    classes,
    threshold: finite(0)(given.threshold, `${place}.threshold`) + 0,
    ranking: flag(given.ranking, `${place}.ranking`, true),
    classRanking: flag(given.classRanking, `${place}.classRanking`, false),
    ...(thresholds !== undefined && { thresholds: ascending(thresholds, `${place}.thresholds`, classes) }),
    ...(loss !== undefined && { loss: lossIn(loss, `${place}.loss`) }),
  };
}

function lossIn(json: unknown, place: string): NamedLoss {
  const { name, options } = recordIn(json, place, ["name", "options"]);
  const known = record(options, `${place}.options`, Object.keys(Object(options)));
  const values = Object.entries(known).map(([option, value]) => {
    const at = `${place}.options.${option}`;
    if (typeof value === "number") return [option, finite(0)(value, at)];
    return [option, listIn(value, at).map((one, i) => finite(0)(one, `${at}[${i}]`))];
  });
  return { name: textIn(name, `${place}.name`), options: Object.fromEntries(values) };
}

/** Refuses other settings, and names the first that differs. */
export function checkSame(settings: Settings, other: Settings, place: string): void {
  for (const name of ["classes", "threshold", "ranking", "classRanking", "thresholds", "loss"] as const) {
    const [expected, received] = differing(settings[name], other[name]);
    if (expected === received) continue;
    fail("RANGE", place, `an evaluator with ${name} ${expected}`, `one with ${received}`);
  }
}

/** How much of an option an error shows, and how much of that comes before what differs. */
const SHOWN = 60;
const SHOWN_BEFORE = 20;

/** Two values as JSON, shortened to where they differ. */
function differing(a: unknown, b: unknown): [string, string] {
  const texts = [a, b].map((value) => (value === undefined ? "none" : JSON.stringify(value)));
  const [first, second] = texts as [string, string];
  let same = 0;
  while (same < first.length && first[same] === second[same]) same++;
  const start = Math.max(0, same - SHOWN_BEFORE);
  const shown = (text: string) => {
    if (text.length <= SHOWN) return text;
    const end = start + SHOWN;
    return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
  };
  return first === second ? [first, first] : [shown(first), shown(second)];
}
