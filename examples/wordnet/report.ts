/** The results as text. */
import type { Spread, Summary } from "./comparison.ts";
import type { Run, Timing } from "./experiment.ts";
import type { CheckedPrediction, Prediction } from "./predict.ts";
import type { Table } from "./table.ts";
import type { Trial } from "./tune.ts";

export function runsTable(runs: Run[]): Table {
  return [
    [
      "loss",
      "learning rate",
      "micro F1 at 0",
      "tuned",
      "threshold",
      "macro F1 at 0",
      "tuned",
      "threshold",
      "LRAP",
    ],
    runs.map(({ title, learningRate, microF1, macroF1, lrap }) => [
      title,
      `${learningRate}`,
      microF1.atZero.toFixed(4),
      microF1.tuned.toFixed(4),
      signed(microF1.threshold),
      macroF1.atZero.toFixed(4),
      macroF1.tuned.toFixed(4),
      signed(macroF1.threshold),
      lrap.toFixed(4),
    ]),
  ];
}

export function timingsTable(timings: Timing[]): Table {
  return [
    ["loss", "kernel", "time in the loss", "training in all", "share of the loss", "micro F1 at 0"],
    timings.map(({ title, kernel, lossSeconds, totalSeconds, microF1 }) => [
      title,
      kernel,
      `${lossSeconds.toFixed(2)} s`,
      `${totalSeconds.toFixed(2)} s`,
      `${((100 * lossSeconds) / totalSeconds).toFixed(1)} %`,
      microF1.toFixed(4),
    ]),
  ];
}

export function summaryTable(summaries: Summary[]): Table {
  return [
    [
      "loss",
      "learning rate",
      "micro F1 at 0",
      "tuned",
      "threshold",
      "macro F1 at 0",
      "tuned",
      "threshold",
      "LRAP",
      "time in the loss",
    ],
    summaries.map(({ title, learningRate, microF1, macroF1, lrap, lossSeconds }) => [
      title,
      `${learningRate}`,
      formatSpread(microF1.atZero),
      formatSpread(microF1.tuned),
      signed(microF1.threshold.mean),
      formatSpread(macroF1.atZero),
      formatSpread(macroF1.tuned),
      signed(macroF1.threshold.mean),
      formatSpread(lrap),
      `${lossSeconds.mean.toFixed(1)} s`,
    ]),
  ];
}

function formatSpread({ mean, deviation }: Spread): string {
  return deviation === undefined ? mean.toFixed(4) : `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`;
}

export function trialsTable(trials: Trial[]): Table {
  return [
    ["loss", "learning rate", "best micro F1", "threshold", "micro F1 at 0"],
    trials.map(({ title, learningRate, bestMicroF1, threshold, microF1AtZero }) => [
      title,
      `${learningRate}`,
      bestMicroF1.toFixed(4),
      signed(threshold),
      microF1AtZero.toFixed(4),
    ]),
  ];
}

export function formatCheckedPrediction({
  words,
  definition,
  ancestors,
  predicted,
}: CheckedPrediction): string {
  const right = new Set(ancestors);
  const found = new Set(predicted);
  const marked = [
    ...predicted.map((label) => (right.has(label) ? `✓ ${label}` : `✗ ${label}`)),
    ...ancestors.filter((label) => !found.has(label)).map((label) => `– ${label}`),
  ];
  return [
    `${words.join(", ")}: ${definition}`,
    `  ancestors  ${ancestors.join(", ") || "none"}`,
    `  predicted  ${marked.join("  ") || "none"}`,
  ].join("\n");
}

export function formatPrediction({ definition, predicted, knownWords }: Prediction): string {
  const note =
    knownWords === 0 ? "\n  (no word of it is known from training: this is what fits any noun)" : "";
  return `${definition}\n  predicted  ${predicted.join(", ") || "none"}${note}`;
}

export function signed(value: number): string {
  return (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
}
