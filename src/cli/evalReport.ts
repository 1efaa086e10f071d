import type { EvalQuestion, EvalReport } from "./evalCommand.js";
import { POSITIVE_ABOVE } from "./labels/convert.js";
import { columns, json, thousands } from "./output.js";
import { VERSION } from "./version.js";

/** Enough to compare models by; `--json` has all digits. */
const DIGITS = 4;

function rounded(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(DIGITS);
}

/** What was found and with which options, for programs. */
export function evalJson(options: EvalQuestion, report: EvalReport): string {
  const { logits, labels, threshold, ranking } = options;
  const { loss, measures, threshold: found, warnings: _, ...shape } = report;
  return json({
    command: "eval",
    version: VERSION,
    logits,
    labels,
    ...shape,
    options: { loss: loss.name, lossOptions: loss.options.all, threshold, ranking },
    loss: loss.mean,
    threshold: found,
    measures,
  });
}

/** The same for people. */
export function evalTable(
  { threshold: wanted }: Pick<EvalQuestion, "threshold">,
  report: EvalReport,
): string {
  const { rows, classes, ignoredRows, labelKind, loss, threshold, measures } = report;
  const title = [
    `${thousands(rows)} rows × ${thousands(classes)} classes`,
    ignoredRows > 0 && `${thousands(ignoredRows)} rows ignored`,
    labelKind === "soft" && `soft labels, positive above ${POSITIVE_ABOVE} in all but the loss`,
  ];
  const parts = [
    title.filter(Boolean).join("; "),
    columns([["loss, mean of the rows"], [`  ${named(loss)}`, rounded(loss.mean)]]),
    `predictions, scores above ${threshold}${wanted === "best" ? ", the best for micro F1" : ""}\n${columns([
      ["", "micro", "macro", "samples"],
      ...["F1", "Precision", "Recall"].map((name) => [
        `  ${name === "F1" ? name : name.toLowerCase()}`,
        ...["micro", "macro", "samples"].map((kind) => rounded(measures[kind + name])),
      ]),
      ["  jaccard", "", "", rounded(measures.jaccard)],
      ["  subset accuracy", "", "", rounded(measures.subsetAccuracy)],
      ["  hamming loss", rounded(measures.hammingLoss)],
    ])}`,
  ];
  if (measures.averagePrecision !== undefined) {
    parts.push(
      columns([
        ["ranking, of the classes of a row"],
        ["  average precision (LRAP)", rounded(measures.averagePrecision)],
        ["  ranking loss", rounded(measures.rankingLoss)],
        ["  coverage error", rounded(measures.coverageError)],
        ["  one-error", rounded(measures.oneError)],
      ]),
    );
  }
  return parts.join("\n\n");
}

/** The loss, with the options that were given. */
function named({ name, options }: EvalReport["loss"]): string {
  const given = Object.entries(options.given).map(([option, value]) => `${option} ${value}`);
  return given.length === 0 ? name : `${name} (${given.join(", ")})`;
}
