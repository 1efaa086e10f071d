/**
 * A training loop in fifty lines: a linear model, scores = x·W, on data made up here. npm run example:loop
 */
import { createLosses, evaluate } from "zlpr";

const [rows, features, classes, epochs, learningRate] = [2000, 20, 30, 100, 20];

// Inputs at random, the first one always 1; positive are the classes that a hidden model scores above 0: one in forty.
let state = 1;
const random = () => {
  state = (48271 * state) % 0x7fffffff; // the same numbers in every run
  return state / 0x7fffffff;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const x = Float32Array.from({ length: rows * features }, (_, i) => (i % features === 0 ? 1 : normal()));
const hidden = Float32Array.from({ length: features * classes }, (_, i) =>
  i < classes ? -2 : normal() / Math.sqrt(features),
);
const positive = Uint8Array.from(scores(hidden, new Float32Array(rows * classes)), (s) => Number(s > 0));

function scores(weights: Float32Array, into: Float32Array): Float32Array {
  into.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let f = 0; f < features; f++) {
      const value = x[row * features + f];
      for (let c = 0; c < classes; c++) into[row * classes + c] += value * weights[f * classes + c];
    }
  }
  return into;
}

// Scores, labels and gradient in the memory of the kernels: nothing is copied in the loop.
const losses = createLosses();
const batch = losses.allocate(rows, classes);
batch.labels.set(positive);
const weights = new Float32Array(features * classes);

for (let epoch = 1; epoch <= epochs; epoch++) {
  const logits = scores(weights, batch.logits);
  const { loss, grad } = losses.zlpr(logits, batch.labels, { classes, out: { grad: batch.grad } });
  for (let row = 0; row < rows; row++) {
    for (let f = 0; f < features; f++) {
      const value = learningRate * x[row * features + f];
      for (let c = 0; c < classes; c++) weights[f * classes + c] -= value * grad[row * classes + c];
    }
  }
  if (epoch % 20 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(3)}`);
}

// Trained with zlpr: a class is predicted where its score is above 0.
const { microF1, macroF1 } = evaluate(scores(weights, batch.logits), batch.labels, { classes });
console.log(`micro F1 ${microF1.toFixed(3)}, macro F1 ${macroF1.toFixed(3)}`);
batch.free();
