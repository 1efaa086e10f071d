import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluate, topK } from "../../src/index.ts";
import { type LossFunction, tfjsLosses, tfjsMetrics } from "../../src/tfjs.ts";
import { normal, uniform } from "../support/random.ts";
import { articleLoss, BACKENDS, makeLoss, settled, take, useBackend, VIAS } from "./support.ts";

/* Models that are trained. */

const [ROWS, INPUTS, CLASSES] = [90, 12, 20];

/** Inputs, and as labels the classes that a linear model has above 1. */
function makeData() {
  const score = normal(uniform(1));
  const inputs = tf.randomNormal([ROWS, INPUTS], 0, 1, "float32", 1);
  const kernel = tf.tensor2d(Float32Array.from({ length: INPUTS * CLASSES }, score), [INPUTS, CLASSES]);
  const labels = tf.cast(tf.greater(tf.matMul(inputs, kernel), 4), "float32");
  kernel.dispose();
  return { inputs, labels };
}

function makeModel(seed = 7, regularized = false): tf.Sequential {
  const regularizer = regularized ? { kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }) } : {};
  const initializer = (at: number) => tf.initializers.glorotUniform({ seed: seed + at });
  return tf.sequential({
    layers: [
      tf.layers.dense({
        units: 16,
        activation: "relu",
        inputShape: [INPUTS],
        kernelInitializer: initializer(0),
        ...regularizer,
      }),
      tf.layers.dense({ units: CLASSES, kernelInitializer: initializer(1), ...regularizer }),
    ],
  });
}

function weightsOf(model: tf.LayersModel): Float32Array[] {
  return model.getWeights().map((weights) => weights.dataSync().slice() as Float32Array);
}

/** The greatest difference of weights, as a part of the greatest of the array. */
function difference(a: Float32Array[], b: Float32Array[]): number {
  const parts = a.map((values, k) => {
    const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[k]![i]!)), 0) / most;
  });
  return Math.max(...parts);
}

async function step(model: tf.LayersModel, { inputs, labels }: ReturnType<typeof makeData>): Promise<number> {
  return (await model.trainOnBatch(inputs, labels)) as number;
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(VIAS)("%s", (via) => {
    it.each([false, true])("makes the steps of the composed loss, regularized: %s", async (regularized) => {
      const data = makeData();
      const models = [makeLoss("zlpr", { via }), articleLoss].map((loss) => {
        const model = makeModel(7, regularized);
        model.compile({ optimizer: tf.train.sgd(0.5), loss });
        return model;
      }) as [tf.Sequential, tf.Sequential];
      const start = weightsOf(models[0]);
      let first = NaN;
      let last = NaN;
      for (let i = 0; i < 20; i++) {
        const losses = [await step(models[0], data), await step(models[1], data)] as const;
        expect(Math.abs(losses[0] / losses[1] - 1)).toBeLessThan(1e-5);
        expect(difference(weightsOf(models[0]), weightsOf(models[1]))).toBeLessThan(1e-4);
        if (i === 0) first = losses[0];
        last = losses[0];
      }
      expect(last).toBeLessThan(0.9 * first);
      expect(difference(weightsOf(models[0]), start)).toBeGreaterThan(0.1);
    });

    it("leaks no tensor in 100 steps", async () => {
      const data = makeData();
      const metrics = Object.values(tfjsMetrics(tf));
      const model = makeModel();
      const options = {
        via,
        rowWeights: () => tf.ones([ROWS]),
        mask: () => tf.ones([CLASSES]),
      };
      model.compile({ optimizer: "adam", loss: makeLoss("zlpr", options), metrics });
      await model.trainOnBatch(data.inputs, data.labels);
      const before = tf.memory().numTensors;
      for (let i = 0; i < 100; i++) await model.trainOnBatch(data.inputs, data.labels);
      expect(tf.memory().numTensors).toBe(before);
      const loss = makeLoss("zlpr", options);
      const yPred = tf.zeros([ROWS, CLASSES]);
      for (let i = 0; i < 10; i++) loss(data.labels, yPred).dispose();
      expect(() => loss(tf.scalar(1), yPred)).toThrow();
      await settled();
      expect(tf.memory().numTensors).toBe(before + 2);
    });
  });

  it("fits with a smaller last batch and a validation split, its measures in the history", async () => {
    const { inputs, labels } = makeData();
    const { microF1, averagePrecision, subsetAccuracy } = tfjsMetrics(tf);
    const model = makeModel();
    model.compile({
      optimizer: tf.train.adam(0.05),
      loss: tfjsLosses(tf).zlpr(),
      metrics: [microF1, averagePrecision, subsetAccuracy],
    });
    const { history } = await model.fit(inputs, labels, {
      epochs: 30,
      batchSize: 32,
      validationSplit: 0.2,
      shuffle: false,
      verbose: 0,
    });
    const names = ["loss", "microF1", "averagePrecision", "subsetAccuracy"];
    expect(Object.keys(history).sort()).toEqual([...names, ...names.map((name) => `val_${name}`)].sort());
    const lossesByEpoch = history.loss as number[];
    expect(lossesByEpoch).toHaveLength(30);
    expect(lossesByEpoch.at(-1)!).toBeLessThan(0.2 * lossesByEpoch[0]!);
    expect((history.microF1 as number[]).at(-1)!).toBeGreaterThan(0.9);

    // The split is what fit leaves out; with batches of 18, one batch.
    const held = 72;
    const logits = take(model.predict(inputs.slice([held, 0])) as tf.Tensor);
    const truth = Uint8Array.from(take(labels.slice([held, 0])));
    const right = evaluate(logits, truth, { classes: CLASSES });
    expect((history.val_microF1 as number[]).at(-1)).toBeCloseTo(right.microF1, 5);
    expect((history.val_averagePrecision as number[]).at(-1)).toBeCloseTo(right.averagePrecision, 5);
    expect((history.val_subsetAccuracy as number[]).at(-1)).toBeCloseTo(right.subsetAccuracy, 5);
    expect(topK(logits, { classes: CLASSES, k: 1, threshold: 0 }).indices.length).toBeGreaterThan(0);

    // Means over the rows are exact, whatever the batches.
    const outcome = model.evaluate(inputs, labels, { batchSize: 32 }) as tf.Scalar[];
    const [loss, , precision, accuracy] = outcome.map((scalar) => take(scalar)[0]!);
    const all = take(model.predict(inputs) as tf.Tensor);
    const every = Uint8Array.from(labels.dataSync());
    const measures = evaluate(all, every, { classes: CLASSES });
    expect(precision).toBeCloseTo(measures.averagePrecision, 5);
    expect(accuracy).toBeCloseTo(measures.subsetAccuracy, 5);
    const whole = take(makeLoss("zlpr")(labels, tf.tensor2d(all, [ROWS, CLASSES])))[0]!;
    expect(loss).toBeCloseTo(whole, 4);
  });

  it.each(VIAS)(
    "takes the weights of classes of fit as those of rows, with reduction none, %s",
    async (via) => {
      // classWeight goes by the greatest label, and multiplies the loss of the row.
      const { inputs, labels } = makeData();
      const classWeight = Object.fromEntries(Array.from({ length: CLASSES }, (_, c) => [c, 1 + c / 4]));
      const weights = Float32Array.from(take(tf.argMax(labels, 1)), (c) => classWeight[c]!);
      const fits = async (loss: LossFunction, options: object) => {
        const model = makeModel();
        model.compile({ optimizer: tf.train.sgd(0.1), loss });
        await model.fit(inputs, labels, {
          epochs: 3,
          batchSize: ROWS,
          shuffle: false,
          verbose: 0,
          ...options,
        });
        return weightsOf(model);
      };
      const given = await fits(makeLoss("zlpr", { via, reduction: "none" }), { classWeight });
      const own = await fits(makeLoss("zlpr", { via, reduction: "none", rowWeights: weights }), {});
      expect(difference(given, own)).toBeLessThan(1e-5);
    },
  );

  it("is to be compiled again after loading", async () => {
    const { inputs, labels } = makeData();
    const model = makeModel();
    model.compile({ optimizer: "sgd", loss: tfjsLosses(tf).zlpr() });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    await expect(loaded.trainOnBatch(inputs, labels)).rejects.toThrow();
    loaded.compile({ optimizer: "sgd", loss: tfjsLosses(tf).zlpr() });
    expect(await loaded.trainOnBatch(inputs, labels)).toBe(await model.trainOnBatch(inputs, labels));
  });

  it("is part of a model with several outputs", async () => {
    const { inputs, labels } = makeData();
    const input = tf.input({ shape: [INPUTS] });
    const outputs = [1, 2].map(
      (seed) =>
        tf.layers
          .dense({ units: CLASSES, kernelInitializer: tf.initializers.glorotUniform({ seed }) })
          .apply(input) as tf.SymbolicTensor,
    );
    const model = tf.model({ inputs: input, outputs });
    const losses = tfjsLosses(tf);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: [losses.zlpr(), losses.sigmoidCrossEntropy()] });
    const first = (await model.trainOnBatch(inputs, [labels, labels])) as number[];
    for (let i = 0; i < 20; i++) await model.trainOnBatch(inputs, [labels, labels]);
    const last = (await model.trainOnBatch(inputs, [labels, labels])) as number[];
    expect(last[0]!).toBeLessThan(0.8 * first[0]!);
  });
});
