import { Decimal } from "decimal.js";
import { describe, expect, it } from "vitest";
import { createLosses, LossError } from "../src/index.ts";
import { exactly, exp, sum } from "./golden/exact.ts";
import { toSparse } from "./support/labels.ts";
import { boundsOf, expected, type RowResult } from "./support/losses.ts";
import { normal, uniform } from "./support/random.ts";
import { expectSameBits, expectSameResult, worst } from "./support/results.ts";
import { ulpError } from "./support/ulp.ts";
import { forEachVariant } from "./support/variants.ts";

const name = "combinatorialSoftmax";
const bounds = boundsOf(name);

interface Own {
  maxLabels?: number;
  threshold?: number;
}

/** A row of scores and labels. */
interface Row {
  logits: Float32Array;
  labels: Uint8Array;
}

function gaussian(seed: number): () => number {
  return normal(uniform(seed));
}

/** Labels of `k` positive classes, evenly spread. */
function spreadLabels(classes: number, k: number): Uint8Array {
  const labels = new Uint8Array(classes);
  for (let i = 0; i < k; i++) labels[Math.floor((i * classes) / k)] = 1;
  return labels;
}

/*
 * Exact values, with whole numbers only: e^z as x·2^-200 with a BigInt x, so that a product of j of them is one of 2^-200j.
 */

const PLACES = 200;

function wholeWeights(z: Decimal[]): bigint[] {
  const scale = new Decimal(2).pow(PLACES);
  return z.map((s) => BigInt(exp(s).times(scale).toFixed(0)));
}

/** Newton's identities, by which the article gets Z_k, the sum over all subsets of k: k·Z_k = Σ (-1)^(j-1)·Z_{k-j}·Σ x^j. */
function newton(x: bigint[], most: number): bigint[] {
  const z = [1n];
  const sums: bigint[] = [];
  let powers = x.map(() => 1n);
  for (let k = 1; k <= most; k++) {
    powers = powers.map((power, i) => power * x[i]!);
    sums.push(powers.reduce((total, power) => total + power, 0n));
    const total = sums.reduce((t, s, j) => t + (j % 2 ? -1n : 1n) * z[k - 1 - j]! * s, 0n);
    z.push(total / BigInt(k));
  }
  return z;
}

/** The sums of the products of all subsets, by their sizes. */
function overSubsets(x: bigint[]): bigint[] {
  const sums = new Array<bigint>(x.length + 1).fill(0n);
  for (let subset = 0; subset < 2 ** x.length; subset++) {
    const members = x.filter((_, i) => (subset >> i) & 1);
    sums[members.length]! += members.reduce((product, xi) => product * xi, 1n);
  }
  return sums;
}

/** The loss and the gradient of a row from sums over subsets, of all classes and of all but one. */
function exactRow({ logits, labels }: Row, { maxLabels, threshold = 0 }: Own, sums = newton): RowResult {
  const shift = maxLabels === undefined ? 0 : threshold;
  const z = Array.from(logits, (s) => exactly(s).minus(exactly(shift)));
  const x = wholeWeights(z);
  const positives = labels.reduce((total, y) => total + y, 0);
  const most = maxLabels ?? positives;
  const least = maxLabels === undefined ? positives : 0;
  const places = (count: number) => BigInt(PLACES * count);
  const allowed = (weights: bigint[]) =>
    sums(weights, most).reduce(
      (total, s, j) => (j < least || j > most ? total : total + (s << places(most - j))),
      0n,
    );
  const total = allowed(x);
  const share = (part: bigint) => Number(new Decimal(part.toString()).div(total.toString()));
  const logTotal = new Decimal(total.toString()).div(new Decimal(2).pow(PLACES * most)).ln();
  return {
    loss: Number(logTotal.minus(sum(z.filter((_, i) => labels[i])))),
    grad: x.map((_, i) => {
      const without = allowed(x.filter((_, j) => j !== i));
      return labels[i] ? -share(without) : share(total - without);
    }),
  };
}

/** e_k(e^s) by the recursion, rounded to 2^-200 of the scale of each step; for sizes that are too large for whole numbers. */
function logSumOfSubsets(x: bigint[], k: number): Decimal {
  const e = [1n << BigInt(PLACES), ...new Array<bigint>(k).fill(0n)];
  for (const xi of x) {
    for (let m = k; m > 0; m--) e[m]! += (e[m - 1]! * xi) >> BigInt(PLACES);
  }
  return new Decimal(e[k]!.toString()).div(new Decimal(2).pow(PLACES)).ln();
}

describe("combinatorialSoftmax of few classes is a sum over all subsets", () => {
  const score = gaussian(1);
  const rows = [1, 2, 3, 4, 5, 6, 7].map((classes) =>
    Float32Array.from({ length: classes }, () => 3 * score()),
  );
  const fixed = rows.flatMap((logits) =>
    Array.from({ length: logits.length + 1 }, (_, k) => ({
      logits,
      labels: spreadLabels(logits.length, k),
      own: {} as Own,
    })),
  );
  const padded = fixed.flatMap(({ logits, labels }, k) =>
    Array.from({ length: logits.length }, (_, i) => i + 1)
      .filter((maxLabels) => maxLabels >= labels.reduce((total, y) => total + y, 0))
      .map((maxLabels) => ({
        logits,
        labels,
        own: { maxLabels, threshold: [0, 1.5, -40, 40][(k + maxLabels) % 4]! } as Own,
      })),
  );
  const exact = new Map(
    [...fixed, ...padded].map((row) => [row, exactRow(row, row.own, overSubsets)] as const),
  );

  it("which Newton's identities give too, without rounding", () => {
    for (const logits of rows) {
      const x = wholeWeights(Array.from(logits, exactly));
      expect(newton(x, x.length)).toEqual(overSubsets(x));
    }
  });

  forEachVariant((losses) => {
    it.each([
      ["of as many classes as are positive", fixed],
      ["of at most maxLabels classes", padded],
    ])("%s", (_, cases) => {
      for (const row of cases) {
        const options = { classes: row.logits.length, reduction: "none", ...row.own } as const;
        const most = worst(losses[name](row.logits, row.labels, options), [exact.get(row)!]);
        expect(most.loss, JSON.stringify(row)).toBeLessThanOrEqual(bounds.loss);
        expect(most.grad, JSON.stringify(row)).toBeLessThanOrEqual(bounds.grad);
      }
    });
  });
});

describe("combinatorialSoftmax where Newton's identities need more digits than float64 has", () => {
  const score = gaussian(2);
  const cases = [0, 1, 2].flatMap((seed) => {
    const logits = Float32Array.from({ length: 50 }, () => 5 * score());
    const order = Array.from(logits.keys()).sort((i, j) => logits[j]! - logits[i]!);
    const best = Uint8Array.from(logits, (_, i) => Number(order.indexOf(i) < 10));
    const labels = seed === 0 ? best : spreadLabels(50, 10);
    return [{}, { maxLabels: 10, threshold: 2.5 }].map((own) => ({ logits, labels, own }));
  });
  const exact = cases.map((row) => exactRow(row, row.own));

  forEachVariant((losses) => {
    it("10 of 50 classes, spread 5", () => {
      cases.forEach(({ logits, labels, own }, i) => {
        const options = { classes: 50, reduction: "none", ...own } as const;
        const got = losses[name](logits, labels, options);
        expect(Math.abs(got.loss[0]! / exact[i]!.loss - 1)).toBeLessThan(1e-5);
        const most = worst(got, [exact[i]!]);
        expect(most.loss).toBeLessThanOrEqual(bounds.loss);
        expect(most.grad).toBeLessThanOrEqual(bounds.grad);
      });
    });
  });
});

/** Scores of one spread in an order, or with ties at the edge of the k best. */
const ARRANGEMENTS: Record<string, (scores: number[], spread: number) => number[]> = {
  "as drawn": (scores) => scores,
  ascending: (scores) => scores.sort((a, b) => a - b),
  descending: (scores) => scores.sort((a, b) => b - a),
  "all equal": (scores, spread) => scores.map(() => spread / 3),
  "with ties": (scores, spread) => scores.map((s) => (Math.round((2 * s) / spread) * spread) / 2),
  "of two values": (scores, spread) => scores.map((s) => (s > 0 ? spread : -spread)),
};

describe.each([
  [10_000, 50],
  [100, 50],
  [100, 99],
  [101, 1],
])("combinatorialSoftmax of %d classes, %d positive", (classes, k) => {
  const cases = [0.1, 1, 10, 100, 1e3, 1e4].flatMap((spread, i) =>
    Object.entries(ARRANGEMENTS).map(([arrangement, arrange]) => {
      const score = gaussian(10 * classes + i);
      const scores = Array.from({ length: classes }, () => spread * score());
      return {
        spread,
        arrangement,
        rows: 1,
        classes,
        logits: Float32Array.from(arrange(scores, spread)),
        labels: spreadLabels(classes, k),
      };
    }),
  );
  const forms = [{}, { maxLabels: k }, { maxLabels: k, threshold: 0.5 }];
  const exact = cases.map((given) => forms.map((own) => expected(name, given, own)));

  forEachVariant((losses) => {
    it.each(Object.keys(ARRANGEMENTS))(
      "agrees with the reference at spreads from 0.1 to 10,000: scores %s",
      (which) => {
        cases.forEach(({ arrangement, spread, logits, labels }, i) => {
          if (arrangement !== which) return;
          forms.forEach((own, form) => {
            const got = losses[name](logits, labels, { classes, reduction: "none", ...own });
            const most = worst(got, exact[i]![form]!);
            expect(most.loss, `spread ${spread}, ${JSON.stringify(own)}`).toBeLessThanOrEqual(bounds.loss);
            expect(most.grad, `spread ${spread}, ${JSON.stringify(own)}`).toBeLessThanOrEqual(bounds.grad);
          });
        });
      },
    );
  });
});

describe("combinatorialSoftmax where a series in the weights of the classes outside would cancel", () => {
  // Scores around the edge that hardly differ, and others far below: in the sums of the series, whose terms are of the
  // size of 2^k, less and less is left.
  const rows = [2, 5, 10, 20, 40, 60, 100].map((k) => {
    const score = gaussian(k);
    const logits = Float32Array.from({ length: 4 * k }, (_, i) => (i <= k ? 1 : -20) + 0.01 * score());
    return { logits, labels: spreadLabels(4 * k, k), k };
  });

  forEachVariant((losses) => {
    it.each(rows)("agrees with the reference, k = $k", ({ logits, labels }) => {
      const options = { classes: logits.length, reduction: "none" } as const;
      const got = losses.combinatorialSoftmax(logits, labels, options);
      const { loss, grad } = worst(got, expected(name, { rows: 1, classes: logits.length, logits, labels }));
      expect(loss).toBeLessThanOrEqual(bounds.loss);
      expect(grad).toBeLessThanOrEqual(bounds.grad);
    });
  });
});

describe("combinatorialSoftmax in float32 and in float64", () => {
  interface Case {
    logits: Float32Array;
    labels: Uint8Array;
    k: number;
    weight: number;
  }

  function makeCase(classes: number, k: number, weight: number, score: (i: number) => number): Case {
    return {
      logits: Float32Array.from({ length: classes }, (_, i) => score(i)),
      labels: spreadLabels(classes, k),
      k,
      weight,
    };
  }

  /** Normal scores, with the k-th highest at an edge. */
  function atEdge(classes: number, k: number, spread: number, edge: number, weight = 1): Case {
    const random = gaussian(31 * classes + k);
    const scores = Array.from({ length: classes }, () => spread * random());
    const kth = scores.toSorted((a, b) => b - a)[k - 1]!;
    return makeCase(classes, k, weight, (i) => scores[i]! - kth + edge);
  }

  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const groups: Record<string, Case[]> = {
    // One to twelve coefficients are held in registers, an even number of them at once.
    "every degree around those whose coefficients stay in registers": [
      ...range(1, 15).map((k) => atEdge(150, k, 1, 2.3)),
      ...range(1, 15).map((k) => atEdge(2 * k, k, 1, 0.5)),
    ],
    // The more two scores are like one another, and the farther all others, the more the sum of the series cancels.
    "series that lose none, some and most of their digits": [
      0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 9, 14,
    ].flatMap((spread) => [3, 10].map((k) => atEdge(200, k, spread, 1))),
    "centers on both sides of the limit": [7.4, 7.5, 7.500001, 15, 40, -7.4, -7.5, -7.500001, -40].map(
      (edge) => atEdge(100, 5, 2, edge),
    ),
    "scores on both sides of the limit": [79, 79.9, 80, 80.1, 81, 88, 104, 140].map((distance) =>
      makeCase(64, 4, 1, (i) => (i === 9 || i === 63 ? 1 - distance : i < 8 ? 1 + i / 8 : -i / 8)),
    ),
    "weights that make the gradient tiny or huge": [
      2 ** -100,
      2 ** -61,
      2 ** -59,
      2 ** 59,
      2 ** 61,
      2 ** 100,
    ].flatMap((weight) => [1, 20].map((spread) => atEdge(70, 4, spread, 1.5, weight))),
    // The more members there are, and the less the few others weigh, the faster the coefficients grow.
    "coefficients beyond float32": [7, 8, 9, 10].map((distance) =>
      makeCase(5013, 4999, 2 ** 49, (i) => (i % 385 === 7 ? 1 - distance : 1)),
    ),
    // Nearly certain to be taken, though outside: of what is left to 1, the series has to keep the digits.
    "positive classes outside that are nearly certain": [2, 5, 10, 20].map((k) =>
      makeCase(3 * k, k, 1, (i) => (i <= k ? 2 + (i % 3) / 64 : -10 - i / 8)),
    ),
  };

  forEachVariant((losses) => {
    it.each(Object.entries(groups))("agrees with the reference: %s", (_, cases) => {
      for (const { logits, labels, k, weight } of cases) {
        const classes = logits.length;
        const options = { classes, reduction: "none", rowWeights: Float32Array.of(weight) } as const;
        const got = losses[name](logits, labels, options);
        const [{ loss, grad }] = expected(name, { rows: 1, classes, logits, labels }) as [RowResult];
        const most = worst(got, [{ loss: weight * loss, grad: grad.map((g) => weight * g) }]);
        const what = `k ${k}, scores ${logits.slice(0, 5)} …, weight ${weight}`;
        expect(most.loss, what).toBeLessThanOrEqual(bounds.loss);
        expect(most.grad, what).toBeLessThanOrEqual(bounds.grad);
      }
    });
  });
});

describe("combinatorialSoftmax by logarithms, where numbers of subsets are beyond float64", () => {
  // The last size of linear arithmetic, the first of logarithmic, and far beyond.
  const sizes = [
    [826, 413],
    [828, 414],
    [1200, 600],
  ] as const;
  const cases = sizes.map(([classes, k], i) => {
    const score = gaussian(20 + i);
    const logits = Float32Array.from({ length: classes }, () => score());
    const labels = spreadLabels(classes, k);
    const x = wholeWeights(Array.from(logits, exactly));
    const logSum = logSumOfSubsets(x, k);
    const loss = Number(logSum.minus(sum(Array.from(logits, exactly).filter((_, j) => labels[j]))));
    // The share of the subsets with a class is e^s·e_{k-1} of the others; of those without it, e_k of the others.
    const slopes = [0, 1].map((at) => {
      const others = x.filter((_, j) => j !== at);
      const log = labels[at]
        ? logSumOfSubsets(others, k)
        : logSumOfSubsets(others, k - 1).plus(exactly(logits[at]!));
      return (labels[at] ? -1 : 1) * Number(exp(log.minus(logSum)));
    });
    const given = { rows: 1, classes, logits, labels };
    return { classes, k, logits, labels, loss, slopes, reference: expected(name, given) };
  });

  forEachVariant((losses) => {
    it.each(cases)("$k of $classes", ({ classes, logits, labels, loss, slopes, reference }) => {
      const got = losses[name](logits, labels, { classes, reduction: "none" });
      const exact = [{ loss, grad: slopes }];
      expect(worst(got, exact).loss).toBeLessThanOrEqual(bounds.loss);
      expect(worst(got, exact).grad).toBeLessThanOrEqual(bounds.grad);
      expect(worst(got, reference).loss).toBeLessThanOrEqual(bounds.loss);
      expect(worst(got, reference).grad).toBeLessThanOrEqual(bounds.grad);
    });

    it.each(sizes)("equal scores are counted: %d classes, %d positive", (classes, k) => {
      let logCount = 0;
      for (let j = 1; j <= k; j++) logCount += Math.log((classes - k + j) / j);
      const labels = spreadLabels(classes, k);
      const grad = Array.from(labels, (y) => k / classes - y);
      for (const score of [0, -3.7, 3e38]) {
        const logits = new Float32Array(classes).fill(score);
        const most = worst(losses[name](logits, labels, { classes, reduction: "none" }), [
          { loss: logCount, grad },
        ]);
        expect(most.loss).toBeLessThanOrEqual(bounds.loss);
        expect(most.grad).toBeLessThanOrEqual(bounds.grad);
      }
    });

    it("the padded form agrees with the reference", () => {
      for (const { classes, k, logits, labels } of cases) {
        for (const threshold of [-3, 0, 3]) {
          const own = { maxLabels: k, threshold };
          const exact = expected(name, { rows: 1, classes, logits, labels }, own);
          const most = worst(losses[name](logits, labels, { classes, reduction: "none", ...own }), exact);
          expect(most.loss).toBeLessThanOrEqual(bounds.loss);
          expect(most.grad).toBeLessThanOrEqual(bounds.grad);
        }
      }
    });
  });
});

describe("combinatorialSoftmax with a threshold a row", () => {
  const [rows, classes, maxLabels] = [24, 9, 4];
  const score = gaussian(5);
  const logits = Float32Array.from({ length: rows * classes }, () => 4 * score());
  const labels = new Uint8Array(rows * classes);
  for (let row = 0; row < rows; row++) labels.set(spreadLabels(classes, row % 5), row * classes);
  // Below all scores, among them and above all.
  const threshold = Float32Array.from({ length: rows }, (_, row) => (row % 8) * 5 - 17.5);
  const rowWeights = Float32Array.from({ length: rows }, (_, row) => row % 3);
  const rowsAt = (shift: number) =>
    Array.from({ length: rows }, (_, row) => {
      const [from, to] = [row * classes, (row + 1) * classes];
      const given = { rows: 1, classes, logits: logits.slice(from, to), labels: labels.slice(from, to) };
      return expected(name, given, { maxLabels, threshold: threshold[row]! + shift })[0]!;
    });
  const exact = rowsAt(0);
  const above = rowsAt(1e-5);
  const below = rowsAt(-1e-5);
  const slopes = above.map(({ loss }, row) => (loss - below[row]!.loss) / 2e-5);

  forEachVariant((losses) => {
    it("is the loss with each row's own", () => {
      const most = worst(
        losses[name](logits, labels, { classes, reduction: "none", maxLabels, threshold }),
        exact,
      );
      expect(most.loss).toBeLessThanOrEqual(bounds.loss);
      expect(most.grad).toBeLessThanOrEqual(bounds.grad);
    });

    it("has the slope of the loss as their gradient", () => {
      const { thresholdGrad } = losses[name](logits, labels, {
        classes,
        reduction: "sum",
        maxLabels,
        threshold,
      });
      slopes.forEach((slope, row) => {
        expect(Math.abs(thresholdGrad[row]! - slope)).toBeLessThan(1e-6);
      });
      const weighted = losses[name](logits, labels, { classes, maxLabels, threshold, rowWeights });
      slopes.forEach((slope, row) => {
        expect(Math.abs(weighted.thresholdGrad[row]! - (slope * rowWeights[row]!) / rows)).toBeLessThan(1e-6);
      });
    });

    it("has none where there is no gradient, or one threshold", () => {
      const options = { classes, maxLabels };
      expect(Object.keys(losses[name](logits, labels, { ...options, threshold, gradient: false }))).toEqual([
        "loss",
      ]);
      expect(Object.keys(losses[name](logits, labels, { ...options, threshold: 1 }))).toEqual([
        "loss",
        "grad",
      ]);
    });
  });
});

describe("combinatorialSoftmax with a huge threshold", () => {
  forEachVariant((losses) => {
    // A threshold that is far below takes in as many classes as there may be: the best ones, if they differ.
    it.each([-1e12, -1e30].map(Math.fround))("keeps the differences of scores: %d", (threshold) => {
      const logits = Float32Array.of(3, 1, 2, 0);
      const labels = Uint8Array.of(1, 0, 1, 0);
      const own = { classes: 4, maxLabels: 2, reduction: "none" } as const;
      const got = losses.combinatorialSoftmax(logits, labels, { ...own, threshold });
      const fixed = losses.combinatorialSoftmax(logits, labels, { classes: 4, reduction: "none" });
      expect(got.loss[0]).toBeCloseToFloat32(fixed.loss[0]!, bounds.loss);
      got.grad.forEach((g, i) => {
        expect(g).toBeCloseToFloat32(fixed.grad[i]!, bounds.grad);
      });
    });

    // Their spacing in float32 is 65,536.
    it.each([
      [1e12, Math.fround(1e12)],
      [999_999_995_905, Math.fround(1e12)],
      [16_777_217, 16_777_216],
    ])("that is not a float32 number keeps its digits: %d", (threshold, score) => {
      const logits = Float32Array.of(score);
      const call = { classes: 1, maxLabels: 1, threshold, reduction: "none" } as const;
      const got = losses.combinatorialSoftmax(logits, new Uint8Array(1), call);
      const z = score - threshold;
      expect(got.loss[0]).toBeCloseToFloat32(
        Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
        bounds.loss,
      );
      expect(got.grad[0]).toBeCloseToFloat32(1 / (1 + Math.exp(-z)), bounds.grad);
    });
  });
});

describe("combinatorialSoftmax gives the same bits", () => {
  /** Rows of every number of positive classes, so that each has its own need of memory. */
  function batchOf(rows: number, classes: number, most: number, seed: number) {
    const score = gaussian(seed);
    const labels = new Uint8Array(rows * classes);
    for (let row = 0; row < rows; row++)
      labels.set(spreadLabels(classes, (7 * row) % (most + 1)), row * classes);
    return { logits: Float32Array.from({ length: rows * classes }, () => 5 * score()), labels };
  }

  forEachVariant((losses) => {
    describe.each([{}, { maxLabels: 20 }, { maxLabels: 20, threshold: 1.25 }])("%o", (own) => {
      // Some hundred rows of 200 classes are more than the stage holds; 900 classes are counted by logarithms if half of
      // them are positive.
      it.each([
        [30, 20, 20],
        [300, 200, 20],
        ...("maxLabels" in own ? [] : [[9, 900, 450] as const]),
      ] as const)(
        "alone and in a batch, dense and sparse, with and without gradient: %d rows of %d",
        (rows, classes, most) => {
          const { logits, labels } = batchOf(rows, classes, most, rows);
          const options = { classes, reduction: "none", ...own } as const;
          const whole = losses[name](logits, labels, options);
          expectSameResult(losses[name](logits, toSparse(labels, classes), options), whole);
          const forward = losses[name](logits, labels, { ...options, gradient: false });
          expectSameBits(forward.loss, whole.loss);
          const batch = losses.allocate(rows, classes);
          batch.logits.set(logits);
          batch.labels.set(labels);
          const out = { grad: batch.logits };
          const inPlace = losses[name](batch.logits, batch.labels, { ...options, out });
          expectSameBits(inPlace.loss, whole.loss);
          // Read anew: the room to work in may have made the memory grow.
          expectSameBits(batch.logits, whole.grad);
          expectSameBits(inPlace.grad, whole.grad);
          batch.free();
          for (let row = 0; row < rows; row += 1 + Math.floor(rows / 9)) {
            const [from, to] = [row * classes, (row + 1) * classes];
            const one = losses[name](logits.slice(from, to), labels.slice(from, to), options);
            expect(one.loss[0]).toBe(whole.loss[row]);
            expectSameBits(one.grad, whole.grad.slice(from, to));
          }
        },
      );
    });
  });
});

describe("the memory of combinatorialSoftmax", () => {
  forEachVariant(({ variant }) => {
    it("is as large after many calls as after the first", () => {
      const losses = createLosses({ variant });
      const probe = losses.allocate(1, 1);
      const logits = Float32Array.from({ length: 4 * 300 }, (_, i) => Math.sin(i));
      const labels = new Uint8Array(4 * 300);
      for (let row = 0; row < 4; row++) labels.set(spreadLabels(300, 100), row * 300);
      const call = (i: number) => {
        losses[name](logits, labels, { classes: 300 });
        losses[name](logits, labels, { classes: 300, maxLabels: 100 + (i % 50), gradient: i % 2 === 0 });
        losses[name](logits.subarray(0, 300), toSparse(labels.subarray(0, 300), 300), { classes: 300 });
      };
      call(48);
      const bytes = probe.logits.buffer.byteLength;
      for (let i = 0; i < 50; i++) call(i);
      expect(probe.logits.buffer.byteLength).toBe(bytes);
    });

    it.each([2, 300])("is found elsewhere if one of %d rows needs more than the last call", (rows) => {
      const classes = 200;
      const losses = createLosses({ variant });
      const logits = Float32Array.from({ length: rows * classes }, (_, i) => Math.sin(i));
      const few = Uint8Array.from(logits, (_, i) => Number(i % classes === 7));
      losses[name](logits, few, { classes });
      // Lies behind the room of that call, which so can neither grow nor be exceeded unseen.
      const other = losses.allocate(1, 100_000);
      other.logits.fill(7);
      const many = few.slice();
      many.set(spreadLabels(classes, 100), 0);
      const options = { classes, reduction: "none" } as const;
      const right = createLosses({ variant })[name](logits, many, options);
      expectSameResult(losses[name](logits, many, options), right);
      expect(other.logits.every((x) => x === 7)).toBe(true);
    });

    it("is refused to rows that need more than there is, before anything is written", () => {
      const losses = createLosses({ variant });
      const small = { logits: Float32Array.of(1, 2, 3), labels: Uint8Array.of(1, 0, 0) };
      const right = losses[name](small.logits, small.labels, { classes: 3 });
      const classes = 200_000;
      const rows = 2;
      const logits = new Float32Array(rows * classes);
      const labels = new Uint8Array(rows * classes).fill(1, classes, classes + classes / 2);
      for (const own of [{}, { maxLabels: classes / 2 }]) {
        const out = { grad: new Float32Array(rows * classes).fill(7), loss: new Float32Array(rows).fill(8) };
        let thrown: unknown;
        try {
          losses[name](logits, labels, { classes, reduction: "none", out, ...own });
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(LossError);
        expect(thrown).toMatchObject({ code: "OUT_OF_MEMORY" });
        expect(out.grad.every((g) => g === 7)).toBe(true);
        expect(out.loss).toEqual(new Float32Array(rows).fill(8));
        expect(losses[name](small.logits, small.labels, { classes: 3 })).toEqual(right);
      }
    });
  });
});

describe("a row of great weight", () => {
  forEachVariant((losses) => {
    it("counts swaps that are nothing one by one", () => {
      const classes = 600;
      const logits = Float32Array.from({ length: classes }, (_, i) => (i < 300 ? 0 : -142.5));
      const labels = Uint8Array.from({ length: classes }, (_, i) => Number(i < 300));
      const options = { classes, reduction: "none", rowWeights: Float32Array.of(1e15) } as const;
      const got = losses.combinatorialSoftmax(logits, labels, options).loss[0]!;
      // All 300² swaps have the same small weight.
      expect(ulpError(got, 1e15 * 300 ** 2 * Math.exp(-142.5))).toBeLessThanOrEqual(16);
    });
  });
});
