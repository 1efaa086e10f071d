/* Trains apart from the page, and pauses often enough to hear from it. */
import type { CorpusText } from "../data/format.ts";
import { type Corpus, corpusOf } from "./corpus.ts";
import { EPOCHS } from "./epochs.ts";
import type { Command, Report } from "./messages.ts";
import { BATCH_SIZE, Race } from "./race.ts";

const BATCHES_PER_CHECKPOINT = 16;
/** Close together at first, when the curves rise. */
const FIRST_CHECKPOINTS = [1, 2, 4, 8];

let corpus: Corpus;
let race: Race;
let rate = 1;
let definition = "";
let isRunning = false;

const report = (message: Report): void => self.postMessage(message);

async function load(textUrl: string, rowsUrl: string): Promise<void> {
  const [text, rows] = await Promise.all([fetched(textUrl), fetched(rowsUrl)]);
  corpus = corpusOf((await text.json()) as CorpusText, new Uint16Array(await rows.arrayBuffer()));
  race = new Race(corpus);
  report({
    kind: "loaded",
    text: corpus.text,
    batchSize: BATCH_SIZE,
  });
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

function predict(): void {
  report({ kind: "prediction", prediction: race.predict(definition) });
}

function checkpoint(): void {
  report({ kind: "checkpoint", checkpoint: race.checkpoint() });
  predict();
}

function isDue(batches: number): boolean {
  return batches % BATCHES_PER_CHECKPOINT === 0 || FIRST_CHECKPOINTS.includes(batches);
}

function toNextCheckpoint(): void {
  if (!isRunning) return;
  do race.step(rate);
  while (!isDue(race.batches));
  checkpoint();
  if (isOver()) setRunning(false);
  else setTimeout(toNextCheckpoint);
}

function isOver(): boolean {
  return race.epoch >= EPOCHS;
}

function setRunning(value: boolean): void {
  isRunning = value;
  report({ kind: "state", isRunning, isOver: isOver() });
}

async function obey(command: Command): Promise<void> {
  switch (command.kind) {
    case "load":
      return load(command.text, command.rows);
    case "run":
      if (isRunning) return;
      setRunning(true);
      return toNextCheckpoint();
    case "pause":
      return setRunning(false);
    case "step":
      race.step(rate);
      checkpoint();
      return setRunning(false);
    case "reset":
      race = new Race(corpus);
      report({ kind: "reset" });
      predict();
      return setRunning(false);
    case "rate":
      rate = command.rate;
      return;
    case "define":
      definition = command.definition;
      return predict();
  }
}

self.addEventListener("message", ({ data }: MessageEvent<Command>) => {
  obey(data).catch((error: unknown) => report({ kind: "failed", reason: String(error) }));
});
