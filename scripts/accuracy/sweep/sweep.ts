import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WasmVariant } from "../../../test/kernels/compile.ts";
import { runJobs } from "../pool.ts";
import { FOLDER, Store, writeWhole } from "../store.ts";
import { merged, type Tally } from "../tally.ts";
import { compileSweep } from "./module.ts";
import { type Found, type SubjectName, subjects } from "./subjects.ts";

/** A block to be swept, in a process of its own. */
export interface BlockJob {
  variant: WasmVariant;
  subject: SubjectName;
  block: number;
  stride: number;
}

/** What was found of a subject, by one variant. */
export interface Swept {
  variant: WasmVariant;
  subject: SubjectName;
  stride: number;
  /** One for each of its results. */
  tallies: Tally[];
  unlike?: number;
}

/** Where the processes find the binary of the sweeps. */
export function binaryOf(variant: WasmVariant): string {
  return join(FOLDER, `sweep-${variant}.wasm`);
}

/** What the results depend on: the binary of the sweep, and for losses that of the package. */
function keyOf(variant: WasmVariant, subject: SubjectName, sweep: Uint8Array): string {
  const hash = createHash("sha256").update(sweep);
  if (subjects[subject].isOfKernels) {
    hash.update(readFileSync(new URL(`../../../build/${variant}.wasm`, import.meta.url)));
  }
  return hash.digest("hex");
}

function sumUp(job: Omit<BlockJob, "block">, found: Found[]): Swept {
  const { variant, subject, stride } = job;
  const { results, isMirrored } = subjects[subject];
  return {
    variant,
    subject,
    stride,
    tallies: results.map((_, index) => merged(found.map(({ tallies }) => tallies[index] as Tally))),
    ...(isMirrored && { unlike: found.reduce((sum, { unlike = 0 }) => sum + unlike, 0) }),
  };
}

/** Has blocks swept, and says of each what was found. */
export type RunBlocks = (
  jobs: readonly BlockJob[],
  done: (job: BlockJob, found: Found) => void,
) => Promise<void>;

/** Sweeps over the blocks of a subject that are not kept from before. */
export async function sweepBlocks(
  what: Omit<BlockJob, "block">,
  store: Store<Found>,
  run: RunBlocks,
): Promise<Swept> {
  const all = subjects[what.subject].blocks.map((_, block): BlockJob => ({ ...what, block }));
  const left = all.filter(({ block }) => store.get(`${block}`) === undefined);
  const title = `${what.variant}, ${what.subject}`;
  let done = all.length - left.length;
  if (done > 0) console.error(`${title}: ${done} of ${all.length} blocks are known`);
  await run(left, ({ block }, found) => {
    store.set(`${block}`, found);
    done++;
    if (done % 32 === 0 || done === all.length) console.error(`${title}: ${done} of ${all.length} blocks`);
  });
  return sumUp(
    what,
    all.map(({ block }) => store.get(`${block}`) as Found),
  );
}

/** The same, with all processors; what is found is kept in build/accuracy. */
export async function sweep(
  variant: WasmVariant,
  subject: SubjectName,
  { stride, isFresh }: { stride: number; isFresh: boolean },
): Promise<Swept> {
  const binary = await compileSweep(variant);
  writeWhole(binaryOf(variant), binary);
  const path = join(FOLDER, `sweep-${variant}-${subject}-${stride}.json`);
  const store = new Store<Found>(path, keyOf(variant, subject, binary), isFresh);
  return sweepBlocks({ variant, subject, stride }, store, (jobs, done) =>
    runJobs<BlockJob, Found>(new URL("worker.ts", import.meta.url), jobs, done),
  );
}
