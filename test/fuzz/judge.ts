import { mathBounds } from "../support/bounds.ts";
import { boundsOf, type LossName } from "../support/losses.ts";
import { ulp, ulpError } from "../support/ulp.ts";
import type { Call } from "./arbitraries.ts";
import type { Exact, ExactRow } from "./model.ts";

/* Whether results are within the bounds that the definition of a loss states. */

/** What a loss gave. */
export interface Got {
  loss: number | Float32Array;
  grad?: Float32Array;
  thresholdGrad?: Float32Array;
}

/** What float64 leaves of a difference of two terms, of which the exponentials are the worst: the reference is one, too. */
const LEFT = mathBounds.exp64.relative;

function within(got: number, exact: number, units: number, slack: number): boolean {
  return ulpError(got, exact) <= units || Math.abs(got - exact) <= slack;
}

function lossSlack(name: LossName, { minuend }: ExactRow): number {
  return name === "zlprDivergence" ? LEFT * minuend : 0;
}

function judgeLoss(
  { name, reduction }: Call,
  got: number | Float32Array,
  { rows, factor }: Exact,
): string | undefined {
  const units = boundsOf(name).loss;
  if (typeof got !== "number") {
    if (reduction !== "none") return "a loss a row, of a reduced one";
    if (got.length !== rows.length) return `${got.length} losses of ${rows.length} rows`;
    const row = rows.findIndex(
      (exact, i) => !within(got[i] as number, exact.loss, units, lossSlack(name, exact)),
    );
    return row < 0 ? undefined : `loss of row ${row}: ${got[row]}, exact ${rows[row]?.loss}`;
  }
  if (reduction === "none") return "one loss, of several";
  const exact = rows.reduce((sum, row) => sum + row.loss, 0) * factor;
  // Each row may be off by its own bound; a number that is not rounded to float32 may be beyond its largest.
  const slackOf = (row: ExactRow) =>
    units * Math.max(ulp(row.loss), row.loss * 2 ** -23) + lossSlack(name, row);
  const slack = rows.reduce((sum, row) => sum + slackOf(row), 0) * factor;
  const isRight = Number.isFinite(exact) ? Math.abs(got - exact) <= slack : Object.is(got, exact);
  return isRight ? undefined : `loss ${got}, exact ${exact}`;
}

function judgeGrad({ name, classes }: Call, got: Float32Array, { rows, factor }: Exact): string | undefined {
  const units = boundsOf(name).grad;
  if (got.length !== rows.length * classes) return `a gradient of ${got.length} elements`;
  for (const [row, { grad, terms }] of rows.entries()) {
    for (let i = 0; i < classes; i++) {
      const exact = (grad[i] as number) * factor;
      const slack = (terms[i] as number) * factor * LEFT;
      const value = got[row * classes + i] as number;
      if (!within(value, exact, units, slack))
        return `gradient of row ${row}, class ${i}: ${value}, exact ${exact}`;
    }
  }
  return undefined;
}

/** The slope is the sum of a row's gradients, less digits where they cancel, or where their own terms do. */
function judgeSlopes({ name }: Call, got: Float32Array, { rows, factor }: Exact): string | undefined {
  const units = boundsOf(name).grad;
  if (got.length !== rows.length) return `${got.length} slopes of ${rows.length} rows`;
  for (const [row, { loss, grad, terms, slope }] of rows.entries()) {
    // Several infinite scores have no definite shares; of their sum, the slope, kernels know the limit.
    if (Number.isNaN(slope) && !Number.isNaN(loss)) continue;
    const slopes = grad.reduce((sum, g) => sum + Math.abs(g), 0) * factor;
    const parts = terms.reduce((sum, term) => sum + term, 0) * factor;
    const slack = Math.max(units * ulp(slopes), parts * LEFT);
    const value = got[row] as number;
    if (!within(value, slope * factor, units, slack)) {
      return `slope of the threshold of row ${row}: ${value}, exact ${slope * factor}`;
    }
  }
  return undefined;
}

/** What is wrong with a result, undefined if nothing is. */
export function judge(call: Call, got: Got, exact: Exact): string | undefined {
  const { gradient, own } = call;
  if (gradient !== (got.grad !== undefined))
    return `gradient: ${gradient}, but the result has ${Object.keys(got)}`;
  const hasSlopes = gradient && typeof own.threshold === "object";
  if (hasSlopes !== (got.thresholdGrad !== undefined)) return `the result has ${Object.keys(got)}`;
  return (
    judgeLoss(call, got.loss, exact) ??
    (got.grad && judgeGrad(call, got.grad, exact)) ??
    (got.thresholdGrad && judgeSlopes(call, got.thresholdGrad, exact))
  );
}

/** A result that nobody can overwrite. */
export function copyOf({ loss, grad, thresholdGrad }: Got): Got {
  return {
    loss: typeof loss === "number" ? loss : loss.slice(),
    ...(grad && { grad: grad.slice() }),
    ...(thresholdGrad && { thresholdGrad: thresholdGrad.slice() }),
  };
}

/** What of a result differs from that of the same call, as far as it is there; NaN is NaN. */
export function differenceOf(got: Got, right: Got): string | undefined {
  for (const name of ["loss", "grad", "thresholdGrad"] as const) {
    const [a, b] = [got[name], right[name]].map((value) => (typeof value === "number" ? [value] : value));
    if (!a || !b) continue;
    const at = a.findIndex((x: number, i: number) => !Object.is(x, b[i]));
    if (at >= 0 || a.length !== b.length) return `${name} ${at}: ${a[at]}, before ${b[at]}`;
  }
  return undefined;
}
