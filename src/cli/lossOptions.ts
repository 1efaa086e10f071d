import { type Command, InvalidArgumentError, Option } from "commander";
import { definitionOf } from "../engine/definitions.js";
import type { KernelLoss } from "../engine/loss.js";
import type { OptionCheck } from "../engine/options.js";
import * as registry from "../losses/index.js";
import type { Loss } from "../types.js";
import { refuse, saidOf } from "./errors.js";
import { NpyFile, shapeName } from "./npyFile.js";

/** What their kernels are built as. */
export const VARIANTS = ["relaxed", "simd", "js"];

/** The name of a loss. */
export type LossName = keyof typeof registry;

export const lossNames = Object.keys(registry) as LossName[];

/** Any loss, whose own options and kinds of labels are checked when it is called. */
export type AnyLoss = Loss<object, unknown>;

export function definitionOfName(name: LossName): KernelLoss<object> {
  return definitionOf(registry[name]);
}

/** Option of a loss → the losses that have it. */
const owners = new Map<string, LossName[]>();
for (const name of lossNames) {
  for (const option of Object.keys(definitionOfName(name).options)) {
    owners.set(option, [...(owners.get(option) ?? []), name]);
  }
}

/** The flag of an option. Without more words, the threshold is that of the predictions. */
function flagOf(option: string): string {
  const words = option === "threshold" ? "lossThreshold" : option;
  return `--${words.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Options that may also have a number a class. */
const PER_CLASS = "positiveWeights";

function numberOrPath(option: string): (text: string) => number | string {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && !Number.isNaN(value)) return value;
    if (option === PER_CLASS && text.endsWith(".npy")) return text;
    throw new InvalidArgumentError(
      option === PER_CLASS ? "Expected a number or a .npy file [classes]." : "Expected a number.",
    );
  };
}

/** The default of an option, where it is a number of its own. */
function defaultOf(name: LossName, option: string): number | undefined {
  const check = definitionOfName(name).options[option as never] as OptionCheck<unknown>;
  const value = check(undefined, option, { rows: 1, classes: 1, given: {} });
  return typeof value === "number" ? value : undefined;
}

/** The losses that have an option, with its default: once where it is the same for all of them. */
function ownersText(option: string, names: readonly LossName[]): string {
  const defaults = names.map((name) => defaultOf(name, option));
  const text = (value: number | undefined) => (value === undefined ? "" : ` (default: ${value})`);
  if (new Set(defaults).size === 1) return `of ${names.join(", ")}${text(defaults[0])}`;
  return `of ${names.map((name, i) => name + text(defaults[i])).join(", ")}`;
}

/** Adds a flag for each option that some losses have. */
export function addLossOptions(command: Command): Command {
  for (const [option, names] of owners) {
    const value = option === PER_CLASS ? "<number|file.npy>" : "<number>";
    const flag = new Option(`${flagOf(option)} ${value}`, ownersText(option, names));
    command.addOption(flag.argParser(numberOrPath(option)).helpGroup("Options of the losses:"));
  }
  return command;
}

/** The options of a loss. */
export interface LossOptions {
  /** As they are handed to it. */
  values: Record<string, unknown>;
  /** As they were given on the command line. */
  given: Record<string, unknown>;
  /** Those that are in force: with the defaults. */
  all: Record<string, unknown>;
}

/** Finds the options of a loss among all that were given, and checks them. */
export function lossOptions(name: LossName, flags: Record<string, unknown>, classes: number): LossOptions {
  const checks = definitionOfName(name).options as KernelLoss<Record<string, unknown>>["options"];
  const given: Record<string, unknown> = {};
  const values: Record<string, unknown> = {};
  for (const [option, names] of owners) {
    const value = flags[option === "threshold" ? "lossThreshold" : option];
    if (value === undefined) continue;
    if (!names.includes(name)) {
      const known = Object.keys(checks).map(flagOf).join(", ");
      refuse(
        flagOf(option),
        `an option of ${name} (${known || "it has none"})`,
        `one of ${names.join(", ")}`,
      );
    }
    given[option] = value;
    values[option] = typeof value === "string" ? weightsOf(value, classes) : value;
  }
  const shape = { rows: 1, classes, given: values };
  const all: Record<string, unknown> = {};
  for (const [option, check] of Object.entries(checks)) {
    const value = saidOf(flagOf(option), () => check(values[option], option, shape));
    all[option] = given[option] ?? value;
  }
  return { values, given, all };
}

/** The files that were given as options of losses, each with its flag. */
export function filesOf(flags: Record<string, unknown>): [flag: string, path: string][] {
  const path = flags[PER_CLASS];
  return typeof path === "string" ? [[flagOf(PER_CLASS), path]] : [];
}

function weightsOf(path: string, classes: number): Float32Array {
  const file = new NpyFile(path);
  const { shape } = file.header;
  if (shape.length !== 1 || shape[0] !== classes) {
    refuse(path, `shape ${shapeName([classes])}, a weight a class`, shapeName(shape));
  }
  return Float32Array.from(file.read(0, classes));
}
