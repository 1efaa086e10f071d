/** What masks and sparse labels cost: the time of `zlpr` on one batch, called in several ways. */
import { createLosses, type Losses } from "zlpr";
import { measure, quantile, spreadOf, type Timed, warmUp } from "../../../bench/measure.ts";
import { seededRandom } from "../../wordnet/random.ts";
import { formatTable } from "../../wordnet/table.ts";
import { Masks, type Sentence, sparseLabels } from "../batch.ts";
import { spanLayout } from "../layout.ts";

const [SENTENCES, TYPES, LENGTH] = [16, 8, 64];
const ROWS = SENTENCES * TYPES;
const CLASSES = LENGTH * LENGTH;
const SPANS_PER_ROW = 2;

/** Sentences that fill the batch, so that the mask takes out the spans that end before they start, and no others. */
function makeSentences(random: () => number): Sentence[] {
  const word = () => Math.floor(random() * LENGTH);
  return Array.from({ length: SENTENCES }, () => ({
    tokens: new Array<string>(LENGTH).fill(""),
    features: [],
    positives: Array.from({ length: TYPES }, () => {
      const spans = Array.from({ length: SPANS_PER_ROW }, () => {
        const [a, b] = [word(), word()];
        return Math.min(a, b) * LENGTH + Math.max(a, b);
      });
      return [...new Set(spans)];
    }),
  }));
}

function multiHot(positives: number[][]): Uint8Array {
  const labels = new Uint8Array(ROWS * CLASSES);
  positives.forEach((indices, row) => {
    for (const index of indices) labels[row * CLASSES + index] = 1;
  });
  return labels;
}

/** The calls to compare. Each returns its loss; that of all with a mask, or in its place, is the same. */
function makeCalls(losses: Losses): Timed[] {
  const random = seededRandom(1);
  const sentences = makeSentences(random);
  const positives = sentences.flatMap((sentence) => sentence.positives);
  const mask = new Masks(spanLayout(TYPES, LENGTH)).of(sentences);
  const sparse = sparseLabels(sentences);
  const dense = multiHot(positives);
  const logits = Float32Array.from({ length: ROWS * CLASSES }, () => 4 * random() - 2);
  const grad = new Float32Array(logits.length);

  const batch = losses.allocate(ROWS, CLASSES);
  batch.logits.set(logits);
  batch.labels.set(dense);
  const infinite = losses.allocate(ROWS, CLASSES);
  infinite.logits.set(logits.map((score, i) => (mask[i] ? score : -Infinity)));
  infinite.labels.set(dense);

  // What the mask keeps, packed by the caller: fewer classes, and nothing to leave out.
  const kept = mask.subarray(0, CLASSES).reduce((sum, keep) => sum + keep, 0);
  const packed = losses.allocate(ROWS, kept);
  packed.logits.set(logits.filter((_, i) => mask[i]));
  packed.labels.set(dense.filter((_, i) => mask[i]));

  const classes = CLASSES;
  const inMemory = (labels: "dense" | "sparse", masked: boolean) => () =>
    losses.zlpr(batch.logits, labels === "dense" ? batch.labels : sparse, {
      classes,
      ...(masked && { mask }),
      out: { grad: batch.grad },
    }).loss;
  const copying = (labels: "dense" | "sparse", masked: boolean) => () =>
    losses.zlpr(logits, labels === "dense" ? dense : sparse, {
      classes,
      ...(masked && { mask }),
      out: { grad },
    }).loss;
  return [
    { name: "no mask, dense labels, zero copy", run: inMemory("dense", false) },
    { name: "no mask, sparse labels, zero copy", run: inMemory("sparse", false) },
    { name: "mask, dense labels, zero copy", run: inMemory("dense", true) },
    { name: "mask, sparse labels, zero copy", run: inMemory("sparse", true) },
    { name: "no mask, dense labels, copying", run: copying("dense", false) },
    { name: "no mask, sparse labels, copying", run: copying("sparse", false) },
    { name: "mask, dense labels, copying", run: copying("dense", true) },
    { name: "mask, sparse labels, copying", run: copying("sparse", true) },
    {
      name: "-∞ in place of the mask, sparse labels, zero copy",
      run: () => losses.zlpr(infinite.logits, sparse, { classes, out: { grad: infinite.grad } }).loss,
    },
    {
      name: "packed by the caller, dense labels, zero copy",
      run: () =>
        losses.zlpr(packed.logits, packed.labels, { classes: kept, out: { grad: packed.grad } }).loss,
    },
  ];
}

export async function measureCosts(): Promise<string> {
  const losses = createLosses();
  const effort = { rounds: 21, warmUpMs: 100, sampleMs: 10 };
  const fastest = new Map<Timed, number>();
  for (const call of makeCalls(losses)) fastest.set(call, await warmUp(call, effort));
  const measurements = await measure(fastest, effort, seededRandom(1));
  const rows = [...measurements].map(([{ name }, { samples, meanResult }]) => {
    const nanoseconds = quantile(samples, 0.5);
    const spread = spreadOf(samples);
    return [
      name,
      `${(nanoseconds / 1e6).toFixed(2)} ms`,
      `${(nanoseconds / (ROWS * CLASSES)).toFixed(2)} ns`,
      `±${(100 * spread).toFixed(0)} %`,
      meanResult.toFixed(4),
    ];
  });
  const title = `${ROWS} rows of ${CLASSES} classes (${SENTENCES} sentences of ${LENGTH} tokens, ${TYPES} types), ${losses.variant}`;
  return `${title}\n\n${formatTable(["call of zlpr", "a call", "a logit", "spread", "loss"], rows)}`;
}
