import type { Losses } from "../../src/index.ts";
import { definition } from "../../src/reference/zlpr.ts";
import { findVariants, zeroCopy } from "../candidates.ts";
import type { Method, Peer, PeerData } from "./peer.ts";

/** zlpr itself, with the arrays of a batch. */
function methodOf(losses: Losses, { rows, classes, logits, labels }: PeerData): Method {
  const batch = losses.allocate(rows, classes);
  const grad = new Float32Array(logits.length);
  function copyIn(): number {
    batch.logits.set(logits);
    batch.labels.set(labels);
    return logits.length;
  }
  function copyOut(): number {
    grad.set(batch.grad);
    return grad.length;
  }
  copyIn();
  return {
    name: `zlpr ${zeroCopy(losses.variant)}`,
    bounds: definition.bounds,
    lossAndGradient: () =>
      losses.zlpr(batch.logits, batch.labels, { classes, out: { grad: batch.grad } }).loss,
    lossAlone: () => losses.zlpr(batch.logits, batch.labels, { classes, gradient: false }).loss,
    gradient: () => batch.grad,
    rowLosses: () =>
      losses.zlpr(batch.logits, batch.labels, { classes, gradient: false, reduction: "none" }).loss,
    copyIn,
    copyOut,
    free: () => batch.free(),
  };
}

export const zlpr: Peer = {
  name: "zlpr",
  async open() {
    const { instances, skipped } = await findVariants();
    // The plain form is there for where nothing else runs, and is measured by the other benchmark.
    const kernels = instances.filter(({ variant }) => variant !== "js");
    return {
      version: "zlpr: this working copy, as built",
      skipped: skipped.map(({ variant, reason }) => ({ name: `zlpr ${variant}`, reason })),
      methods: (data) => kernels.map((losses) => methodOf(losses, data)),
    };
  },
};
