import { describe, expect, it } from "vitest";
import { createLosses, softmaxCrossEntropy, zlpr } from "zlpr";
import { feedOf } from "./feed.ts";
import { entriesOf, lossNames } from "./losses.ts";
import { readRates } from "./rates.ts";
import { indexRows } from "./sparse.ts";

const losses = createLosses();
const CLASSES = 5;
const labels = indexRows([[4, 0], [], [2], [1, 2, 3]]);
/** Out of order, one of them twice, one without labels, another count of labels in each. */
const rows = Int32Array.of(3, 1, 0, 3);
const multiHot = Uint8Array.of(0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0);
const logits = Float32Array.from(multiHot, (_, i) => 3 * Math.sin(i + 1));
const options = { classes: CLASSES, reduction: "sum" } as const;

describe("feedOf", () => {
  it("gives sparse labels of the chosen rows", () => {
    const feed = feedOf(losses, "zlpr", labels, rows.length, CLASSES);
    expect(feed(rows)(logits, options)).toEqual(zlpr(logits, multiHot, options));
  });

  it("gives softmaxCrossEntropy a distribution", () => {
    const distribution = Float32Array.from(
      multiHot,
      (label, i) => label / [3, 1, 2, 3][Math.floor(i / CLASSES)],
    );
    const feed = feedOf(losses, "softmaxCrossEntropy", labels, rows.length, CLASSES);
    expect(feed(rows)(logits, options)).toEqual(softmaxCrossEntropy(logits, distribution, options));
  });

  it("gives zlprDivergence 0 and 1, where it is zlpr", () => {
    const feed = feedOf(losses, "zlprDivergence", labels, rows.length, CLASSES);
    const { loss, grad } = zlpr(logits, multiHot, options);
    const got = feed(rows)(logits, options);
    expect(got.loss).toBeCloseTo(loss, 5);
    for (const [i, value] of grad.entries()) expect(got.grad[i]).toBeCloseTo(value, 5);
  });

  it.each(["softmaxCrossEntropy", "zlpr", "zlprDivergence"] as const)(
    "gives %s nothing of the batch before",
    (name) => {
      const feed = feedOf(losses, name, labels, rows.length, CLASSES);
      const short = logits.subarray(0, 2 * CLASSES);
      const first = feed(rows.subarray(0, 2))(short, options);
      feed(rows.subarray(2));
      expect(feed(rows.subarray(0, 2))(short, options)).toEqual(first);
    },
  );
});

describe("every loss of the library", () => {
  const entries = entriesOf(lossNames(losses), 3);
  const rates = readRates();

  it.each(entries)("can be trained with: $title", (entry) => {
    const feed = feedOf(losses, entry.loss, labels, rows.length, CLASSES);
    const { loss, grad } = feed(rows)(logits, { ...options, ...entry.options });
    expect(loss).toBeGreaterThan(0);
    expect(grad.some((value) => value !== 0)).toBe(true);
  });

  it("has the learning rates of its entries", () => {
    expect(entries.map(({ title }) => title)).toEqual(expect.arrayContaining(Object.keys(rates)));
    expect(Math.min(...Object.values(rates))).toBeGreaterThan(0);
  });

  for (const { title, loss } of entries.filter(({ title }) => rates[title] === undefined)) {
    it.skip(`skipped: ${title} has no learning rate (npm start -- --tune --loss ${loss})`, () => {});
  }
});
