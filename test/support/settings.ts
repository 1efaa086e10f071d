import { inject } from "vitest";
import type { Variant } from "../../src/types.ts";

/** What tests on mutants leave out, of which each meets all tests that reach it: see scripts/mutation.ts. */
export interface Settings {
  /** The variants to test; default: all. */
  variants?: readonly Variant[];
  /** Whether a few losses stand for all where tests are about what these share. */
  isQuick?: boolean;
}

declare module "vitest" {
  interface ProvidedContext {
    settings: Settings | undefined;
  }
}

export const settings: Settings = inject("settings") ?? {};
