import fc, { type Arbitrary } from "fast-check";
import { formsOf, type LabelForm } from "../bits/calls.ts";
import { toSparse } from "../support/labels.ts";
import { allNames, type LossName, suitedLabels } from "../support/losses.ts";

/*
 * Calls of losses, at random. Of an array, fast-check draws whole numbers from 0, one an element, of which scores and labels
 * are made here: that is fast, and shrinks towards scores of 0 and classes that are negative.
 */

/** A call with right arguments, which may still have nothing to take the mean of. */
export interface Call {
  name: LossName;
  form: LabelForm;
  rows: number;
  classes: number;
  logits: Float32Array;
  /** [rows, classes], what the labels say in numbers. Rows whose index is ignored have no positive. */
  targets: Uint8Array | Float32Array;
  /** The labels as the loss is given them. */
  labels: unknown;
  own: OwnOptions;
  reduction: "mean" | "sum" | "none";
  gradient: boolean;
  rowWeights: Float32Array | undefined;
  mask: Uint8Array | undefined;
}

/** The options that only some losses have. */
export interface OwnOptions {
  threshold?: number | Float32Array;
  scale?: number;
  margin?: number;
  maxLabels?: number;
  labelSmoothing?: number;
  ignoreIndex?: number;
  positiveWeights?: number | Float32Array;
  gamma?: number;
  alpha?: number;
  gammaPositive?: number;
  gammaNegative?: number;
}

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Where the kernels change their ways, with neighbours, and the ends of float32; 0 first, to which the others shrink. */
const SPECIAL_SCORES = [0, -0, 1e-45, 1.1754942e-38, 1e-20, 1, 15, 39.99, 40, 65, 80, 87.33654, 88.72284]
  .concat([103.97208, 104, 110.5, 142, 1e4, 1e12, 1e20, 3e38, LARGEST, Infinity])
  .flatMap((x) => [x, -x])
  .concat(NaN);

const SPECIAL_DEGREES = [0, 1, 0.5, 1e-45, 1.1754942e-38, 1e-10, 1 - 2 ** -24, -0];

const SPREADS = [1, 0.01, 10, 100, 1000, 1e-20, 1e10, 1e30];

const WEIGHTS = [1, 0, 0.25, 3, 1e-3, 1e-20, 1e-38, 1e-45, 1e10, 1e16, 1e20, 1e30, 3e38];

/** The whole numbers of which an element is made are below. */
const STEPS = 2 ** 20;

const share = (n: number) => n / STEPS;

function words(length: number): Arbitrary<number[]> {
  return fc.array(fc.nat(STEPS - 1), { minLength: length, maxLength: length, size: "max" });
}

/** One number of 25 is special; the others are uniform up to a few times the spread. */
function scoreOf(n: number, spread: number): number {
  if (share(n) < 0.04) return SPECIAL_SCORES[n % SPECIAL_SCORES.length] as number;
  const x = (2 * (share(n) - 0.52)) / 0.96;
  return 3 * spread * x * Math.abs(x);
}

function degreeOf(n: number): number {
  if (share(n) < 0.3) return SPECIAL_DEGREES[n % SPECIAL_DEGREES.length] as number;
  return (share(n) - 0.3) / 0.7;
}

/** Rows and classes: mostly small, around the groups of the kernels. */
const shapes: Arbitrary<[rows: number, classes: number]> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 })) },
  { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 15, max: 70 })) },
  { weight: 2, arbitrary: fc.tuple(fc.integer({ min: 60, max: 70 }), fc.integer({ min: 1, max: 4 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(0), fc.integer({ min: 1, max: 5 })) },
);

const oneOf = (...values: number[]) => fc.constantFrom(...values);
const upTo = (least: number, most: number) => fc.float({ min: least, max: most, noNaN: true });

/** A value of an option, or none. */
const maybe = <T>(arbitrary: Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

function numbersOf(length: number, one: Arbitrary<number>): Arbitrary<Float32Array> {
  return fc
    .array(one, { minLength: length, maxLength: length, size: "max" })
    .map((list) => Float32Array.from(list));
}

const thresholds = fc.oneof(upTo(-5, 5), oneOf(0, -0, 40, -50, 100, 1e-45, 1e12, -1e30, 3e38));

function thresholdOf(rows: number): Arbitrary<number | Float32Array> {
  return fc.oneof(thresholds, numbersOf(rows, thresholds));
}

const alphas = fc.oneof(upTo(0, 1), oneOf(0, 1, 0.25, 1e-10, 1e-45));

const smoothings = fc.oneof(upTo(0, 1), oneOf(0, 1, 0.1, 1e-9, 1e-40));
const gammas = fc.oneof(upTo(0, 5), oneOf(0, 1, 2, 3, 4, 0.3, 1.5, 7.25, 20, 1e-3, 100, 1e4, 1e9));

/** Own options of a loss, from usual ones to the ends of what is allowed. `positives`: the most of a row. */
function ownOptions(name: LossName, rows: number, classes: number, positives: number): Arbitrary<OwnOptions> {
  switch (name) {
    case "zlpr":
    case "zlprJoint":
      return fc.record({ threshold: maybe(thresholdOf(rows)) });
    case "lsep":
      return fc.record({
        scale: maybe(fc.oneof(upTo(Math.fround(0.01), 64), oneOf(1, 64, 1e-10, 1e3, 1e10))),
        margin: maybe(fc.oneof(upTo(-2, 2), oneOf(0, 0.5, 100, -100, 1e10))),
      });
    case "combinatorialSoftmax":
      return fc.oneof(
        fc.constant({}),
        fc.record({
          maxLabels: fc.integer({ min: Math.max(1, positives), max: classes }),
          threshold: maybe(thresholdOf(rows)),
        }),
      );
    case "softmaxCrossEntropy":
      return fc.record({ labelSmoothing: maybe(smoothings), ignoreIndex: maybe(oneOf(-1, -7, 1000, 0)) });
    case "sigmoidCrossEntropy": {
      const weights = fc.oneof(upTo(0, 8), oneOf(0, 1, 1e-30, 1e10));
      return fc.record({
        positiveWeights: maybe(fc.oneof(weights, numbersOf(classes, weights))),
        labelSmoothing: maybe(smoothings),
      });
    }
    case "focal":
      return fc.record({ gamma: maybe(gammas), alpha: maybe(alphas) });
    case "asymmetric":
      return fc.record({
        gammaPositive: maybe(gammas),
        gammaNegative: maybe(gammas),
        margin: maybe(fc.oneof(upTo(0, 1), oneOf(0, 0.05, 0.5, 0.999, 1, 1e-10))),
      });
    default:
      return fc.constant({});
  }
}

/** An index a row; of rows whose classes are all left out, and of one row of eight, the one that is ignored. */
function indicesOf(
  hot: Uint8Array,
  rows: number,
  classes: number,
  ignoreIndex: number,
  chosen: number[],
): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    const index = hot.subarray(row * classes, (row + 1) * classes).indexOf(1);
    return index < 0 || share(chosen[row] as number) > 0.88 ? ignoreIndex : index;
  });
}

interface Drawn {
  name: LossName;
  form: LabelForm;
  rows: number;
  classes: number;
  spread: number;
  density: number;
  scores: number[];
  marks: number[];
  kept: number[] | undefined;
  isMaskOfRows: boolean;
  chosen: number[];
  rest: Pick<Call, "reduction" | "gradient" | "rowWeights">;
}

function maskOf({ kept, isMaskOfRows, rows, classes }: Drawn): Uint8Array | undefined {
  return (
    kept &&
    Uint8Array.from(kept.slice(0, isMaskOfRows ? rows * classes : classes), (n) => Number(share(n) < 0.7))
  );
}

/** The multi-hot labels that the loss is defined for. Classes that are left out may be positive too. */
function hotOf({ name, marks, density, classes }: Drawn, mask: Uint8Array | undefined): Uint8Array {
  const hot = Uint8Array.from(marks, (n) => Number(share(n) > 1 - density));
  return suitedLabels(name, hot, classes, (i) => (mask?.[i % mask.length] ?? 1) === 1);
}

function mostPositives(hot: Uint8Array, classes: number): number {
  let most = 0;
  for (let from = 0; from < hot.length; from += classes) {
    most = Math.max(
      most,
      hot.subarray(from, from + classes).reduce((sum, label) => sum + label, 0),
    );
  }
  return most;
}

function labelsOf(
  drawn: Drawn,
  hot: Uint8Array,
  mask: Uint8Array | undefined,
  own: OwnOptions,
): Pick<Call, "targets" | "labels"> {
  const { form, marks, rows, classes, chosen } = drawn;
  if (form === "soft") {
    const soft = Float32Array.from(marks, degreeOf);
    return { targets: soft, labels: soft };
  }
  if (form === "multi-hot") return { targets: hot, labels: hot };
  if (form === "sparse") return { targets: hot, labels: toSparse(hot, classes) };
  const ignoreIndex = own.ignoreIndex ?? -1;
  const counted = hot.map((label, i) => label & (mask?.[i % mask.length] ?? 1));
  const labels = indicesOf(counted, rows, classes, ignoreIndex, chosen);
  const targets = new Uint8Array(hot.length);
  labels.forEach((index, row) => {
    if (index !== ignoreIndex) targets[row * classes + index] = 1;
  });
  return { targets, labels };
}

function callOf(drawn: Drawn): Arbitrary<Call> {
  const { name, form, rows, classes, scores, spread, rest } = drawn;
  const mask = maskOf(drawn);
  const hot = hotOf(drawn, mask);
  return ownOptions(name, rows, classes, mostPositives(hot, classes)).map((own) => ({
    name,
    form,
    rows,
    classes,
    logits: Float32Array.from(scores, (n) => scoreOf(n, spread)),
    ...labelsOf(drawn, hot, mask, own),
    own,
    mask,
    ...rest,
  }));
}

function drawnFor(name: LossName): Arbitrary<Drawn> {
  return shapes.chain(([rows, classes]) =>
    fc.record({
      name: fc.constant(name),
      form: fc.constantFrom(...formsOf(name)),
      rows: fc.constant(rows),
      classes: fc.constant(classes),
      spread: fc.constantFrom(...SPREADS),
      density: fc.constantFrom(0.1, 0, 0.5, 1),
      scores: words(rows * classes),
      marks: words(rows * classes),
      kept: fc.option(words(rows * classes), { nil: undefined, freq: 2 }),
      isMaskOfRows: fc.boolean(),
      chosen: words(rows),
      rest: fc.record({
        reduction: fc.constantFrom("none", "sum", "mean"),
        gradient: fc.constantFrom(true, true, true, false),
        rowWeights: maybe(numbersOf(rows, fc.constantFrom(...WEIGHTS))),
      }),
    }),
  );
}

/** A call of any loss. */
export const calls: Arbitrary<Call> = fc
  .constantFrom(...allNames)
  .chain((name) => drawnFor(name).chain(callOf));
