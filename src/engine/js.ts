import { makeBatch } from "./batch.js";
import { countDecisions } from "./countDecisions.js";
import type { Batch, DecisionCounts, Engine, LabelledScores, Results } from "./engine.js";
import { checkLent, type Lender, lend } from "./lent.js";
import type { LossDefinition } from "./loss.js";
import { newArray } from "./newArray.js";
import { checkCounts, checkValues, countPositives, pack, packLabels, rowOptions, unpack } from "./rows.js";
import type { Call } from "./validate.js";

function hasNaN(array: Float64Array): boolean {
  for (let i = 0; i < array.length; i++) if (Number.isNaN(array[i])) return true;
  return false;
}

/** Lends nothing any more: for an array of a batch that was freed. */
class Nobody implements Lender {
  pieceAt(): undefined {}
}

/** The losses by their definitions, in float64, for the reference and for hosts that have no WebAssembly or forbid it. */
export class JsEngine implements Engine<LossDefinition<object>> {
  readonly variant = "js";

  allocate(rows: number, classes: number, isSoft: boolean): Batch<Uint8Array | Float32Array> {
    const length = rows * classes;
    const logits = newArray(Float32Array, length);
    const labels = isSoft ? newArray(Float32Array, length) : newArray(Uint8Array, length);
    const grad = newArray(Float32Array, length);
    return makeBatch(rows, classes, {
      logits: () => logits,
      labels: () => labels,
      grad: () => grad,
      release: () => {
        for (const { buffer } of [logits, labels, grad]) lend(buffer, new Nobody());
      },
    });
  }

  run(definition: LossDefinition<object>, call: Call<object>, results: Results): number {
    checkLent(call.logits, "logits");
    if (call.targets.kind !== "sparse") checkLent(call.targets.values, "labels");
    if (call.out.loss) checkLent(call.out.loss, "options.out.loss");
    if (call.out.grad) checkLent(call.out.grad, "options.out.grad");
    checkValues(call);
    if (definition.wrongCount && call.targets.kind !== "soft") {
      const positives = checkCounts(definition, call, (row) => countPositives(call, row));
      // If there is no room, it has to show before a row is written.
      newArray(Float64Array, definition.numbers?.(call.classes, positives, call.own) ?? 0);
    }
    const { logits, rows, classes, mask, rowWeights, factor } = call;
    const allScores = newArray(Float64Array, classes);
    const allTargets = newArray(Float64Array, classes);
    const allGrads = newArray(Float64Array, classes);
    const kept = newArray(Float64Array, classes);
    const spare = newArray(Uint8Array, classes);
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const base = row * classes;
      const weight = rowWeights?.[row] ?? 1;
      let loss = 0;
      let slope = 0;
      let count = classes;
      if (weight === 0) {
        allGrads.fill(0);
      } else {
        count = pack(mask, row, classes, logits, base, allScores, 0);
        packLabels(call, row, allTargets, spare);
        const scores = count === classes ? allScores : allScores.subarray(0, count);
        const targets = count === classes ? allTargets : allTargets.subarray(0, count);
        const grad = count === classes ? allGrads : allGrads.subarray(0, count);
        if (count > 0) loss = definition.row(scores, targets, rowOptions(call, row, kept), grad);
        if (hasNaN(scores)) {
          loss = NaN;
          grad.fill(NaN);
        }
        const scale = weight * factor;
        for (let i = 0; i < count; i++) {
          const g = grad[i] as number;
          slope -= g;
          grad[i] = g * scale;
        }
        slope *= scale;
      }
      loss *= weight;
      sum += loss;
      if (results.loss) results.loss[row] = loss;
      if (results.thresholdGrad) results.thresholdGrad[row] = slope;
      if (!results.grad) continue;
      if (mask) unpack(mask, row, classes, allGrads, 0, results.grad, base);
      else results.grad.set(allGrads, base);
    }
    return sum;
  }

  countDecisions(scores: LabelledScores, threshold: number): DecisionCounts {
    return countDecisions(scores, threshold);
  }
}
