import { createLosses } from "../../../src/index.ts";
import type { LossName } from "../../../test/support/losses.ts";
import { confirm } from "../search/confirm.ts";
import type { Target } from "../search/errors.ts";
import { type Worst, worstOf } from "../search/found.ts";
import { settingsFor } from "../search/setting.ts";
import { floatOf, subjects } from "./subjects.ts";
import type { Swept } from "./sweep.ts";

const TARGETS: readonly Target[] = ["loss", "grad"];

/** The worst rows of one class, of which the sweeps have tried all: a climb does not always find them. */
export async function worstOfSweeps(swept: readonly Swept[]): Promise<Worst[]> {
  const ofKernels = swept.filter(({ subject }) => subjects[subject].isOfKernels);
  const each = ofKernels.map(async ({ subject, variant, tallies }): Promise<Worst[]> => {
    const setting = settingsFor([subject as LossName])[0]!;
    const losses = createLosses({ variant });
    return Promise.all(
      TARGETS.map(async (target, i) => {
        const { worst, count } = tallies[i]!;
        const row = {
          classes: 1,
          logits: Float32Array.of(floatOf(worst)),
          labels: new Uint8Array(1),
          weight: 1,
          error: 0,
        };
        return worstOf(setting, variant, target, count, row, await confirm(losses, setting, target, row));
      }),
    );
  });
  return (await Promise.all(each)).flat();
}
