import type { registry } from "../../src/losses/registry.ts";
import type { Loss } from "../../src/types.ts";
import { fusedSigmoidCrossEntropy } from "./fusedSigmoidCrossEntropy.ts";
import { fusedZlpr } from "./fusedZlpr.ts";
import type { Peer } from "./peer.ts";

/** The name of a loss. */
export type LossName = keyof typeof registry;

/** Any of the losses, with its own options left at their defaults. */
export type AnyLoss = Loss<object>;

/** What each loss of the registry is measured against. */
export const peers: Record<LossName, Peer> = {
  zlpr: fusedZlpr,
  sigmoidCrossEntropy: fusedSigmoidCrossEntropy,
};
