import { describe, fail, record } from "../engine/checks.js";
import { type Evaluator, evaluatorOf, FORMAT, FORMAT_VERSION } from "./evaluator.js";
import { type LossFunction, sameLoss, settingsIn } from "./evaluatorOptions.js";
import { countIn } from "./json.js";
import { type Measures, Tallies } from "./tallies.js";

/** The options of `evaluatorFromJSON`. */
export interface EvaluatorFromJsonOptions {
  /** The loss that the evaluator was made with: needed to add further rows, but neither to merge nor for results. */
  loss?: LossFunction;
}

/**
 * Makes an evaluator of what another one has written, in this process or elsewhere: of what its `toJSON` gives, or of the text
 * that `JSON.stringify` makes of it.
 *
 * Its form, its counts and its sums are checked; the options of the loss when a loss is handed over. Its own JSON is the
 * same again.
 *
 * @param json an object, or JSON text
 * @param options the optional `loss`, to add further rows where there is one
 * @throws LossError that names the place at fault, `json.decisions.hits[3]`
 *
 * @category Predictions and measures
 * @example
 * const evaluator = createEvaluator({ classes: 3 });
 * evaluator.add(new Float32Array([2, -1, 0.5]), new Uint8Array([1, 0, 0]));
 * const text = JSON.stringify(evaluator);
 * const again = evaluatorFromJSON(text);
 * again.merge(evaluator);
 * const measures = again.result();
 * // rows 2, microF1 0.6666…
 */
export function evaluatorFromJSON(
  json: unknown,
  options: EvaluatorFromJsonOptions = {},
): Evaluator<Measures> {
  const { loss } = record(options, "options", ["loss"]);
  const value = typeof json === "string" ? parsed(json) : json;
  const given = record(value, "json", Object.keys(Object(value)));
  const { format, version, options: settingsGiven, rows: rowsGiven, ...parts } = given;
  if (format !== FORMAT) fail("RANGE", "json.format", `"${FORMAT}"`, describe(format));
  if (version !== FORMAT_VERSION) {
    const expected = `version ${FORMAT_VERSION}, which this release of the package reads`;
    fail("RANGE", "json.version", expected, describe(version));
  }
  const settings = settingsIn(settingsGiven, "json.options");
  const rows = countIn(rowsGiven, "json.rows");
  const [extra] = rows === 0 ? Object.keys(parts) : [];
  if (extra) fail("TYPE", `json.${extra}`, "nothing without a row", describe(parts[extra]));
  return evaluatorOf({
    settings,
    rowLosses: loss === undefined ? undefined : sameLoss(loss, settings),
    tallies: rows === 0 ? undefined : Tallies.fromJSON(parts, "json", settings, rows),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail("RANGE", "json", "JSON text of an evaluator", `${text.length} characters that are none`);
  }
}
