import { makeBatch } from "./batch.js";
import type { Batch, Engine, Results } from "./engine.js";
import type { LossDefinition } from "./loss.js";
import { type Call, invalidLabel } from "./validate.js";

/** The losses in plain JavaScript, for hosts that have no WebAssembly or forbid it. */
export class JsEngine implements Engine {
  readonly variant = "js";

  allocate(rows: number, classes: number): Batch {
    const length = rows * classes;
    const logits = new Float32Array(length);
    const labels = new Uint8Array(length);
    const grad = new Float32Array(length);
    return makeBatch(rows, classes, {
      logits: () => logits,
      labels: () => labels,
      grad: () => grad,
      release: () => {},
    });
  }

  run<Own>(definition: LossDefinition<Own>, call: Call<Own>, results: Results): number {
    const { logits, labels, rows, classes, factor, rowWeights: weights } = call;
    for (let i = 0; i < labels.length; i++) {
      if ((labels[i] as number) > 1) throw invalidLabel(labels[i], i, classes);
    }
    const { loss: losses, grad } = results;
    return definition.js({ logits, labels, grad, losses, weights, rows, classes, factor }, call.own);
  }
}
