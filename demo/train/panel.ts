/** Training in a worker: its controls, its curves, and what the models make of a definition. */

import { ROWS_FILE, type Sample, TEXT_FILE } from "../data/format.ts";
import { byId, html } from "../dom.ts";
import { counted, fixed, grouped } from "../format.ts";
import { TITLES } from "../losses.ts";
import { registerComputation } from "../quiet.ts";
import { createCurves } from "./curves.ts";
import { EPOCHS } from "./epochs.ts";
import type { Checkpoint, Command, Report } from "./messages.ts";
import { createPredictions } from "./predictions.ts";
import { RACERS } from "./racers.ts";

const DASH = "–";
/** A fish, which has many labels. */
const FIRST_SAMPLE = 6;

export function openTraining(): void {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const send = (command: Command): void => worker.postMessage(command);

  const run = byId<HTMLButtonElement>("run");
  const batch = byId<HTMLButtonElement>("one-batch");
  const reset = byId<HTMLButtonElement>("reset");
  const rate = byId<HTMLSelectElement>("learning-rate");
  const definition = byId<HTMLInputElement>("definition");
  const another = byId<HTMLButtonElement>("sample");
  const known = byId("known");
  const status = byId("train-status");
  const held = byId("train-held");

  const curves = [
    createCurves({ title: "micro F1, validation, threshold 0", measure: "microF1", logarithmic: false }),
    createCurves({ title: "macro F1, validation, threshold 0", measure: "macroF1", logarithmic: false }),
    createCurves({ title: "training loss per definition", measure: "loss", logarithmic: true }),
  ];
  const figures = createFigures();
  const predictions = createPredictions();

  let labels: string[] = [];
  let samples: Sample[] = [];
  let sample = FIRST_SAMPLE;
  let isLoaded = false;
  let isRunning = false;
  let isOver = false;
  let isHeld = false;
  let wasRunning = false;
  let whenPaused = (): void => {};
  let summary = "";

  function showState(): void {
    run.textContent = isRunning ? "Pause" : "Train";
    run.disabled = !isLoaded || isHeld || isOver;
    batch.disabled = run.disabled || isRunning;
    reset.disabled = !isLoaded || isHeld;
    held.hidden = !isHeld;
  }

  function defineAs(text: string): void {
    definition.value = text;
    send({ kind: "define", definition: text });
  }

  function showSample(): void {
    defineAs(samples[sample % samples.length].definition);
    sample++;
  }

  function rightLabels(text: string): ReadonlySet<number> {
    return new Set(samples.find((known) => known.definition === text)?.labels);
  }

  function showProgress({ batches, epoch }: Checkpoint): void {
    status.textContent = `${counted(batches, "batch", "batches")}, ${fixed(epoch, 1)} epochs`;
  }

  async function hold(): Promise<boolean> {
    isHeld = true;
    wasRunning = isRunning;
    showState();
    if (!isRunning) return false;
    send({ kind: "pause" });
    await new Promise<void>((resolve) => {
      whenPaused = resolve;
    });
    return true;
  }

  function release(): void {
    isHeld = false;
    showState();
    if (wasRunning && !isOver) send({ kind: "run" });
  }

  function hear(report: Report): void {
    switch (report.kind) {
      case "loaded": {
        const { text, batchSize } = report;
        labels = text.labels;
        samples = text.samples;
        summary = `${grouped(text.train)} definitions to learn from, ${grouped(text.validation)} to check with, ${text.labels.length} labels, ${grouped(text.vocabulary.length)} words; batches of ${batchSize}, up to ${EPOCHS} epochs.`;
        status.textContent = summary;
        isLoaded = true;
        another.disabled = false;
        showState();
        showSample();
        return;
      }
      case "checkpoint":
        showProgress(report.checkpoint);
        figures.show(report.checkpoint);
        for (const chart of curves) chart.add(report.checkpoint);
        return;
      case "state":
        ({ isRunning, isOver } = report);
        if (isOver) status.append(". That is all: reset to begin anew.");
        if (!isRunning) whenPaused();
        showState();
        return;
      case "reset":
        for (const chart of curves) chart.clear();
        figures.clear();
        status.textContent = summary;
        return;
      case "prediction": {
        const { prediction } = report;
        // An answer to what has been typed over since.
        if (prediction.definition !== definition.value) return;
        const sampleNoun = samples.find((known) => known.definition === prediction.definition)?.noun;
        known.textContent = remarkOn(prediction.knownWords, sampleNoun);
        predictions.show(prediction, labels, rightLabels(prediction.definition));
        return;
      }
      case "failed":
        status.textContent = `The training has failed: ${report.reason}`;
        whenPaused();
    }
  }

  worker.addEventListener("message", ({ data }: MessageEvent<Report>) => hear(data));
  worker.addEventListener("error", ({ message }) => hear({ kind: "failed", reason: message }));
  run.addEventListener("click", () => send({ kind: isRunning ? "pause" : "run" }));
  batch.addEventListener("click", () => send({ kind: "step" }));
  reset.addEventListener("click", () => send({ kind: "reset" }));
  rate.addEventListener("change", () => send({ kind: "rate", rate: Number(rate.value) }));
  definition.addEventListener("input", () => send({ kind: "define", definition: definition.value }));
  another.addEventListener("click", showSample);

  registerComputation({ hold, release });
  send({ kind: "rate", rate: Number(rate.value) });
  send({ kind: "load", text: addressOf(TEXT_FILE), rows: addressOf(ROWS_FILE) });
}

function addressOf(file: string): string {
  return new URL(file, document.baseURI).href;
}

function remarkOn(knownWords: number, noun: string | undefined): string {
  const words =
    knownWords === 0
      ? "No known words: these are the scores of the bias alone, what the models say of any noun."
      : `${counted(knownWords, "known word")}.`;
  return noun === undefined ? words : `${words} It defines “${noun}”; ✓ is what WordNet says.`;
}

/** The latest figures, as a table. */
function createFigures() {
  const measures = ["microF1", "macroF1", "loss"] as const;
  const rows = RACERS.map((racer) => {
    const cells = measures.map((measure) => html("td", { "data-measure": measure }, DASH));
    const title = html(
      "th",
      { scope: "row" },
      html("span", { class: "swatch", "data-loss": racer }),
      TITLES[racer],
    );
    return { racer, cells, element: html("tr", { "data-racer": racer }, title, ...cells) };
  });
  byId("figures").append(...rows.map(({ element }) => element));
  const fill = (textOf: (racer: (typeof RACERS)[number], i: number) => string): void => {
    for (const { racer, cells } of rows) {
      for (const [i, cell] of cells.entries()) cell.textContent = textOf(racer, i);
    }
  };
  return {
    show: ({ figures }: Checkpoint) => fill((racer, i) => fixed(figures[racer][measures[i]], 3)),
    clear: () => fill(() => DASH),
  };
}
