/** What is trained: every loss of the library by its name, and what the example has to know of it. */
import type { Losses } from "zlpr";

const NOT_LOSSES = ["variant", "allocate"] as const satisfies (keyof Losses)[];

export type LossName = Exclude<keyof Losses, (typeof NOT_LOSSES)[number]>;

/** Those that push scores apart without saying where zero is. */
const WITHOUT_THRESHOLD: LossName[] = ["lsep", "softmaxCrossEntropy", "combinatorialSoftmax"];

/** A loss with the options that it is trained with. */
export interface Entry {
  /** What tells it from all other entries. */
  title: string;
  loss: LossName;
  options: object;
  /** Whether it trains for the threshold 0; any other needs a tuned one. */
  hasThreshold: boolean;
}

export function lossNames(losses: Losses): LossName[] {
  const others: readonly string[] = NOT_LOSSES;
  return (Object.keys(losses) as (keyof Losses)[]).filter((name): name is LossName => !others.includes(name));
}

/** The entries of these losses; no row of the training split has more than `maxLabels` labels. */
export function entriesOf(names: LossName[], maxLabels: number): Entry[] {
  return names.flatMap((loss) => {
    const plain = { title: loss, loss, options: {}, hasThreshold: !WITHOUT_THRESHOLD.includes(loss) };
    if (loss !== "combinatorialSoftmax") return plain;
    return [plain, { title: `${loss}, maxLabels`, loss, options: { maxLabels }, hasThreshold: true }];
  });
}
