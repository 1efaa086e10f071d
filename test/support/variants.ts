import { describe, inject, it } from "vitest";
import { createLosses, LossError, type Losses, type Variant } from "../../src/index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The variants to test. */
    variants: readonly Variant[];
  }
}

/** Why a variant cannot run in this engine, or undefined if it can. */
function obstacle(variant: Variant): string | undefined {
  try {
    createLosses({ variant });
    return undefined;
  } catch (error) {
    if (error instanceof LossError && error.code === "UNSUPPORTED") return error.message;
    throw error;
  }
}

/** Runs a suite once for each variant; one that this engine lacks is skipped, with the reason in its title. */
export function forEachVariant(suite: (losses: Losses) => void): void {
  for (const variant of inject("variants")) {
    const reason = obstacle(variant);
    if (reason === undefined) describe(variant, () => suite(createLosses({ variant })));
    else describe(variant, () => it.skip(`skipped: ${reason}`, () => {}));
  }
}
