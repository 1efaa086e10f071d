import { createLosses, type Losses } from "../../../src/index.ts";
import { answerJobs } from "../pool.ts";
import { enableRelaxed } from "../relaxed.ts";
import { type Candidate, climb, DRAWS } from "./climb.ts";
import { confirm } from "./confirm.ts";
import { type Worst, worstOf } from "./found.ts";
import { startNames } from "./rows.ts";
import { allSettings, type SearchJob } from "./search.ts";

enableRelaxed();

/** One class, the remainders of vectors of four, short rows up to their end, and longer ones; each climb once. */
const SIZES = [1, 2, 3, 5, 8, 17, 64, 80];

/** Of the worst rows of the climbs, so many are looked at with decimals: the reference may be a little off. */
const CONFIRMED = 3;

const instances = new Map<string, Losses>();

function instanceOf(variant: SearchJob["variant"]): Losses {
  const known = instances.get(variant) ?? createLosses({ variant });
  instances.set(variant, known);
  return known;
}

answerJobs(async ({ variant, setting: index, target, steps }: SearchJob): Promise<Worst> => {
  const setting = allSettings[index]!;
  const losses = instanceOf(variant);
  const found = SIZES.map(
    (classes): Candidate => climb(losses, setting, target, { classes, steps, seed: classes }),
  );
  found.sort((a, b) => b.error - a.error);
  const tried = SIZES.length * startNames.length * (steps + DRAWS);
  const confirmed = await Promise.all(
    found.slice(0, CONFIRMED).map(async (candidate) => {
      return worstOf(
        setting,
        variant,
        target,
        tried,
        candidate,
        await confirm(losses, setting, target, candidate),
      );
    }),
  );
  return confirmed.reduce((most, one) => (one.error > most.error ? one : most));
});
