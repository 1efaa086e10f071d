import { BASELINE } from "../candidates.ts";
import { fusedSums } from "../fused/fusedSums.ts";
import type { Peer } from "./peer.ts";

/** The loop of plain JavaScript that all ratios are of. */
export const fused: Peer = {
  name: "fused",
  async open() {
    const loop = fusedSums({ a: 1, b: 1, ab: 1 });
    return {
      version: "fused JS: bench/fused/fusedSums.ts",
      methods({ rows, classes, logits, labels }) {
        const grad = new Float32Array(logits.length);
        return [
          {
            name: BASELINE,
            // log(1 + x) by a float64 logarithm, and e^s kept in float32.
            bounds: { loss: 1, grad: 2 },
            lossAndGradient: () => loop.lossAndGradient(logits, labels, grad, classes),
            lossAlone: () => loop.lossAlone(logits, labels, classes),
            gradient: () => grad,
            rowLosses: () =>
              Array.from({ length: rows }, (_, row) => {
                const [from, to] = [row * classes, (row + 1) * classes];
                return loop.lossAlone(logits.subarray(from, to), labels.subarray(from, to), classes);
              }),
          },
        ];
      },
    };
  },
};
