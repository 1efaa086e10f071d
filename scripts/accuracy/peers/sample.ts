import { exampleFor, expected, type LossName } from "../../../test/support/losses.ts";
import type { Example } from "../../../test/support/random.ts";
import { ulpError } from "../../../test/support/ulp.ts";
import { storable } from "../store.ts";
import type { Contender } from "./contenders.ts";

/** Standard deviations of the scores. */
export const SPREADS = [1, 10, 100, 1000];

const SIDES = ["any", "right", "wrong"] as const;

/** Errors in ULP of results that are finite where the exact ones are. */
export interface Errors {
  count: number;
  max: number;
  sum: number;
  /** How many are NaN or infinite where the exact result is neither. */
  failed: number;
}

export interface Sampled {
  loss: LossName;
  contender: string;
  spread: number;
  ofLoss: Errors;
  ofGrad: Errors;
}

/** Sizes that cover all remainders of the kernels' vectors, and some long rows. */
function* shapes(rows: number): Generator<[rows: number, classes: number]> {
  for (let classes = 1; classes <= 70; classes++) yield [rows, classes];
  yield [Math.max(1, rows >> 1), 1000];
}

/** Scores as drawn, or all on the right or the wrong side of the threshold. */
function onSide(given: Example, side: (typeof SIDES)[number]): Example {
  if (side === "any") return given;
  const sign = side === "right" ? 1 : -1;
  return { ...given, logits: given.logits.map((s, i) => Math.abs(s) * (given.labels[i] ? sign : -sign)) };
}

function* examples(loss: LossName, spread: number, rows: number): Generator<Example> {
  for (const side of SIDES) {
    for (const [count, classes] of shapes(rows))
      yield onSide(exampleFor(loss, count, classes, spread, classes + spread), side);
  }
}

function note(errors: Errors, got: number, exact: number): void {
  errors.count++;
  if (!Number.isFinite(got) && Number.isFinite(Math.fround(exact))) {
    errors.failed++;
    return;
  }
  const error = ulpError(got, exact);
  errors.sum += storable(error);
  errors.max = Math.max(errors.max, storable(error));
}

const none = (): Errors => ({ count: 0, max: 0, sum: 0, failed: 0 });

/** The errors of all who have a form of a loss, by the float64 reference, on the same rows. */
export function sample(
  everyone: readonly Contender[],
  loss: LossName,
  spread: number,
  rows: number,
): Sampled[] {
  const all = everyone.flatMap((contender) => {
    const compute = contender.of(loss);
    const sampled: Sampled = { loss, contender: contender.name, spread, ofLoss: none(), ofGrad: none() };
    return compute ? [{ compute, sampled }] : [];
  });
  for (const given of examples(loss, spread, rows)) {
    const exact = expected(loss, given);
    for (const { compute, sampled } of all) {
      const got = compute(given);
      exact.forEach((row, index) => {
        note(sampled.ofLoss, got.loss[index]!, row.loss);
        row.grad.forEach((g, i) => {
          note(sampled.ofGrad, got.grad[index * given.classes + i]!, g);
        });
      });
    }
  }
  return all.map(({ sampled }) => sampled);
}
