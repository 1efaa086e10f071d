import { engineFor } from "../../src/engine/load.ts";
import {
  aboveThreshold,
  bestThreshold,
  createEvaluator,
  createLosses,
  evaluate,
  type Losses,
  topK,
} from "../../src/index.ts";
import { toSparse } from "../support/labels.ts";
import { allNames, type LossName, lossOf } from "../support/losses.ts";
import { formsOf, type LabelForm, labelsFor, ownOptionsOf, SETTINGS, type Setting } from "./calls.ts";
import { Digest } from "./digest.ts";
import { type Inputs, inputsOf } from "./inputs.ts";

/*
 * Every result of the variant "simd" whose bits are held to be the same on every engine and machine. It runs in Node and in
 * a page.
 */

/** The hash of each case, by what is called and by what it is called on. */
export type Hashes = Record<string, Record<string, string>>;

type Shape = [rows: number, classes: number];

/** Powers of 2: scores that stay on the fast paths, leave them in some rows, in most rows, and overflow float32's eˣ. */
const SPREADS = [2, 16, 256, 2048];

/** Every remainder of the kernels' groups of 16 and vectors of 4, up to four groups and a rest. */
const SMALL: Shape[] = Array.from({ length: 70 }, (_, i) => [3, i + 1]);
/** Rows of several tiles, and rows that the stage takes one at a time. */
const LARGE: Shape[] = [
  [3, 1000],
  [2, 4099],
  [1, 65_537],
];
/** More rows than a block of the kernels or a chunk of the stage has. */
const MANY: Shape[] = [
  [130, 5],
  [4000, 19],
];

const kept = new Map<string, Inputs>();

function inputsFor([rows, classes]: Shape, spread: number, hasSpecials = true): Inputs {
  const key = `${rows} ${classes} ${spread} ${hasSpecials}`;
  const known = kept.get(key);
  if (known) return known;
  const made = inputsOf(rows, classes, spread, 1000 * classes + rows + spread, hasSpecials);
  kept.set(key, made);
  return made;
}

function addLoss(
  digest: Digest,
  losses: Losses,
  name: LossName,
  form: LabelForm,
  own: (inputs: Inputs) => object,
  setting: Setting,
  inputs: Inputs,
): void {
  const { classes, logits } = inputs;
  const options = { classes, ...own(inputs), ...setting.options(inputs) };
  const result = lossOf(losses, name)(logits, labelsFor(name, form, inputs, setting), options);
  digest.add(result.loss);
  digest.add(result.grad);
  digest.add(result.thresholdGrad);
}

/** What a hash is of: every setting on every shape, with every spread, with special values or without. */
interface Group {
  settings: Setting[];
  shapes: Shape[];
  spreads: readonly number[];
  specials: readonly boolean[];
}

async function hashesOfLoss(
  losses: Losses,
  name: LossName,
  form: LabelForm,
  own: (inputs: Inputs) => object,
): Promise<Record<string, string>> {
  const groups: Record<string, Group> = {};
  for (const [title, setting] of Object.entries(SETTINGS)) {
    groups[`1 to 70 classes, ${title}`] = {
      settings: [setting],
      shapes: SMALL,
      spreads: SPREADS,
      specials: [true],
    };
  }
  const settings = Object.values(SETTINGS);
  for (const shape of LARGE) {
    groups[`${shape[1]} classes`] = { settings, shapes: [shape], spreads: SPREADS, specials: [false, true] };
  }
  for (const shape of MANY) {
    // One special value makes the sum of all rows infinite or NaN.
    groups[shape.join(" × ")] = { settings, shapes: [shape], spreads: [16], specials: [false] };
  }

  const hashes: Record<string, string> = {};
  for (const [title, { settings, shapes, spreads, specials }] of Object.entries(groups)) {
    const digest = new Digest();
    for (const shape of shapes) {
      for (const spread of spreads) {
        for (const hasSpecials of specials) {
          const inputs = inputsFor(shape, spread, hasSpecials);
          for (const setting of settings) addLoss(digest, losses, name, form, own, setting, inputs);
        }
      }
    }
    hashes[title] = await digest.hash();
  }
  return hashes;
}

const PREDICTED: Shape[] = [...SMALL, ...LARGE, ...MANY];

/** What each function of predictions and measures gives, as numbers. */
const PREDICTIONS: Record<string, (digest: Digest, inputs: Inputs, spread: number) => void> = {
  countDecisions(digest, { rows, classes, logits, hot }, spread) {
    for (const labels of [hot, toSparse(hot, classes)]) {
      const { ofRows, ofClasses } = engineFor("simd").countDecisions(
        { rows, classes, logits, labels },
        spread / 8,
      );
      digest.add(ofRows);
      digest.add(ofClasses);
    }
  },
  aboveThreshold(digest, { classes, logits }, spread) {
    const { offsets, indices } = aboveThreshold(logits, { classes, threshold: spread / 8 });
    digest.add(offsets);
    digest.add(indices);
  },
  topK(digest, { classes, logits }, spread) {
    for (const threshold of [undefined, spread / 8]) {
      const { offsets, indices } = topK(logits, { classes, k: Math.min(classes, 10), threshold });
      digest.add(offsets);
      digest.add(indices);
    }
  },
  evaluate(digest, { classes, logits, hot }, spread) {
    const measures = evaluate(logits, hot, { classes, threshold: spread / 8 });
    digest.add(Float64Array.from(Object.values(measures)));
  },
  createEvaluator(digest, { rows, classes, logits, hot }, spread) {
    const evaluator = createEvaluator({ classes, threshold: spread / 8 });
    for (let row = 0; row < rows; row += 2) {
      const part = [row * classes, (row + 2) * classes] as const;
      evaluator.add(logits.subarray(...part), hot.subarray(...part));
    }
    digest.add(Float64Array.from(Object.values(evaluator.result())));
  },
  bestThreshold(digest, { classes, logits, hot }) {
    for (const metric of ["microF1", "macroF1", "samplesF1"] as const) {
      const { threshold, value } = bestThreshold(logits, hot, { classes, metric });
      digest.add(threshold);
      digest.add(value);
    }
  },
};

/** Computes all cases. */
export async function hashesOfAll(): Promise<Hashes> {
  const losses = createLosses({ variant: "simd" });
  const hashes: Hashes = {};
  for (const name of allNames) {
    for (const form of formsOf(name)) {
      for (const [title, own] of ownOptionsOf(name)) {
        hashes[`${name}, ${form}, ${title}`] = await hashesOfLoss(losses, name, form, own);
      }
    }
  }
  const predictions: Record<string, string> = {};
  for (const [name, add] of Object.entries(PREDICTIONS)) {
    const digest = new Digest();
    for (const shape of PREDICTED) {
      for (const spread of SPREADS) add(digest, inputsFor(shape, spread), spread);
    }
    predictions[name] = await digest.hash();
  }
  return { ...hashes, predictions };
}

/** The cases whose hashes differ, and those that only one side has. */
export function differences(got: Hashes, right: Hashes): string[] {
  const groups = new Set([...Object.keys(got), ...Object.keys(right)]);
  return [...groups].flatMap((group) => {
    const cases = new Set([...Object.keys(got[group] ?? {}), ...Object.keys(right[group] ?? {})]);
    return [...cases]
      .filter((each) => got[group]?.[each] !== right[group]?.[each])
      .map((each) => `${group}: ${each}`);
  });
}
