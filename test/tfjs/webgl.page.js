/* Runs in a browser: every loss on the backend webgl, beside the reference. */
import * as reference from "/dist/reference.mjs";
import { tfjsLosses } from "/dist/tfjs.mjs";

const { tf } = globalThis;
const [ROWS, CLASSES] = [7, 37];

/** Numbers of [0, 1): one positive class a row, scores from -9 to 9. */
let seed = 1;
function random() {
  seed = (seed * 16807) % 2147483647;
  return seed / 2147483647;
}
const logits = Float32Array.from(
  { length: ROWS * CLASSES },
  () => 6 * (random() + random() + random() - 1.5),
);
const multiHot = new Uint8Array(ROWS * CLASSES);
for (let row = 0; row < ROWS; row++) multiHot[row * CLASSES + Math.floor(random() * CLASSES)] = 1;
const soft = Float32Array.from(multiHot, random);

/** The errors of a loss, as parts of the loss and of the greatest slope. */
async function errorsOf(name, loss) {
  const labels = name === "zlprDivergence" ? soft : multiHot;
  const yTrue = tf.tensor2d(labels, [ROWS, CLASSES]);
  const yPred = tf.tensor2d(logits, [ROWS, CLASSES]);
  const right = reference[name](logits, labels, { classes: CLASSES });
  const { value, grad } = tf.valueAndGrad((x) => loss(yTrue, x))(yPred);
  const [got] = await value.data();
  const slopes = await grad.data();
  const most = right.grad.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const worst = slopes.reduce((worst, slope, i) => Math.max(worst, Math.abs(slope - right.grad[i])), 0);
  return { name, loss: Math.abs(got / right.loss - 1), grad: worst / most };
}

/** The warnings about scores of a sigmoid, and the tensors that are left of the search. */
async function warningsOf(loss) {
  const warnings = [];
  console.warn = (text) => warnings.push(text);
  const yTrue = tf.tensor2d(multiHot, [ROWS, CLASSES]);
  const yPred = tf.sigmoid(tf.tensor2d(logits, [ROWS, CLASSES]));
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) tf.tidy(() => void tf.valueAndGrad((x) => loss(yTrue, x))(yPred));
  const atOnce = warnings.length;
  for (let i = 0; i < 100 && tf.memory().numTensors > before; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { atOnce, warnings, left: tf.memory().numTensors - before };
}

globalThis.results = (async () => {
  await tf.setBackend("webgl");
  await tf.ready();
  const losses = Object.entries(tfjsLosses(tf));
  const errors = [];
  for (const [name, make] of losses) errors.push(await errorsOf(name, make()));
  const { zlpr } = tfjsLosses(tf);
  const found = { on: await warningsOf(zlpr()), off: await warningsOf(zlpr({ warn: false })) };
  return { backend: tf.getBackend(), errors, found };
})();
