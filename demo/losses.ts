/** The losses that the page compares, by the names of the library. */
import { asymmetric, focal, type Loss, sigmoidCrossEntropy, zlpr } from "zlpr";

export type LossName = "zlpr" | "sigmoidCrossEntropy" | "focal" | "asymmetric";

export const LOSSES: Record<LossName, Loss> = { zlpr, sigmoidCrossEntropy, focal, asymmetric };

export const LOSS_NAMES = Object.keys(LOSSES) as LossName[];

/** Short, as people say. */
export const TITLES: Record<LossName, string> = {
  zlpr: "zlpr",
  sigmoidCrossEntropy: "BCE",
  focal: "focal",
  asymmetric: "asymmetric",
};
