import { describe, expect, it } from "vitest";
import { createLosses } from "../src/index.ts";
import { exactly, exp, sum } from "./golden/exact.ts";
import { effort } from "./support/effort.ts";
import { toSparse } from "./support/labels.ts";
import { boundsOf, exampleFor, type RowResult, referenceOf } from "./support/losses.ts";
import { normal, uniform } from "./support/random.ts";
import { expectSameBits, expectSameResult, worst } from "./support/results.ts";
import { ulp, ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

const name = "softmaxCrossEntropy";
const bounds = boundsOf(name);

/** The positive class of each row. */
function indicesOf(labels: Uint8Array, classes: number): Int32Array {
  return Int32Array.from({ length: labels.length / classes }, (_, row) =>
    labels.subarray(row * classes, (row + 1) * classes).indexOf(1),
  );
}

describe("softmaxCrossEntropy of class indices", () => {
  forEachVariant((losses) => {
    const loss = losses[name];

    // Rows of 33,333 classes go through the stage one or two at a time.
    it.each([[5, 1], [5, 3], [70, 19], ...effort([[9, 33_333]], [])] as [number, number][])(
      "gives the bits of one-hot and of sparse labels: %d rows of %d classes",
      (rows, classes) => {
        const { logits, labels } = exampleFor(name, rows, classes, 10, classes);
        const rowWeights = Float32Array.from({ length: rows }, (_, row) => row % 3);
        for (const labelSmoothing of [0, 0.1]) {
          const options = { classes, reduction: "none", labelSmoothing, rowWeights } as const;
          const right = loss(logits, labels, options);
          expectSameResult(loss(logits, indicesOf(labels, classes), options), right);
          expectSameResult(loss(logits, toSparse(labels, classes), options), right);
        }
      },
    );

    it("may come from a subarray or from shared memory", () => {
      const { logits, labels } = exampleFor(name, 6, 5, 3, 1);
      const indices = indicesOf(labels, 5);
      const right = loss(logits, labels, { classes: 5 });
      const part = new Int32Array(9).subarray(2, 8);
      const shared = new Int32Array(new SharedArrayBuffer(24));
      for (const array of [part, shared]) {
        array.set(indices);
        expect(loss(logits, array, { classes: 5 })).toEqual(right);
      }
    });
  });
});

describe.each([undefined, -1, 2, -(2 ** 31), 99])("rows with ignoreIndex %s", (ignoreIndex) => {
  const [rows, classes] = [11, 5];
  const ignored = [0, 4, 5, 10];
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => !ignored.includes(row));
  const random = uniform(3);
  const score = normal(random);
  const logits = Float32Array.from({ length: rows * classes }, score);
  const labels = Int32Array.from({ length: rows }, (_, row) =>
    ignored.includes(row) ? (ignoreIndex ?? -1) : [0, 1, 3, 4][row % 4]!,
  );
  const rowWeights = Float32Array.from({ length: rows }, (_, row) => 0.5 + (row % 3));
  ignored.forEach((row, i) => {
    logits.fill([NaN, Infinity, -Infinity, 3e38][i]!, row * classes, (row + 1) * classes);
  });
  const rowOf = (array: Float32Array, row: number) => array.slice(row * classes, (row + 1) * classes);
  const keptLogits = Float32Array.from(kept.flatMap((row) => [...rowOf(logits, row)]));
  const keptLabels = Int32Array.from(kept, (row) => labels[row]!);
  const keptWeights = Float32Array.from(kept, (row) => rowWeights[row]!);

  forEachVariant((losses) => {
    const loss = losses[name];

    for (const reduction of ["mean", "sum", "none"] as const) {
      it.each([{}, { labelSmoothing: 0.1 }, { isWeighted: true }, { labelSmoothing: 0.1, isWeighted: true }])(
        `count for nothing in "${reduction}", %o`,
        ({ labelSmoothing = 0, isWeighted = false }) => {
          const options = { classes, reduction, labelSmoothing };
          const got = loss(logits, labels, {
            ...options,
            ...(ignoreIndex !== undefined && { ignoreIndex }),
            ...(isWeighted && { rowWeights }),
          });
          const right = loss(keptLogits, keptLabels, {
            ...options,
            ...(isWeighted && { rowWeights: keptWeights }),
          });
          if (typeof got.loss === "number") {
            expect(got.loss).toBe(right.loss);
          } else {
            const each = got.loss;
            expect(Float32Array.from(kept, (row) => each[row]!)).toEqual(right.loss);
            expect(ignored.map((row) => each[row])).toEqual([0, 0, 0, 0]);
          }
          const none = new Uint32Array(classes);
          for (const row of ignored) expectSameBits(rowOf(got.grad!, row), none);
          kept.forEach((row, i) => {
            expectSameBits(rowOf(got.grad!, row), rowOf(right.grad!, i));
          });
        },
      );
    }
  });
});

describe("softmaxCrossEntropy of rows that count for nothing", () => {
  forEachVariant((losses) => {
    const loss = losses[name];

    it("is 0 where all are ignored, but for the mean", () => {
      const labels = new Int32Array(3).fill(-1);
      const logits = new Float32Array(6).fill(NaN);
      expect(loss(logits, labels, { classes: 2, reduction: "sum" })).toEqual({
        loss: 0,
        grad: new Float32Array(6),
      });
      expect(loss(logits, labels, { classes: 2, reduction: "none" })).toEqual({
        loss: new Float32Array(3),
        grad: new Float32Array(6),
      });
    });

    it("is 0 for a row of which the mask leaves no class, whatever its labels are", () => {
      const classes = 4;
      const logits = Float32Array.of(1, 2, 3, 4, NaN, 2, 3, Infinity, 4, 3, 2, 1);
      const mask = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1);
      const hot = (middle: number[]) => Uint8Array.of(0, 1, 0, 0, ...middle, 0, 0, 0, 1);
      const soft = Float32Array.from(hot([0, 0, 1, 0]));
      const middles = [
        [0, 0, 0, 0],
        [0, 0, 1, 0],
        [1, 0, 1, 1],
      ];
      const labels = [...middles.map(hot), ...middles.map((m) => toSparse(hot(m), classes)), soft];
      for (const given of [...labels, Int32Array.of(1, 2, 3)]) {
        for (const labelSmoothing of [0, 0.1]) {
          const options = { classes, reduction: "none", labelSmoothing } as const;
          const got = loss(logits, given, { ...options, mask });
          const around = Float32Array.of(1, 2, 3, 4, 4, 3, 2, 1);
          // With soft labels another kernel computes.
          const hotAround = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 1);
          const same = given === soft ? Float32Array.from(hotAround) : hotAround;
          const right = loss(around, same, options);
          expect(Array.from(got.loss)).toEqual([right.loss[0], 0, right.loss[1]]);
          const zeros = [0, 0, 0, 0];
          expect(Array.from(got.grad)).toEqual([...right.grad.slice(0, 4), ...zeros, ...right.grad.slice(4)]);
        }
      }
    });

    it("does not ask for one positive class where the weight is 0", () => {
      const logits = Float32Array.of(1, 2, 3, 4, 5, 6);
      const labels = Uint8Array.of(0, 1, 1, 1, 0, 0);
      const rowWeights = Float32Array.of(0, 1);
      const right = loss(logits.slice(3), labels.slice(3), { classes: 3 });
      for (const given of [labels, toSparse(labels, 3)]) {
        const got = loss(logits, given, { classes: 3, rowWeights });
        expect(got.loss).toBe(right.loss);
        expect(Array.from(got.grad)).toEqual([0, 0, 0, ...right.grad]);
      }
    });
  });
});

/** Σ y·(log Σ e^s - s) and softmax·Σy - y as they are written, with 150 digits. */
function byFormula(scores: Float32Array, targets: Float32Array): RowResult {
  const s = Array.from(scores, exactly);
  const y = Array.from(targets, exactly);
  const e = s.map(exp);
  const total = sum(e);
  const mass = sum(y);
  return {
    loss: Number(sum(y.map((yi, i) => yi.times(total.ln().minus(s[i]!))))),
    grad: e.map((ei, i) => Number(ei.div(total).times(mass).minus(y[i]!))),
  };
}

describe("softmaxCrossEntropy of soft labels", () => {
  const classes = 9;
  const sums = [0, 0.01, 0.5, 1, 2, 4.5, 8];
  const random = uniform(5);
  const score = normal(random);
  const logits = Float32Array.from({ length: sums.length * classes }, () => 4 * score());
  // Parts between 0 and 1 in every row, and classes of no part at all.
  const labels = Float32Array.from({ length: sums.length * classes }, (_, i) => {
    const share = sums[Math.floor(i / classes)]! / 8;
    return i % classes === 3 ? 0 : Math.min(1, share * (0.9 + 0.1 * random()));
  });
  const exact = sums.map((_, row) => {
    const [from, to] = [row * classes, (row + 1) * classes];
    return byFormula(logits.slice(from, to), labels.slice(from, to));
  });

  forEachVariant((losses) => {
    const loss = losses[name];

    it("is its formula, whatever they add up to", () => {
      const most = worst(loss(logits, labels, { classes, reduction: "none" }), exact);
      expect(most.loss).toBeLessThanOrEqual(bounds.loss);
      expect(most.grad).toBeLessThanOrEqual(bounds.grad);
    });

    it("with labelSmoothing is that of the smoothed labels", () => {
      // Eighths of labels and a smoothing of ¼ over 8 classes: float32 has the smoothed labels exactly.
      const eighths = Float32Array.from({ length: 64 }, (_, i) => ((5 * i) % 9) / 8);
      const smoothed = eighths.map((y) => 0.75 * y + 0.25 / 8);
      const scores = Float32Array.from({ length: 64 }, () => 4 * score());
      const right = loss(scores, smoothed, { classes: 8, reduction: "none" });
      const got = loss(scores, eighths, { classes: 8, reduction: "none", labelSmoothing: 0.25 });
      expectSameResult(got, right);
    });

    it("with labelSmoothing spreads over the classes that the mask keeps", () => {
      const mask = Uint8Array.of(1, 0, 1, 1, 0, 0, 1);
      const indices = Int32Array.of(0, 3, 6, 2);
      const scores = Float32Array.from({ length: 28 }, () => 4 * score());
      const smoothed = Float32Array.from({ length: 28 }, (_, i) =>
        mask[i % 7] ? 0.75 * Number(i % 7 === indices[Math.floor(i / 7)]) + 0.25 / 4 : 1,
      );
      const right = loss(scores, smoothed, { classes: 7, reduction: "none", mask });
      const got = loss(scores, indices, { classes: 7, reduction: "none", mask, labelSmoothing: 0.25 });
      expectSameResult(got, right);
    });

    it.each([1, 10, 100, 1000])(
      "near the softmax of the scores agrees with the reference, spread %d",
      (spread) => {
        for (let n = 1; n <= effort(70, 9); n++) {
          const scores = Float32Array.from({ length: 3 * n }, () => spread * score());
          const close = Float32Array.from(scores);
          const terms = new Float64Array(3 * n);
          for (let row = 0; row < 3; row++) {
            const s = scores.subarray(row * n, (row + 1) * n);
            const e = Array.from(s, (x) => Math.exp(x - Math.max(...s)));
            const total = e.reduce((a, b) => a + b);
            // In one row the best labels that float32 has, in the others less so: the gradient's terms nearly cancel.
            const noise = [0, 1e-5, 0.3][row]!;
            e.forEach((x, i) => {
              close[row * n + i] = Math.min(1, (x / total) * (1 + noise * (random() - 0.5)));
            });
            const y = close.subarray(row * n, (row + 1) * n);
            const others = (list: ArrayLike<number>, i: number) =>
              Array.from(list).reduce((total, x, j) => (j === i ? total : total + x), 0);
            e.forEach((x, i) => {
              terms[row * n + i] = Math.max((x * others(y, i)) / total, (y[i]! * others(e, i)) / total);
            });
          }
          const options = { classes: n, reduction: "none" } as const;
          const got = loss(scores, close, options);
          const right = referenceOf(name)(scores, close, options);
          got.loss.forEach((x, row) => {
            expect(ulpError(x, right.loss[row]!)).toBeLessThanOrEqual(bounds.loss);
          });
          got.grad.forEach((g, i) => {
            const unit = ulp(Math.max(Math.abs(right.grad[i]!), terms[i]! / 1e8));
            expect(Math.abs(g - right.grad[i]!) / unit).toBeLessThanOrEqual(bounds.grad);
          });
        }
      },
    );
  });
});

describe("softmaxCrossEntropy of huge scores keeps small differences", () => {
  forEachVariant((losses) => {
    const loss = losses[name];
    /** A call for one row with each kernel: that of one positive class, and that of a distribution. */
    const each = (scores: number[], positive: number) => {
      const logits = Float32Array.from(scores);
      const soft = Float32Array.from(scores, (_, i) => Number(i === positive));
      const options = { classes: scores.length, reduction: "none" } as const;
      return [loss(logits, Int32Array.of(positive), options), loss(logits, soft, options)];
    };

    it.each([1e9, -1e9, 2 ** 24])("around %d", (center) => {
      // The next float32 numbers: 64 away at 1e9, 2 at 2^24.
      const gap = Math.abs(center) > 2 ** 29 ? 64 : 2;
      const small = Math.exp(-gap);
      const scores = [center, center + gap, center - gap, center];
      const others = 2 * small + small * small;
      const shares = [small, 1, small * small, small].map((e) => e / (1 + others));
      for (let positive = 0; positive < 4; positive++) {
        const distance = [gap, 0, 2 * gap, gap][positive]!;
        const exact = {
          loss: distance + Math.log1p(others),
          grad: shares.map((p, i) => (i !== positive ? p : i === 1 ? -others / (1 + others) : p - 1)),
        };
        for (const got of each(scores, positive)) {
          const most = worst(got, [exact]);
          expect(most.loss).toBeLessThanOrEqual(bounds.loss);
          expect(most.grad).toBeLessThanOrEqual(bounds.grad);
        }
      }
    });

    it.each([3e38, -3e38, 1e9, -1e9])("ties at %d", (score) => {
      for (const ties of [2, 3, 16, 37]) {
        const rest = ties % 3;
        const scores = [...new Array<number>(ties).fill(score), ...new Array<number>(rest).fill(-3.3e38)];
        const exact = {
          loss: Math.log(ties),
          grad: scores.map((_, i) => (i === 1 ? 1 / ties - 1 : i < ties ? 1 / ties : 0)),
        };
        for (const got of each(scores, 1)) {
          const most = worst(got, [exact]);
          expect(most.loss).toBeLessThanOrEqual(bounds.loss);
          expect(most.grad).toBeLessThanOrEqual(bounds.grad);
        }
      }
    });
  });
});

describe("softmaxCrossEntropy of a row of infinite scores", () => {
  forEachVariant((losses) => {
    it.each([
      ["all scores -∞", () => -Infinity],
      ["two scores +∞", (i: number) => (i < 2 ? Infinity : 1)],
      ["all scores +∞", () => Infinity],
    ])("%s", (_, scoreOf) => {
      for (const classes of effort([2, 5, 33], [2, 5])) {
        const { logits, labels } = exampleFor(name, 3, classes, 3, classes);
        for (let i = 0; i < classes; i++) logits[classes + i] = scoreOf(i);
        for (let positive = 0; positive < classes; positive++) {
          labels.fill(0, classes, 2 * classes)[classes + positive] = 1;
          for (const given of [labels, Float32Array.from(labels)]) {
            const got = losses[name](logits, given, { classes, reduction: "none" });
            // Where the positive class is none of those that share the softmax, the loss has a limit.
            const hasLimit = scoreOf(positive) === 1;
            expect(Array.from(got.loss, Number.isNaN)).toEqual([false, !hasLimit, false]);
            if (hasLimit) expect(got.loss[1]).toBe(Infinity);
            got.grad.forEach((g, i) => {
              const [row, at] = [Math.floor(i / classes), i % classes];
              if (row !== 1) expect(g).not.toBeNaN();
              else if (!hasLimit || scoreOf(at) === Infinity) expect(g).toBeNaN();
              else expect(Math.abs(g + Number(at === positive))).toBe(0);
            });
          }
        }
      }
    });
  });
});

describe("softmaxCrossEntropy of one class", () => {
  forEachVariant((losses) => {
    it("is 0, since there is no choice", () => {
      for (const score of [0, -1e9, 3e38]) {
        for (const labelSmoothing of [0, 0.5]) {
          const options = { classes: 1, reduction: "none", labelSmoothing } as const;
          const got = losses[name](Float32Array.of(score), Int32Array.of(0), options);
          expect(got.loss).toEqual(new Float32Array(1));
          expect(Math.abs(got.grad[0]!)).toBe(0);
        }
      }
    });
  });
});

describe("softmaxCrossEntropy of class indices, which short rows take without labels", () => {
  forEachVariant((losses) => {
    it("has the bits of the same labels as bytes, in rows of any length, whatever else is given", () => {
      for (const classes of effort([...Array.from({ length: 70 }, (_, i) => i + 1), 200], [1, 5, 200])) {
        for (const rows of effort([1, 3, 67, 130], [1, 3])) {
          const { logits, labels } = exampleFor(name, rows, classes, 5, classes + rows);
          // Rows for the careful way, among others.
          if (rows > 1) logits[classes + (classes >> 1)] = -300;
          const indices = indicesOf(labels, classes);
          const rowWeights = Float32Array.from({ length: rows }, (_, row) => (row % 5) / 2);
          const options = [{}, { reduction: "none" }, { reduction: "sum", rowWeights }, { gradient: false }];
          for (const option of options) {
            const call = { classes, ...option } as { classes: number; reduction: "none" };
            const right = losses[name](logits, labels, call);
            expect(losses[name](logits, indices, call)).toEqual(right);
          }
          // In place, and of the labels of rows that a block of 64 ends with, none is left for the next call.
          const batch = losses.allocate(rows, classes);
          batch.logits.set(logits);
          const out = { grad: batch.logits };
          losses[name](batch.logits, indices, { classes, out });
          expect(out.grad).toEqual(losses[name](logits, labels, { classes }).grad);
          batch.free();
        }
      }
    });

    it("writes nothing beyond the stage, of which rows of one class take the most", () => {
      const own = createLosses({ variant: losses.variant });
      own.allocate(1, 1);
      const behind = own.allocate(100, 100);
      behind.logits.fill(1);
      for (let rows = 20_000; rows < 32_000; rows += effort(300, 6000)) {
        own[name](new Float32Array(rows).fill(7), new Int32Array(rows), { classes: 1 });
        expect(behind.logits.every((x) => x === 1)).toBe(true);
      }
    });

    it("works off more rows than the stage has room for, and leaves out those to be ignored", () => {
      const [rows, classes] = [effort(20_000, 6000), 10];
      const { logits, labels } = exampleFor(name, rows, classes, 2, 1);
      const indices = indicesOf(labels, classes);
      const right = losses[name](logits, labels, { classes });
      const got = losses[name](logits, indices, { classes });
      expect(got.loss).toBe(right.loss);
      expectSameBits(got.grad, right.grad);
      const rowWeights = Float32Array.from({ length: rows }, (_, row) => Number(row % 3 > 0));
      const ignoring = indices.map((index, row) => (row % 3 ? index : -1));
      const some = losses[name](logits, ignoring, { classes });
      const weighted = losses[name](logits, labels, { classes, rowWeights });
      expect(some.loss).toBe(weighted.loss);
      expectSameBits(some.grad, weighted.grad);
    });
  });
});
