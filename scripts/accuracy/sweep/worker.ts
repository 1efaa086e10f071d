import { readFileSync } from "node:fs";
import { createLosses, type Losses } from "../../../src/index.ts";
import { answerJobs } from "../pool.ts";
import { enableRelaxed } from "../relaxed.ts";
import { spansOf } from "./blocks.ts";
import { openSweep, type SweepModule } from "./module.ts";
import { type Subject, subjects } from "./subjects.ts";
import { type BlockJob, binaryOf } from "./sweep.ts";

enableRelaxed();

const opened = new Map<string, { module: SweepModule; losses: Losses }>();

answerJobs(({ variant, subject, block, stride }: BlockJob) => {
  let known = opened.get(variant);
  if (!known) {
    const module = openSweep(Uint8Array.from(readFileSync(binaryOf(variant))));
    known = { module, losses: createLosses({ variant }) };
    opened.set(variant, known);
  }
  const { blocks, sweep }: Subject = subjects[subject];
  return sweep(known.module, known.losses, spansOf(blocks[block]!, stride));
});
