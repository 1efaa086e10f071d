import { describe, expect, it } from "vitest";
import type { Batch, Losses, SparseLabels } from "../src/index.ts";
import { effort } from "./support/effort.ts";
import { toSparse } from "./support/labels.ts";
import { type AnyLoss, type LossName, lossOf } from "./support/losses.ts";
import { normal, uniform } from "./support/random.ts";
import { bits, expectSameBits, expectSameResult } from "./support/results.ts";
import { forEachVariant } from "./support/variants.ts";

/*
 * What counts is packed, sixteen classes at once where all of them count or none does, and the gradient unpacked. So there
 * are masks that begin and end anywhere in a group of sixteen, and rows that end anywhere in one.
 */

const SIZES = effort(
  Array.from({ length: 70 }, (_, i) => i + 1),
  [19],
);

/** Masks of one row: whether class i of n counts. */
const PATTERNS: Record<string, (i: number, n: number, random: () => number) => boolean> = {
  all: () => true,
  none: () => false,
  "the first": (i) => i === 0,
  "the last": (i, n) => i === n - 1,
  "all but the first": (i) => i > 0,
  "all but the last": (i, n) => i < n - 1,
  "every other": (i) => i % 2 === 0,
  "every other, from the second": (i) => i % 2 === 1,
  "a triangle's row": (i, n) => i <= n / 2,
  padding: (i, n) => i >= n / 2,
  "groups of sixteen": (i) => (i >> 4) % 2 === 0,
  "groups of sixteen, from the second": (i) => (i >> 4) % 2 === 1,
  "runs of seventeen": (i) => Math.floor(i / 17) % 2 === 0,
  "runs of five": (i) => Math.floor(i / 5) % 2 === 1,
  "full groups after a hole": (i) => i !== 3,
  "few at random": (_, __, random) => random() < 0.1,
  "some at random": (_, __, random) => random() < 0.5,
  "most at random": (_, __, random) => random() < 0.95,
};

const patterns = Object.values(PATTERNS);

/** A mask of [rows, classes], of every pattern in turn. */
function maskOf(rows: number, classes: number, seed: number): Uint8Array {
  const random = uniform(seed);
  return Uint8Array.from({ length: rows * classes }, (_, at) =>
    Number(patterns[Math.floor(at / classes) % patterns.length]!(at % classes, classes, random)),
  );
}

type Labels = Uint8Array | Float32Array | Int32Array | SparseLabels;

/** A loss with labels of one kind. */
interface Kind {
  name: LossName;
  options?: object;
  /** Labels for [rows, classes]: those that a class has by itself, and the positive one of each row, one that counts. */
  labels(own: Float32Array, positives: Int32Array, classes: number): Labels;
}

const hot = (own: Float32Array) => Uint8Array.from(own, (y) => Number(y > 0.7));

/** Of each family of kernels one. */
const KINDS: Record<string, Kind> = {
  "zlpr, multi-hot": { name: "zlpr", labels: hot },
  "zlpr, sparse": { name: "zlpr", labels: (own, _, classes) => toSparse(hot(own), classes) },
  "zlpr, soft": { name: "zlpr", labels: (own) => own },
  "sigmoidCrossEntropy, multi-hot": { name: "sigmoidCrossEntropy", labels: hot },
  "focal, multi-hot": { name: "focal", labels: hot },
  "softmaxCrossEntropy, class indices": {
    name: "softmaxCrossEntropy",
    labels: (_, positives) => positives,
  },
  "softmaxCrossEntropy, smoothed": {
    name: "softmaxCrossEntropy",
    options: { labelSmoothing: 0.1 },
    labels: (_, positives) => positives,
  },
  // A few positives in front, since the time grows with their number.
  "combinatorialSoftmax, multi-hot": {
    name: "combinatorialSoftmax",
    labels: (own, _, classes) => hot(own.map((y, i) => (i % classes < 40 ? y : 0))),
  },
};

/** Scores and labels of which NaN, -0 and more lie where the mask leaves classes out. */
interface Given {
  rows: number;
  classes: number;
  mask: Uint8Array;
  logits: Float32Array;
  labels: Labels;
}

/** What must not show: NaN with a payload, infinities, -0, and numbers near both ends. */
const POISON = new Float32Array(
  Uint32Array.of(0x7fa12345, 0xffc00abc, 0x7f800000, 0xff800000, 0x80000000, 0x7f7fffff, 0x00000001).buffer,
);

function given(kind: Kind, rows: number, classes: number, mask: Uint8Array, seed: number): Given {
  const random = uniform(seed);
  const score = normal(random);
  const logits = Float32Array.from({ length: rows * classes }, () => 5 * score());
  const own = Float32Array.from({ length: rows * classes }, random);
  const words = new Uint32Array(logits.buffer);
  const poison = new Uint32Array(POISON.buffer);
  for (let i = 0; i < words.length; i++) {
    if (!mask[i % mask.length]) words[i] = poison[i % poison.length]!;
  }
  const positives = Int32Array.from({ length: rows }, (_, row) => {
    const kept = keptOf(mask, row, classes);
    return kept[Math.floor(random() * kept.length)] ?? 0;
  });
  return { rows, classes, mask, logits, labels: kind.labels(own, positives, classes) };
}

function keptOf(mask: Uint8Array, row: number, classes: number): number[] {
  const start = mask.length > classes ? row * classes : 0;
  return Array.from({ length: classes }, (_, i) => i).filter((i) => mask[start + i]);
}

/** The labels of the classes of one row that are kept. */
function labelsOf(labels: Labels, row: number, classes: number, kept: number[]): Labels {
  if (labels instanceof Int32Array) return Int32Array.of(kept.indexOf(labels[row]!));
  if ("offsets" in labels) {
    const all = [...labels.indices.subarray(labels.offsets[row], labels.offsets[row + 1])];
    const indices = Int32Array.from(all.map((i) => kept.indexOf(i)).filter((at) => at >= 0));
    return { offsets: Int32Array.of(0, indices.length), indices };
  }
  return labels instanceof Uint8Array
    ? Uint8Array.from(kept, (i) => labels[row * classes + i]!)
    : Float32Array.from(kept, (i) => labels[row * classes + i]!);
}

/** The rows without the classes that are left out, one call each. */
function withoutMask(loss: AnyLoss, { rows, classes, mask, logits, labels }: Given, options: object) {
  const result = { loss: new Float32Array(rows), grad: new Float32Array(rows * classes) };
  for (let row = 0; row < rows; row++) {
    const kept = keptOf(mask, row, classes);
    if (kept.length === 0) continue;
    const scores = Float32Array.from(kept, (i) => logits[row * classes + i]!);
    const one = loss(scores, labelsOf(labels, row, classes, kept), {
      classes: kept.length,
      reduction: "none",
      ...options,
    });
    result.loss[row] = one.loss[0]!;
    kept.forEach((i, k) => {
      result.grad[row * classes + i] = one.grad[k]!;
    });
  }
  return result;
}

describe.each(Object.entries(KINDS))("a mask: %s", (_, kind) => {
  const own = kind.options ?? {};

  forEachVariant((losses) => {
    const loss = lossOf(losses, kind.name);

    it("of [rows, classes] leaves the rows that there would be without them, bit by bit, in rows of 1 to 70", () => {
      for (const classes of SIZES) {
        const rows = patterns.length;
        const one = given(kind, rows, classes, maskOf(rows, classes, classes), classes);
        const right = withoutMask(loss, one, own);
        const options = { classes, reduction: "none", mask: one.mask, ...own } as const;
        const before = bits(one.logits);
        expectSameResult(loss(one.logits, one.labels, options), right, `${classes}`);
        expectSameBits(one.logits, before);
        const forward = loss(one.logits, one.labels, { ...options, gradient: false });
        expectSameBits(forward.loss, right.loss);
      }
    });

    it("of [classes] leaves them out of every row", () => {
      for (const classes of SIZES) {
        for (const pattern of patterns) {
          const random = uniform(classes);
          const mask = Uint8Array.from({ length: classes }, (_, i) => Number(pattern(i, classes, random)));
          const one = given(kind, 2, classes, mask, classes);
          const right = withoutMask(loss, one, own);
          const got = loss(one.logits, one.labels, { classes, reduction: "none", mask, ...own });
          expectSameResult(got, right, `${mask}`);
        }
      }
    });

    // Each more than the 256 KiB of rows that are worked on at a time.
    it.each(
      effort(
        [
          [700, 70],
          [40, 1003],
          [18, 3001],
        ],
        [[18, 3001]],
      ) as [number, number][],
    )("in chunks: %d rows of %d", (rows, classes) => {
      const one = given(kind, rows, classes, maskOf(rows, classes, rows), rows);
      const options = { classes, reduction: "none", mask: one.mask, ...own } as const;
      const right = withoutMask(loss, one, own);
      expectSameResult(loss(one.logits, one.labels, options), right);
      const inPlace = one.logits.slice();
      loss(inPlace, one.labels, { ...options, out: { grad: inPlace } });
      expectSameBits(inPlace, right.grad);
    });

    it("in place, in the instance's memory, with nothing written around the arrays", () => {
      for (const classes of [1, 2, 15, 16, 17, 31, 33, 48, 65, 70]) {
        const rows = patterns.length;
        const one = given(kind, rows, classes, maskOf(rows, classes, 7 * classes), classes);
        const options = { classes, reduction: "none", mask: one.mask, ...own } as const;
        const right = withoutMask(loss, one, own);
        const length = rows * classes;
        const batch = surrounded(losses, length);
        const maskBatch = losses.allocate(1, length);
        maskBatch.labels.set(one.mask);
        const offset = 1 + (classes % 5);
        const logits = batch.logits.subarray(offset, offset + length);
        const grad = batch.grad.subarray(offset + 2, offset + 2 + length);
        const labels =
          one.labels instanceof Uint8Array ? batch.labels.subarray(offset, offset + length) : one.labels;
        logits.set(one.logits);
        if (labels instanceof Uint8Array) labels.set(one.labels as Uint8Array);
        const around = [bits(batch.logits), bits(batch.grad), batch.labels.slice()] as const;

        const mask = maskBatch.labels;
        const first = loss(logits, labels, { ...options, mask, out: { grad } });
        expectSameBits(first.loss, right.loss);
        expectSameBits(grad, right.grad);
        expectSameBits(batch.logits, around[0]);
        expect(outside(bits(batch.grad), offset + 2, length)).toEqual(outside(around[1], offset + 2, length));

        loss(logits, labels, { ...options, mask, out: { grad: logits } });
        expectSameBits(logits, right.grad);
        expect(outside(bits(batch.logits), offset, length)).toEqual(outside(around[0], offset, length));
        expect(batch.labels).toEqual(around[2]);
        expect(maskBatch.labels).toEqual(one.mask);
        batch.free();
        maskBatch.free();
      }
    });
  });
});

/** A batch with room around so many elements, full of NaN with payloads and of -0. */
function surrounded(losses: Losses, length: number): Batch {
  const batch = losses.allocate(1, length + 32);
  for (const array of [batch.logits, batch.grad]) {
    const words = new Uint32Array(array.buffer, array.byteOffset, array.length);
    words.forEach((_, i) => {
      words[i] = [0x7fa12345, 0x80000000, 0xffc00abc][i % 3]!;
    });
  }
  batch.labels.fill(255);
  return batch;
}

/** All but `length` elements from `start` on. */
function outside(array: Uint32Array, start: number, length: number): number[] {
  return [...array.subarray(0, start), ...array.subarray(start + length)];
}

describe("a mask and options with a value a class or a row", () => {
  const [rows, classes] = [300, 70];
  const mask = maskOf(rows, classes, 1);
  const one = given(KINDS["zlpr, multi-hot"]!, rows, classes, mask, 2);
  const threshold = Float32Array.from({ length: rows }, (_, row) => (row % 7) - 3);
  const positiveWeights = Float32Array.from({ length: classes }, (_, i) => 1 + i / 8);
  const rowWeights = Float32Array.from({ length: rows }, (_, row) => (row % 4) / 2);
  /** One row without what is left out. */
  const alone = (row: number) => {
    const kept = keptOf(mask, row, classes);
    const logits = Float32Array.from(kept, (i) => one.logits[row * classes + i]!);
    return { kept, logits, labels: labelsOf(one.labels, row, classes, kept) };
  };

  forEachVariant((losses) => {
    it("positiveWeights go with their classes", () => {
      const loss = lossOf(losses, "sigmoidCrossEntropy");
      const options = { classes, mask, positiveWeights, rowWeights, reduction: "none" } as const;
      const got = loss(one.logits, one.labels, options);
      for (let row = 0; row < rows; row++) {
        const { kept, logits, labels } = alone(row);
        if (kept.length === 0) continue;
        const ownOptions = { positiveWeights: Float32Array.from(kept, (i) => positiveWeights[i]!) };
        const right = loss(logits, labels, {
          classes: kept.length,
          reduction: "none",
          rowWeights: rowWeights.slice(row, row + 1),
          ...ownOptions,
        });
        expect(got.loss[row]).toBe(right.loss[0]);
        expect(kept.map((i) => got.grad[row * classes + i])).toEqual(Array.from(right.grad));
      }
    });

    it.each([
      ["zlpr", undefined],
      ["combinatorialSoftmax", 40],
    ] as const)("thresholds stay with their rows: %s", (name, maxLabels) => {
      const loss = lossOf(losses, name);
      const ownOptions = { threshold, ...(maxLabels && { maxLabels }) };
      const got = loss(one.logits, one.labels, { classes, mask, reduction: "none", ...ownOptions });
      for (let row = 0; row < rows; row++) {
        const { kept, logits, labels } = alone(row);
        const slope = got.thresholdGrad![row]!;
        if (kept.length === 0) {
          expect([got.loss[row], Math.abs(slope)]).toEqual([0, 0]);
          continue;
        }
        const options = {
          threshold: threshold.slice(row, row + 1),
          // A row that has fewer classes than that may have all of them.
          ...(maxLabels && { maxLabels: Math.min(maxLabels, kept.length) }),
        };
        const right = loss(logits, labels, { classes: kept.length, reduction: "none", ...options });
        expect(got.loss[row]).toBe(right.loss[0]);
        expect(slope).toBe(right.thresholdGrad![0]);
        expect(kept.map((i) => got.grad[row * classes + i])).toEqual(Array.from(right.grad));
      }
    });

    it("a row without classes counts in the mean", () => {
      const logits = Float32Array.of(1, -2, 5, 5);
      const labels = Uint8Array.of(1, 0, 1, 1);
      const single = losses.zlpr(logits.slice(0, 2), labels.slice(0, 2), { classes: 2, reduction: "none" });
      const both = losses.zlpr(logits, labels, { classes: 2, mask: Uint8Array.of(1, 1, 0, 0) });
      expect(Math.fround(2 * both.loss)).toBe(single.loss[0]);
      expect(Array.from(both.grad, (g) => 2 * g)).toEqual([...single.grad, 0, 0]);
    });
  });
});
