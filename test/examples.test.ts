import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createLosses } from "zlpr";
import { Masks, type Sentence, sparseLabels } from "../examples/sequence/batch.ts";
import { qualityAt, scoreAll } from "../examples/sequence/evaluate.ts";
import { createPointerTask } from "../examples/sequence/pointer/task.ts";
import { createSpanTask } from "../examples/sequence/spans/task.ts";
import type { Task } from "../examples/sequence/task.ts";
import { train } from "../examples/sequence/train.ts";
import { seededRandom } from "../examples/wordnet/random.ts";

describe("the training loop", () => {
  it("prints a loss that falls, and classes that are found", () => {
    const file = fileURLToPath(new URL("../examples/loop/main.ts", import.meta.url));
    const printed = execFileSync(process.execPath, ["--import", "tsx", file], { encoding: "utf8" });
    const losses = Array.from(printed.matchAll(/loss ([\d.]+)/g), ([, loss]) => Number(loss));
    expect(losses).toHaveLength(5);
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]);
    expect(Number(/micro F1 ([\d.]+)/.exec(printed)?.[1])).toBeGreaterThan(0.8);
  });
});

/* The examples of docs/spans.md, on a few sentences. */

const losses = createLosses();

interface Small {
  name: string;
  task: Task;
  /** What the F1 at threshold 0 on unseen sentences is at least. */
  floor: number;
}

const SMALL: Small[] = [
  { name: "spans", task: createSpanTask({ train: 400, test: 200, bias: -5 }), floor: 0.8 },
  { name: "pointer", task: createPointerTask({ train: 2000, test: 400 }), floor: 0.62 },
];

describe("docs/spans.md", () => {
  it("states the loss of its code", () => {
    const docs = readFileSync(new URL("../docs/spans.md", import.meta.url), "utf8");
    const numbers = (name: string): number[] =>
      (new RegExp(`${name}[^\n]*?Array\\(\\[([\\d, ]+)\\]`).exec(docs)?.[1] ?? "").split(", ").map(Number);
    const { loss } = losses.zlpr(
      new Float32Array(18),
      {
        offsets: Int32Array.from(numbers("offsets: new")),
        indices: Int32Array.from(numbers("indices: new")),
      },
      { classes: 9, mask: Uint8Array.from(numbers("mask = new")) },
    );
    const [, printed = ""] = /loss ([\d.]+)…/.exec(docs) ?? [];
    expect(printed.length).toBeGreaterThan(4);
    expect(String(loss).slice(0, printed.length)).toBe(printed);
  });
});

/** Some sentences as the loss gets them, scored by a model that is not trained yet. */
function firstBatch({ layout, train, createScorer }: Task) {
  const sentences = train.slice(0, 16);
  const rows = sentences.length * layout.rows;
  const logits = new Float32Array(rows * layout.classes);
  createScorer(seededRandom(1)).score(sentences, logits);
  const mask = new Masks(layout).of(sentences);
  return { sentences, rows, classes: layout.classes, logits, labels: sparseLabels(sentences), mask };
}

function multiHot(sentences: Sentence[], classes: number): Uint8Array {
  const rows = sentences.flatMap(({ positives }) => positives);
  const labels = new Uint8Array(rows.length * classes);
  rows.forEach((positives, row) => {
    for (const index of positives) labels[row * classes + index] = 1;
  });
  return labels;
}

describe.each(SMALL)("the example of $name", ({ task, floor }) => {
  it("learns: the loss falls, and unseen sentences are predicted well at threshold 0", () => {
    const options = { loss: "zlpr" as const, learningRate: 0.1, epochs: 4, seed: 1 };
    const { scorer, epochLosses } = train(losses, task, options);
    for (let epoch = 1; epoch < epochLosses.length; epoch++) {
      expect(epochLosses[epoch]).toBeLessThan(epochLosses[epoch - 1]);
    }
    const { f1 } = qualityAt(0, scoreAll(scorer, task.layout, task.test));
    expect(f1).toBeGreaterThan(floor);
  });

  it("has a mask for exactly what is not there", () => {
    const { sentences, classes, logits, mask } = firstBatch(task);
    expect([...mask]).toEqual(Array.from(logits, (score) => Number(score > -Infinity)));
    const { length, rows } = task.layout;
    sentences.forEach(({ tokens }, s) => {
      const kept = mask.subarray(s * rows * classes, (s * rows + 1) * classes);
      const n = tokens.length;
      expect(kept.reduce((sum, keep) => sum + keep, 0)).toBe(classes === length ? n : (n * (n + 1)) / 2);
    });
  });

  it("has labels only where the mask lets them count", () => {
    const { classes, labels, mask } = firstBatch(task);
    let positives = 0;
    for (let row = 0; row + 1 < labels.offsets.length; row++) {
      for (const index of labels.indices.subarray(labels.offsets[row], labels.offsets[row + 1])) {
        expect(mask[row * classes + index]).toBe(1);
        positives++;
      }
    }
    expect(positives).toBeGreaterThan(0);
  });

  it("has no gradient where the mask leaves something out", () => {
    const { classes, logits, labels, mask } = firstBatch(task);
    const { grad } = losses.zlpr(logits, labels, { classes, mask });
    expect(grad.some((g, i) => mask[i] === 0 && g !== 0)).toBe(false);
    expect(grad.every((g, i) => mask[i] === 0 || g !== 0)).toBe(true);
  });

  it("gives the bits of dense labels", () => {
    const { sentences, classes, logits, labels, mask } = firstBatch(task);
    const sparse = losses.zlpr(logits, labels, { classes, mask, reduction: "none" });
    const dense = losses.zlpr(logits, multiHot(sentences, classes), { classes, mask, reduction: "none" });
    expect(dense).toEqual(sparse);
  });

  it("has in each row the loss of what the mask keeps", () => {
    const { sentences, rows, classes, logits, labels, mask } = firstBatch(task);
    const { loss } = losses.zlpr(logits, labels, { classes, mask, reduction: "none" });
    const dense = multiHot(sentences, classes);
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * classes, (row + 1) * classes];
      const isKept = (_: number, i: number) => mask[from + i] === 1;
      const kept = logits.slice(from, to).filter(isKept);
      const alone = losses.zlpr(kept, dense.slice(from, to).filter(isKept), { classes: kept.length });
      expect(Math.fround(alone.loss)).toBe(loss[row]);
    }
  });

  it("steps along the slope of its scores", () => {
    const { sentences, rows, classes } = firstBatch(task);
    const scorer = task.createScorer(seededRandom(1));
    const random = seededRandom(2);
    // So small that Adagrad's sums stay what they were, and each step is in proportion to the gradient.
    const direction = Float32Array.from({ length: rows * classes }, () => 1e-4 * (random() - 0.5));
    const inDirection = (): number => {
      const logits = new Float32Array(rows * classes);
      scorer.score(sentences, logits);
      return logits.reduce((sum, score, i) => (score > -Infinity ? sum + score * direction[i] : sum), 0);
    };

    // A step is for what was scored last.
    inDirection();
    const before = scorer.tables.map(({ weights }) => weights.slice());
    scorer.step(sentences, direction, Math.sqrt(1e-3));
    const grads = scorer.tables.map(({ weights }, t) => weights.map((w, i) => before[t][i] - w));

    for (const [t, { weights }] of scorer.tables.entries()) weights.set(before[t]);
    scorer.tables.forEach(({ weights }, t) => {
      const along = Float32Array.from(weights, () => random() - 0.5);
      const slope = along.reduce((sum, a, i) => sum + a * grads[t][i], 0);
      weights.set(before[t].map((w, i) => w + 0.1 * along[i]));
      const above = inDirection();
      weights.set(before[t].map((w, i) => w - 0.1 * along[i]));
      const below = inDirection();
      weights.set(before[t]);
      expect(Math.abs((above - below) / 0.2 / slope - 1)).toBeLessThan(0.01);
    });
  });
});
