/** The results as text. */
import type { Quality, Timing } from "./experiment.ts";
import type { CheckedPrediction, Prediction } from "./predict.ts";
import { formatTable } from "./table.ts";
import type { Trial } from "./tune.ts";

export function formatQualities(qualities: Quality[]): string {
  return formatTable(
    [
      "loss",
      "learning rate",
      "micro F1 at 0",
      "macro F1 at 0",
      "tuned threshold",
      "micro F1",
      "macro F1",
      "gain in micro F1",
    ],
    qualities.map(({ loss, learningRate, atZero, tuned, gain }) => [
      loss,
      `${learningRate}`,
      atZero.micro.toFixed(4),
      atZero.macro.toFixed(4),
      tuned.threshold.toFixed(2),
      tuned.micro.toFixed(4),
      tuned.macro.toFixed(4),
      signed(gain),
    ]),
  );
}

export function formatTimings(timings: Timing[]): string {
  return formatTable(
    ["loss", "kernel", "time in the loss", "training in all", "share of the loss", "micro F1 at 0"],
    timings.map(({ loss, kernel, lossSeconds, totalSeconds, microF1 }) => [
      loss,
      kernel,
      `${lossSeconds.toFixed(2)} s`,
      `${totalSeconds.toFixed(2)} s`,
      `${((100 * lossSeconds) / totalSeconds).toFixed(1)} %`,
      microF1.toFixed(4),
    ]),
  );
}

export function formatTrials(trials: Trial[]): string {
  return formatTable(
    ["loss", "learning rate", "micro F1 at 0", "tuned threshold", "micro F1"],
    trials.map(({ loss, learningRate, microF1, threshold, tunedMicroF1 }) => [
      loss,
      `${learningRate}`,
      microF1.toFixed(4),
      threshold.toFixed(2),
      tunedMicroF1.toFixed(4),
    ]),
  );
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

function signed(value: number): string {
  return (value < 0 ? "−" : "+") + Math.abs(value).toFixed(4);
}
