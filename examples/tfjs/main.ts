/** What `npm run example:tfjs` runs: a model of TensorFlow.js that is trained with a loss of zlpr. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { Command, Option } from "commander";
import { aboveThreshold, evaluate } from "zlpr";
import { tfjsLosses, tfjsMetrics } from "zlpr/tfjs";
import { createProgress } from "../wordnet/progress.ts";
import { formatTable } from "../wordnet/table.ts";
import { type Data, loadData, type Sizes } from "./data.ts";

const SIZES: Sizes = { examples: 10_000, words: 2000, minExamples: 500 };
const SMOKE: Sizes = { examples: 400, words: 300, minExamples: 5000 };
const SHOWN = 5;

interface Options {
  backend: "cpu" | "wasm";
  epochs: number;
  smoke: boolean;
}

function readOptions(): Options {
  return new Command("npm run example:tfjs --")
    .description(
      "Learn from WordNet what a definition defines, with a model of TensorFlow.js and the loss zlpr.",
    )
    .addOption(new Option("--backend <name>", "of TensorFlow.js").choices(["cpu", "wasm"]).default("wasm"))
    .option("--epochs <n>", "passes over the training examples", Number, 4)
    .option("--smoke", "a run of seconds, which learns next to nothing", false)
    .parse()
    .opts<Options>();
}

async function useBackend(name: string): Promise<void> {
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  setThreadsCount(1);
  await tf.setBackend(name);
  await tf.ready();
}

/** The last layer gives raw scores: it has no activation. */
function makeModel({ words, names }: Data): tf.Sequential {
  const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 128, activation: "relu", inputShape: [words], kernelInitializer: seeded(1) }),
      tf.layers.dense({ units: names.length, kernelInitializer: seeded(2) }),
    ],
  });
}

async function train(model: tf.Sequential, { train }: Data, epochs: number): Promise<void> {
  const { microF1, averagePrecision } = tfjsMetrics(tf);
  model.compile({
    optimizer: tf.train.adam(0.003),
    loss: tfjsLosses(tf).zlpr(),
    metrics: [microF1, averagePrecision],
  });
  const progress = createProgress();
  await model.fit(train.inputs, train.labels, {
    epochs,
    batchSize: 64,
    validationSplit: 0.1,
    // They are shuffled already, by a seed, which fit has none of.
    shuffle: false,
    verbose: 0,
    callbacks: {
      onEpochEnd(epoch, logs = {}) {
        const shown = Object.entries(logs).map(([name, value]) => `${name} ${value.toFixed(3)}`);
        progress.done(`epoch ${epoch + 1} of ${epochs}: ${shown.join(", ")}`);
      },
    },
  });
}

/** The classes above 0, and how well they fit. */
function test(model: tf.Sequential, { test, names }: Data): string {
  const classes = names.length;
  const logits = tf.tidy(() => (model.predict(test.inputs) as tf.Tensor).dataSync() as Float32Array);
  const labels = Uint8Array.from(test.labels.dataSync());
  const measures = evaluate(logits, labels, { classes });
  const { offsets, indices } = aboveThreshold(logits, { classes });
  const shown = test.examples.slice(0, SHOWN).map(({ words, definition, labels }, row) => {
    const predicted = Array.from(indices.subarray(offsets[row], offsets[row + 1]), (label) =>
      labels.includes(label) ? names[label] : `(${names[label]})`,
    );
    return `${words[0]}: ${definition}\n    → ${predicted.join(", ") || "nothing"}`;
  });
  const rows = Object.entries({
    "micro F1": measures.microF1,
    "macro F1": measures.macroF1,
    "samples F1": measures.samplesF1,
    "average precision": measures.averagePrecision,
  }).map(([name, value]) => [name, value.toFixed(3)]);
  return `\
On ${test.examples.length} definitions that the model has not seen, classes with a score above 0:

${formatTable(["measure", "value"], rows)}

Some of them; in brackets what is wrong:

${shown.join("\n\n")}`;
}

const { backend, epochs, smoke } = readOptions();
await useBackend(backend);
const data = loadData(smoke ? SMOKE : SIZES);
const { train: split, names, words } = data;
console.error(
  `${split.examples.length} definitions, ${words} words, ${names.length} labels; backend ${backend}`,
);
const model = makeModel(data);
const start = performance.now();
await train(model, data, smoke ? 2 : epochs);
const seconds = (performance.now() - start) / 1000;
console.log(`\n${test(model, data)}\n\nTrained in ${seconds.toFixed(0)} s.`);
