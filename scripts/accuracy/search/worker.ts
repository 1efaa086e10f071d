import { createLosses, type Losses } from "../../../src/index.ts";
import { answerJobs } from "../pool.ts";
import { enableRelaxed } from "../relaxed.ts";
import { type Candidate, climb, type Effort, triedBy } from "./climb.ts";
import { confirm } from "./confirm.ts";
import { type Worst, worstOf } from "./found.ts";
import { allSettings, type SearchJob } from "./search.ts";

enableRelaxed();

/** One class, the remainders of vectors of four, short rows up to their end, and longer ones; each climb once. */
const SIZES = [1, 2, 3, 5, 8, 17, 20, 64, 80];

/** Rows of more classes take their time; what makes an error great is mostly found in short ones. */
const LONG = 20;

function effortFor(classes: number, steps: number): Effort {
  const share = classes > LONG ? 4 : 1;
  return { classes, draws: Math.ceil((steps * 2) / 3 / share), steps: Math.ceil(steps / share) };
}

/** Of the worst rows of the climbs, so many are looked at with decimals: the reference may be a little off. */
const CONFIRMED = 2;

const instances = new Map<string, Losses>();

function instanceOf(variant: SearchJob["variant"]): Losses {
  const known = instances.get(variant) ?? createLosses({ variant });
  instances.set(variant, known);
  return known;
}

answerJobs(async ({ variant, setting: index, target, steps }: SearchJob): Promise<Worst> => {
  const setting = allSettings[index]!;
  const losses = instanceOf(variant);
  const efforts = SIZES.map((classes) => effortFor(classes, steps));
  const found = efforts.map((effort): Candidate => climb(losses, setting, target, effort));
  found.sort((a, b) => b.error - a.error);
  const tried = efforts.reduce((sum, effort) => sum + triedBy(effort), 0);
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
