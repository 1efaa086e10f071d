import type * as registry from "../../src/losses/index.ts";
import type { Loss } from "../../src/types.ts";
import { fusedSigmoidCrossEntropy } from "./fusedSigmoidCrossEntropy.ts";
import { fusedSums } from "./fusedSums.ts";
import type { Peer } from "./peer.ts";

/** The name of a loss. */
export type LossName = keyof typeof registry;

/** Any of the losses, with its own options left at their defaults. */
export type AnyLoss = Loss<object>;

/** What each loss of the registry is measured against. */
export const peers: Partial<Record<LossName, Peer>> = {
  lsep: fusedSums({ x: (a, b) => a * b, xa: (_, b) => b, xb: (a) => a }),
  zlpr: fusedSums({ x: (a, b) => a + b + a * b, xa: (_, b) => 1 + b, xb: (a) => 1 + a }),
  zlprJoint: fusedSums({ x: (a, b) => a + b, xa: () => 1, xb: () => 1 }),
  sigmoidCrossEntropy: fusedSigmoidCrossEntropy,
};
