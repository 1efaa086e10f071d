import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WasmVariant } from "../../../test/kernels/compile.ts";
import type { LossName } from "../../../test/support/losses.ts";
import { runJobs } from "../pool.ts";
import { FOLDER, Store } from "../store.ts";
import type { Target } from "./errors.ts";
import type { Worst } from "./found.ts";
import { type Setting, settingsFor } from "./setting.ts";

/** A search in one place, in a process of its own. The setting is one of the list, since functions cannot be sent. */
export interface SearchJob {
  variant: WasmVariant;
  setting: number;
  target: Target;
  /** How many steps each climb takes. */
  steps: number;
}

const TARGETS: readonly Target[] = ["loss", "grad"];

export const allSettings: readonly Setting[] = settingsFor();

function nameOf({ setting, target }: SearchJob): string {
  const { loss, labels, title } = allSettings[setting]!;
  return `${loss}, ${labels}, ${title}, ${target}`;
}

/** What the results depend on beside the names of their places: the kernels, and how they are searched. */
function keyOf(variant: WasmVariant): string {
  const hash = createHash("sha256");
  hash.update(readFileSync(new URL(`../../../build/${variant}.wasm`, import.meta.url)));
  for (const file of readdirSync(import.meta.dirname).sort()) {
    hash.update(readFileSync(join(import.meta.dirname, file)));
  }
  return hash.digest("hex");
}

/** Searches in all places of some losses that are not kept from before. */
export async function search(
  variant: WasmVariant,
  losses: readonly LossName[],
  { steps, isFresh }: { steps: number; isFresh: boolean },
): Promise<Worst[]> {
  const store = new Store<Worst>(join(FOLDER, `search-${variant}-${steps}.json`), keyOf(variant), isFresh);
  const all = allSettings.flatMap(({ loss }, setting) =>
    losses.includes(loss) ? TARGETS.map((target): SearchJob => ({ variant, setting, target, steps })) : [],
  );
  const left = all.filter((job) => store.get(nameOf(job)) === undefined);
  let done = all.length - left.length;
  await runJobs<SearchJob, Worst>(new URL("worker.ts", import.meta.url), left, (job, worst) => {
    store.set(nameOf(job), worst);
    console.error(
      `${variant}, search ${++done} of ${all.length}: ${nameOf(job)}: ${worst.error.toFixed(2)} ULP`,
    );
  });
  return all.map((job) => store.get(nameOf(job)) as Worst);
}
