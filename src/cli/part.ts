import { count, describe, fail, record } from "../engine/checks.js";
import { LossError } from "../engine/error.js";
import type { Decisions } from "../predict/decisions.js";
import type { Evaluator } from "../predict/evaluator.js";
import { evaluatorFromJSON } from "../predict/evaluatorFromJSON.js";
import type { NamedLoss } from "../predict/evaluatorOptions.js";
import { listIn, recordIn, textIn } from "../predict/json.js";
import type { MeanLoss } from "../predict/meanLoss.js";
import type { RowRanking } from "../predict/rowRanking.js";
import { refuse, saidOf } from "./errors.js";
import type { EvalQuestion } from "./evalCommand.js";
import { readText } from "./files.js";
import { lossNames, VARIANTS } from "./lossOptions.js";
import { ScoreChecks } from "./scoreChecks.js";
import { rowsOf } from "./shard.js";
import { VERSION } from "./version.js";

/** What `zlpr eval` has found in some shards of the rows. */
export interface Part {
  /** Which they are, rising, counted from 1. */
  shards: number[];
  /** How many shards there are. */
  of: number;
  logits: string;
  labels: string;
  /** Fingerprints of these files, where there are other shards to compare them with. */
  contents?: Record<"logits" | "labels", string>;
  /** Those of all shards, and those that class indices ignore, too. */
  rows: number;
  classes: number;
  labelKind: string;
  variant: string;
  options: PartOptions;
  /** The threshold that was used. */
  threshold: number;
  checks: ScoreChecks;
  evaluator: Evaluator<Decisions & Partial<RowRanking> & MeanLoss>;
}

/** What has to be the same in all parts. */
interface PartOptions extends Pick<EvalQuestion, "loss" | "threshold" | "ranking"> {
  /** The options of the loss that are in force. */
  lossOptions: Record<string, unknown>;
  /** As they were given on the command line. */
  lossOptionsGiven: Record<string, unknown>;
}

const FORMAT = "zlpr eval part";
const FORMAT_VERSION = 1;

/** A part as a line of JSON. */
export function partJson({ shards, of, threshold: _, checks, evaluator, ...shape }: Part): string {
  return JSON.stringify({
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    version: VERSION,
    shards,
    of,
    ...shape,
    checks,
    evaluator,
  });
}

/** Reads a part, and checks it. */
export function readPart(path: string): Part {
  const value = parsed(path);
  try {
    return partOf(value);
  } catch (error) {
    if (!(error instanceof LossError)) throw error;
    const place = error.argument.replace(/^part\./, "").replace(/^json/, "evaluator");
    return refuse(`${path}, ${place}`, error.expected, error.received);
  }
}

function parsed(path: string): Record<string, unknown> {
  const expected = "a part that zlpr eval --shard has written";
  const text = readText(path);
  if (text === "") refuse(path, expected, "an empty file");
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(path, expected, "a file that is cut off or no JSON");
  }
  if (value?.format !== FORMAT) refuse(path, expected, "JSON of something else");
  return value;
}

function partOf(value: Record<string, unknown>): Part {
  const { formatVersion, version } = value;
  if (formatVersion !== FORMAT_VERSION || version !== VERSION) {
    fail("RANGE", "part.version", `"${VERSION}", the version of this zlpr`, describe(version));
  }
  const given = recordIn(value, "part", [
    ...["format", "formatVersion", "version", "shards", "of", "logits", "labels", "contents", "rows"],
    ...["classes", "labelKind", "variant", "options", "checks", "evaluator"],
  ]);
  const contents = recordIn(given.contents, "part.contents", ["logits", "labels"]);
  const most = Number.MAX_SAFE_INTEGER;
  const of = count(given.of, "part.of", 1, most);
  const classes = count(given.classes, "part.classes", 1, most);
  const options = optionsIn(given.options, "part.options");
  const part: Part = {
    shards: shardsIn(given.shards, "part.shards", of),
    of,
    logits: textIn(given.logits, "part.logits"),
    labels: textIn(given.labels, "part.labels"),
    contents: {
      logits: textIn(contents.logits, "part.contents.logits"),
      labels: textIn(contents.labels, "part.contents.labels"),
    },
    rows: count(given.rows, "part.rows", 1, most),
    classes,
    labelKind: oneOf(["multi-hot", "soft", "sparse", "index"], given.labelKind, "part.labelKind"),
    variant: oneOf(VARIANTS, given.variant, "part.variant"),
    options,
    threshold: options.threshold as number,
    checks: ScoreChecks.fromJSON(given.checks, "part.checks", classes, given.rows as number),
    evaluator: evaluatorFromJSON(given.evaluator) as Part["evaluator"],
  };
  checkEvaluator(part, given.evaluator as Record<string, unknown>);
  return part;
}

function oneOf(names: readonly string[], value: unknown, place: string): string {
  if (!names.includes(value as string)) fail("RANGE", place, `one of ${names.join(", ")}`, describe(value));
  return value as string;
}

function shardsIn(json: unknown, place: string, of: number): number[] {
  const shards = listIn(json, place);
  if (shards.length === 0) fail("RANGE", place, "at least one shard", "none");
  let last = 0;
  return shards.map((shard, i) => {
    last = count(shard, `${place}[${i}]`, last + 1, of);
    return last;
  });
}

function optionsIn(json: unknown, place: string): PartOptions {
  const given = recordIn(json, place, ["loss", "lossOptions", "lossOptionsGiven", "threshold", "ranking"]);
  const loss = lossNames.find((name) => name === given.loss);
  if (!loss) fail("RANGE", `${place}.loss`, "the name of a loss", describe(given.loss));
  record(given.lossOptions, `${place}.lossOptions`, Object.keys(Object(given.lossOptions)));
  const flags = given.lossOptionsGiven;
  record(flags, `${place}.lossOptionsGiven`, Object.keys(Object(flags)));
  return { ...given, loss } as PartOptions;
}

/** Refuses an evaluator of other options, or of other rows than those of the shards. */
function checkEvaluator(
  { shards, of, rows, classes, labelKind, options }: Part,
  json: Record<string, unknown>,
): void {
  const own = json.options as Record<string, unknown> & { loss?: NamedLoss };
  const { loss, threshold, ranking } = options;
  const expected = { classes, threshold, ranking, classRanking: false, thresholds: undefined };
  for (const [name, value] of Object.entries(expected)) {
    if (own[name] !== value)
      fail("RANGE", `part.evaluator.options.${name}`, describe(value), describe(own[name]));
  }
  if (own.loss?.name !== loss) {
    fail("RANGE", "part.evaluator.options.loss", `"${loss}"`, describe(own.loss?.name));
  }
  for (const [name, value] of Object.entries(own.loss.options)) {
    // Of a file with weights, the report has the path alone.
    if (Array.isArray(value) || options.lossOptions[name] === value) continue;
    const received = describe(options.lossOptions[name]);
    fail("RANGE", `part.options.lossOptions.${name}`, `${value}, as its evaluator has`, received);
  }
  let most = 0;
  for (const index of shards) {
    const { from, to } = rowsOf({ index, of }, rows);
    most += to - from;
  }
  // Class indices may leave out rows.
  const least = labelKind === "index" ? 0 : most;
  if (least === most && json.rows !== most) {
    fail("RANGE", "part.evaluator.rows", `${most}`, describe(json.rows));
  }
  count(json.rows, "part.evaluator.rows", least, most);
}

/** What has to be the same in all parts, so that they are those of one evaluation. */
const COMMON = ["of", "logits", "labels", "rows", "classes", "labelKind", "variant"] as const;

/** Adds a part to others of the same evaluation. Of both, the paths are for what is refused. */
export function mergePart(whole: Part, wholePath: string, part: Part, path: string): void {
  for (const name of COMMON) {
    const hint = name === "variant" ? " (one --variant for all shards)" : "";
    same(`${name} ${describe(whole[name])}, as ${wholePath} has${hint}`, whole[name], part[name], path);
  }
  for (const name of ["logits", "labels"] as const) {
    if (whole.contents?.[name] === part.contents?.[name]) continue;
    refuse(path, `the contents of ${whole[name]} that ${wholePath} is of`, "others");
  }
  for (const [name, value] of Object.entries(whole.options)) {
    const received = part.options[name as keyof PartOptions];
    same(`${name} ${JSON.stringify(value)}, as ${wholePath} has`, value, received, path);
  }
  const doubled = part.shards.find((shard) => whole.shards.includes(shard));
  if (doubled !== undefined) {
    refuse(path, "each shard once", `shard ${doubled} of ${part.of}, which came before`);
  }
  saidOf(path, () => whole.evaluator.merge(part.evaluator));
  whole.checks.merge(part.checks);
  whole.shards = [...whole.shards, ...part.shards].sort((a, b) => a - b);
}

function same(expected: string, whole: unknown, part: unknown, path: string): void {
  if (JSON.stringify(whole) !== JSON.stringify(part)) refuse(path, expected, JSON.stringify(part));
}

/** How many missing shards are named. */
const NAMED = 10;

/** Refuses to be without some shards. */
export function checkComplete({ shards, of }: Part): void {
  const missing: number[] = [];
  const there = new Set(shards);
  for (let shard = 1; shard <= of && missing.length <= NAMED; shard++) {
    if (!there.has(shard)) missing.push(shard);
  }
  if (missing.length === 0) return;
  const more = of - shards.length - NAMED;
  const names = missing.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const said = missing.length === 1 ? `shard ${names} is` : `shards ${names} are`;
  refuse("merge", `all ${of} shards`, `${shards.length}: ${said} missing`);
}
