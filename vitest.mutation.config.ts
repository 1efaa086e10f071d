import { defineConfig } from "vitest/config";

function list(variable: string): string[] {
  return process.env[variable]?.split(" ").filter(Boolean) ?? [];
}

/* The tests that scripts/mutation.ts runs on mutants: quick ones, since those that survive meet all of them. */
export default defineConfig({
  test: {
    include: list("MUTATION_TESTS"),
    provide: {
      isQuick: true,
      variants: list("MUTATION_VARIANTS") as never,
    },
    setupFiles: ["test/support/matchers.ts"],
    // Files share what they import, which would take longer to load for each of them than most of them take.
    isolate: false,
    testTimeout: 60_000,
  },
});
