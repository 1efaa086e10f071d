import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether mutants are tested: each of them meets all tests that reach it, which have to be quick. */
    isQuick: boolean;
  }
}

/** How much a test tries: the second of these where it has to be quick. */
export function effort<T>(whole: T, quick: T): T {
  return inject("isQuick") ? quick : whole;
}
